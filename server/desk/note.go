package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// maxNote is how long a note may be, in UTF-16 units.
const maxNote = 10_000

// Note adds a note that the customer never sees, once per client key. It changes neither owner nor unread count.
func (d *Desk) Note(ctx context.Context, conversation model.ID, text, clientKey string) (*model.Message, error) {
	v, err := asAgent(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkKey(clientKey); err != nil {
		return nil, err
	}
	if text, err = cleanText(text, maxNote, "A note holds 10,000 characters at most."); err != nil {
		return nil, err
	}
	if text == "" {
		return nil, model.Refuse(model.Invalid, "Write something.", "text")
	}
	now := d.moment()
	m := model.Message{AccountID: v.Account, ID: model.NewIDAt(model.KindMessage, now), Direction: model.Internal, Kind: model.NoteMessage,
		Text: text, AgentID: v.Agent, ClientKey: clientKey, Version: 1, CreatedAt: now}
	said, _, err := d.say(ctx, v, conversation, m, func(*db.Store, *db.Talk, *model.Message) (*db.Change, error) { return nil, nil })
	return said, err
}
