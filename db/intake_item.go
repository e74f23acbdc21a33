package db

import (
	"encoding/json"

	"github.com/livedesk/livedesk/model"
)

// intakeItem is the SQL type intake_item.
type intakeItem struct {
	Ord             int                `json:"ord"`
	Channel         model.ID           `json:"channel_id"`
	Kind            model.ChannelKind  `json:"kind"`
	Address         string             `json:"address"`
	Others          []string           `json:"others,omitempty"`
	Name            string             `json:"name"`
	Phone           string             `json:"phone,omitempty"`
	External        string             `json:"external_id"`
	MessageKind     model.MessageKind  `json:"message_kind"`
	Body            string             `json:"body"`
	Data            *model.MessageData `json:"data,omitempty"`
	Raw             json.RawMessage    `json:"raw,omitempty"`
	Media           []intakeFile       `json:"media,omitempty"`
	NewContact      model.ID           `json:"new_contact"`
	NewConversation model.ID           `json:"new_conversation"`
	Message         model.ID           `json:"message_id"`
	Request         model.ID           `json:"request_id"`
	Answers         bool               `json:"answers,omitempty"` // it may answer a survey
	Survey          model.ID           `json:"survey,omitempty"`  // the one that a button names
	Pressed         bool               `json:"pressed,omitempty"` // a button of a survey
}

// intakeFile is one element of the item's media.
type intakeFile struct {
	ID          model.ID `json:"id"`
	Position    int      `json:"position"`
	ContentType string   `json:"content_type"`
	FileName    string   `json:"file_name"`
	URL         string   `json:"url"`
}

func itemOf(a Arrival) intakeItem {
	m := a.Incoming
	item := intakeItem{
		Channel: a.Channel, Kind: a.Kind, Address: m.Addresses[0], Others: m.Addresses[1:], Name: m.ProfileName,
		External: m.ExternalID, MessageKind: m.Kind, Body: m.Text, Data: m.Data, Raw: m.Raw,
		NewContact: model.NewID(model.KindContact), NewConversation: model.NewID(model.KindConversation),
		Message: model.NewID(model.KindMessage), Request: model.NewID(model.KindRequest),
	}
	if model.IsPhoneNumber(item.Address) {
		item.Phone = item.Address
	}
	if len(m.Media) == 0 {
		item.mayAnswer(model.ReadAnswer(m.Kind, m.Text, m.Data))
	}
	for i, f := range m.Media {
		item.Media = append(item.Media, intakeFile{model.NewID(model.KindAttachment), i, f.ContentType, f.FileName, f.URL})
	}
	return item
}

// mayAnswer has the database look for a survey that the message answers.
func (i *intakeItem) mayAnswer(a *model.SurveyAnswer) {
	if a != nil {
		i.Answers, i.Survey, i.Pressed = true, a.Survey, a.By == model.ByButton
	}
}
