package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// Reply is a message to the customer: text, files with or without text, or an approved template.
type Reply struct {
	Conversation model.ID
	ClientKey    string // the same key sends once; empty: every request is a message of its own
	Text         string
	Attachments  []model.ID
	Template     *model.TemplateCall
	ReplyTo      model.ID // the message of the conversation that this one answers
}

// Reply stores a message to the customer and queues its sending, in one transaction. Who answers while no person owns
// the conversation takes it; an answer to an ended one opens it again. A channel that is paused or lacks credentials
// keeps the message until it sends again. It returns the message and its conversation as they then are.
func (d *Desk) Reply(ctx context.Context, r Reply) (*model.Message, *model.Conversation, error) {
	v, err := asAgent(ctx)
	if err != nil {
		return nil, nil, err
	}
	m, err := d.compose(v, r)
	if err != nil {
		return nil, nil, err
	}
	return d.say(ctx, v, r.Conversation, m, func(s *db.Store, t *db.Talk, m *model.Message) (*db.Change, error) {
		if err := d.mayReply(ctx, s, t, m); err != nil {
			return nil, err
		}
		if err := d.attach(ctx, s, t, m, r.Attachments); err != nil {
			return nil, err
		}
		c := t.Conversation
		c.UnreadCount = 0
		took, err := d.takeOver(ctx, s, v, c)
		c.WaitingSince = nil
		if err != nil || !took {
			return nil, err
		}
		return &db.Change{By: v, Reason: model.ReasonReplied, At: m.CreatedAt}, nil
	})
}

// compose makes the message, as far as it does not depend on the conversation.
func (d *Desk) compose(v *model.Viewer, r Reply) (m model.Message, err error) {
	now := d.moment()
	m = model.Message{AccountID: v.Account, ID: model.NewIDAt(model.KindMessage, now), Direction: model.Outbound, Kind: model.TextMessage, AgentID: v.Agent,
		ClientKey: r.ClientKey, ReplyToID: r.ReplyTo, Status: model.Queued, Version: 1, CreatedAt: now}
	if err := checkKey(r.ClientKey); err != nil {
		return m, err
	}
	if m.Text, err = cleanText(r.Text, model.MaxText, fmt.Sprintf("A message holds %d characters at most; emoji count twice.", model.MaxText)); err != nil {
		return m, err
	}
	switch {
	case r.Template != nil && (m.Text != "" || len(r.Attachments) > 0):
		return m, model.Refuse(model.Invalid, "A template stands alone, without text or files.", "template")
	case r.Template != nil:
		m.Kind = model.TemplateMessage
		m.Data, err = templateData(*r.Template)
	case len(r.Attachments) > 0:
		m.Kind = model.MediaMessage
	case m.Text == "":
		err = model.Refuse(model.Invalid, "Write something.", "text")
	}
	return m, err
}

func templateData(t model.TemplateCall) (*model.MessageData, error) {
	call := model.TemplateCall{ID: model.CleanText(t.ID, 200), Variables: map[string]string{}}
	if call.ID == "" {
		return nil, model.Refuse(model.Invalid, "Name the template.", "template", "id")
	}
	units := 0
	for name, value := range t.Variables {
		value = model.CleanText(value, model.MaxIncomingText)
		call.Variables[model.CleanText(name, 100)] = value
		units += model.TextUnits(value)
	}
	if units > model.MaxText {
		return nil, model.Refuse(model.TooLarge, fmt.Sprintf("The variables of a template hold %d characters at most.", model.MaxText), "template", "variables")
	}
	return &model.MessageData{Template: &call}, nil
}

// mayReply refuses what the channel cannot send, before the provider is asked.
func (d *Desk) mayReply(ctx context.Context, s *db.Store, t *db.Talk, m *model.Message) error {
	if t.Removed {
		return model.Refuse(model.ChannelNotActive, "The channel of this conversation was removed.", "conversationId")
	}
	if err := inWindow(t.Kind, t.Conversation, m, d.now(), "text"); err != nil {
		return err
	}
	if m.ReplyToID == "" {
		return nil
	}
	in, err := s.InConversation(ctx, t.Conversation, m.ReplyToID)
	if err == nil && !in {
		err = model.Refuse(model.NotFound, "There is no such message in this conversation.", "replyToId")
	}
	return err
}

// attach puts uploads into the message. Those that are not the sender's own, not finished, too old or in use are
// refused, and more than the provider takes at once: one message is one status, so they are not split up in secret.
func (d *Desk) attach(ctx context.Context, s *db.Store, t *db.Talk, m *model.Message, ids []model.ID) error {
	if len(ids) == 0 {
		return nil
	}
	most := model.MaxAttachments
	if p, ok := d.providers[t.Provider].(channel.MediaLimiter); ok {
		most = min(most, p.MaxMedia(t.Kind))
	}
	if len(ids) > most {
		return model.Refuse(model.TooLarge, fmt.Sprintf("This channel takes %d file(s) in one message. Send the others in messages of their own.", most), "attachmentIds")
	}
	n, err := s.UseUploads(ctx, m, ids, m.CreatedAt.Add(-model.UploadLife))
	if err == nil && n != len(ids) {
		err = model.Refuse(model.AttachmentNotReady, "Upload the files again: one is missing, used, or more than a day old.", "attachmentIds")
	}
	return err
}

// takeOver makes who answers the owner, unless another person is and the conversation goes on, and opens it again when
// it had ended. It tells whether that changed anything.
func (d *Desk) takeOver(ctx context.Context, s *db.Store, v *model.Viewer, c *model.Conversation) (bool, error) {
	ended := !c.Status.Live()
	if !ended && c.AgentID != "" {
		return false, nil
	}
	if ended {
		if err := c.SetStatus(model.Open, nil, d.moment()); err != nil {
			return false, err
		}
		if c.AgentID != "" && c.AgentID != v.Agent {
			c.FormerAgentID = c.AgentID
		}
	}
	owner, err := s.LockOwner(ctx, c, v.Agent)
	if err != nil {
		return false, err
	}
	if owner.Disabled || !owner.Works {
		return false, model.Refuse(model.NotFound, "There is no such conversation.", "conversationId")
	}
	if c.AgentID != v.Agent { // who had it before keeps it in its team's queue
		c.Give(v.Agent, owner.TeamID)
	}
	return true, nil
}

// inWindow refuses a free-form answer that WhatsApp would not deliver any more.
func inWindow(kind model.ChannelKind, c *model.Conversation, m *model.Message, now time.Time, path ...string) error {
	if m.Templated() || model.ReplyWindowAt(kind, c.LastInboundAt, now).Open {
		return nil
	}
	return model.Refuse(model.ReplyWindowClosed, "The customer wrote more than 24 hours ago: WhatsApp now takes approved templates only.", path...)
}
