package cloudapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// readButton reads a pressed button of a template.
func readButton(part tree, in *model.Incoming, data *model.MessageData) bool {
	return chosen(part.at("payload").word(), part.at("text").word(), in, data)
}

// readInteractive reads a pressed button, a chosen row of a list, or the answers of a form.
func readInteractive(part tree, in *model.Incoming, data *model.MessageData) bool {
	kind := part.at("type").word()
	reply := part.at(kind)
	switch kind {
	case "button_reply", "list_reply":
		return chosen(reply.at("id").word(), reply.at("title").word(), in, data)
	case "nfm_reply":
		in.Kind, data.Provider = model.TextMessage, "flow"
		in.Text = clean(strings.TrimSpace(reply.at("body").word()+"\n"+answers(reply.at("response_json").text(model.MaxIncomingText))), model.MaxIncomingText)
		return in.Text != ""
	}
	return false
}

// chosen sets the choice. With only one of id and title, it stands for both.
func chosen(id, title string, in *model.Incoming, data *model.MessageData) bool {
	if title == "" {
		title = id
	}
	if id == "" {
		id = title
	}
	if id == "" {
		return false
	}
	in.Kind, in.Text, data.Choice = model.InteractiveMessage, title, &model.Choice{ID: id, Title: title}
	return true
}

// answers writes the answers of a form as lines of "question: answer"; what is no JSON object as it came.
func answers(text string) string {
	t, ok := parse([]byte(text))
	object, isObject := t.value.(map[string]any)
	if !ok || !isObject {
		return text
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if name == "flow_token" {
			continue // of the form, not of the customer
		}
		value := tree{object[name]}
		answer := value.text(model.MaxIncomingText)
		if answer == "" {
			answer = string(value.raw())
		}
		lines = append(lines, name+": "+answer)
	}
	return strings.Join(lines, "\n")
}

// readOrder writes an order from the catalogue as lines, after what the customer wrote with it.
func readOrder(part tree, in *model.Incoming, data *model.MessageData) bool {
	lines := []string{}
	if note := part.at("text").text(model.MaxIncomingText); strings.TrimSpace(note) != "" {
		lines = append(lines, note)
	}
	for _, item := range part.at("product_items").list() {
		line := item.at("quantity").word() + " × " + item.at("product_retailer_id").word()
		if price := item.at("item_price").word(); price != "" {
			line += fmt.Sprintf(", %s %s each", price, item.at("currency").word())
		}
		lines = append(lines, line)
	}
	in.Kind, data.Provider = model.TextMessage, "order"
	in.Text = clean(strings.Join(lines, "\n"), model.MaxIncomingText)
	return in.Text != ""
}
