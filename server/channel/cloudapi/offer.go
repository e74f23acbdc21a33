package cloudapi

import (
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// The limits of what a customer chooses from, in characters where not said otherwise.
const (
	maxButtons  = 3  // of one message; more choices become a list
	maxRows     = 10 // of one list
	maxOffer    = 1024
	buttonTitle = 20
	rowTitle    = 24
	listButton  = "Choose"
)

// MaxChoices is how many rows a list has.
func (*Provider) MaxChoices(model.ChannelKind) int { return maxRows }

// offerable tells whether the message goes out with its choices. One that does not fit is sent as a text, which says all
// of it.
func offerable(m *channel.Outgoing) bool {
	return len(m.Choices) > 0 && len(m.Choices) <= maxRows && m.Text != "" && model.TextUnits(m.Text) <= maxOffer
}

// offer writes choices as buttons, or as the rows of a list when there are too many.
func offer(m *channel.Outgoing) object {
	part := object{"body": object{"text": m.Text}}
	if len(m.Choices) <= maxButtons {
		buttons := make([]object, len(m.Choices))
		for i, c := range m.Choices {
			buttons[i] = object{"type": "reply", "reply": object{"id": c.ID, "title": shortened(c.Title, buttonTitle)}}
		}
		part["type"], part["action"] = "button", object{"buttons": buttons}
		return part
	}
	rows := make([]object, len(m.Choices))
	for i, c := range m.Choices {
		rows[i] = object{"id": c.ID, "title": shortened(c.Title, rowTitle)}
	}
	part["type"], part["action"] = "list", object{"button": listButton, "sections": []object{{"title": listButton, "rows": rows}}}
	return part
}

// shortened cuts a title between characters.
func shortened(s string, limit int) string {
	n := 0
	for i, r := range s {
		if n += model.TextUnits(string(r)); n > limit {
			return s[:i]
		}
	}
	return s
}
