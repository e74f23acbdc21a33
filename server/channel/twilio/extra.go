package twilio

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// location reads a place. A dropped pin has neither label nor address.
func (f form) location() *model.Location {
	latitude, err := strconv.ParseFloat(f.word("Latitude"), 64)
	longitude, err2 := strconv.ParseFloat(f.word("Longitude"), 64)
	if err != nil || err2 != nil || !(math.Abs(latitude) <= 90) || !(math.Abs(longitude) <= 180) {
		return nil // also NaN, which no comparison takes and JSON cannot hold
	}
	return &model.Location{
		Latitude:  latitude,
		Longitude: longitude,
		Name:      f.word("Label"),
		Address:   f.word("Address"),
	}
}

// choice reads a pressed button or a chosen list row. Rows come as ListId and ListTitle, as InteractiveData, or like
// a button; Twilio documents only the last two.
func (f form) choice() *model.Choice {
	c := model.Choice{ID: f.first("ListId", "ButtonPayload"), Title: f.first("ListTitle", "ButtonText")}
	if c.ID == "" && c.Title == "" {
		c = f.interactive()
	}
	switch {
	case c.ID == "" && c.Title == "":
		return nil
	case c.Title == "":
		c.Title = f.word("Body")
		if c.Title == "" {
			c.Title = c.ID
		}
	case c.ID == "":
		c.ID = c.Title
	}
	return &c
}

// interactive reads WhatsApp's own description of a choice. What is no such description counts as none.
func (f form) interactive() model.Choice {
	type reply struct{ ID, Title string }
	var d struct {
		List        reply `json:"list_reply"`
		Button      reply `json:"button_reply"`
		Interactive struct {
			List   reply `json:"list_reply"`
			Button reply `json:"button_reply"`
		} `json:"interactive"`
	}
	if json.Unmarshal([]byte(f.text("InteractiveData", model.MaxIncomingText)), &d) != nil {
		return model.Choice{}
	}
	for _, r := range []reply{d.List, d.Button, d.Interactive.List, d.Interactive.Button} {
		if r.ID != "" || r.Title != "" {
			return model.Choice{ID: clean(r.ID, maxWord), Title: clean(r.Title, maxWord)} // JSON can spell a NUL
		}
	}
	return model.Choice{}
}

// flow writes the answers of a WhatsApp form as lines of "question: answer"; what is no JSON object as it came.
func (f form) flow() string {
	text := f.text("FlowData", model.MaxIncomingText)
	var answers map[string]any
	if json.Unmarshal([]byte(text), &answers) != nil {
		return text
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(answers)) {
		if s, ok := answers[name].(string); ok {
			lines = append(lines, name+": "+s)
			continue
		}
		value, err := json.Marshal(answers[name])
		if err != nil {
			return text
		}
		lines = append(lines, fmt.Sprintf("%s: %s", name, value))
	}
	return clean(strings.Join(lines, "\n"), model.MaxIncomingText)
}

// referral reads the advertisement that the customer came from. ReferralNumMedia stands on ordinary messages too and
// tells nothing.
func (f form) referral() *model.Referral {
	r := model.Referral{
		SourceID:   f.word("ReferralSourceId"),
		SourceType: f.word("ReferralSourceType"),
		SourceURL:  f.text("ReferralSourceUrl", 4096),
		Headline:   f.text("ReferralHeadline", 4096),
		Body:       f.text("ReferralBody", 4096),
		ClickID:    f.word("ReferralCtwaClid"),
	}
	if r == (model.Referral{}) {
		return nil
	}
	return &r
}
