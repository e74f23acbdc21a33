package graph

import (
	"context"
	"maps"
	"slices"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type messageResolver struct{ *Resolver }

// Message finds one message.
func (r *queryResolver) Message(ctx context.Context, id model.ID) (*model.Message, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	messages, err := r.DB.SeeMessages(ctx, v, []model.ID{id})
	return messages[id], err
}

// ClientKey is what the sending app chose.
func (*messageResolver) ClientKey(_ context.Context, m *model.Message) (*string, error) {
	return present(m.ClientKey), nil
}

// Sender is who said each message: the customer, an agent, an AI Agent, or nil for the desk itself.
func (r *messageResolver) Sender(ctx context.Context, list []*model.Message) ([]exec.MessageSender, error) {
	l := r.load(ctx, list[0].AccountID)
	people, err := assignees(ctx, l, idsOf(list, func(m *model.Message) model.ID { return m.AgentID }), idsOf(list, func(m *model.Message) model.ID { return m.AiAgentID }))
	if err != nil {
		return nil, err
	}
	conversations, err := some(ctx, &l.Conversations, idsOf(list, inboundConversation))
	if err != nil {
		return nil, err
	}
	customers, err := some(ctx, &l.Contacts, idsOf(conversations, contactOf))
	if err != nil {
		return nil, err
	}
	senders := make([]exec.MessageSender, len(list))
	for i := range list {
		if customers[i] != nil {
			senders[i] = customers[i]
		} else if people[i] != nil {
			senders[i] = people[i]
		}
	}
	return senders, nil
}

func inboundConversation(m *model.Message) model.ID {
	if m.Direction != model.Inbound {
		return ""
	}
	return m.ConversationID
}

func contactOf(c *model.Conversation) model.ID {
	if c == nil {
		return ""
	}
	return c.ContactID
}

// Attachments are the files in each message.
func (r *messageResolver) Attachments(ctx context.Context, list []*model.Message) ([][]*model.Attachment, error) {
	return r.load(ctx, list[0].AccountID).Attachments.Get(ctx, idsOf(list, func(m *model.Message) model.ID { return m.ID }))
}

// ReplyTo is the message that each one answers: named by an agent, or quoted by the customer.
func (r *messageResolver) ReplyTo(ctx context.Context, list []*model.Message) ([]*model.Message, error) {
	l := r.load(ctx, list[0].AccountID)
	answered, err := some(ctx, &l.Messages, idsOf(list, func(m *model.Message) model.ID { return m.ReplyToID }))
	if err != nil {
		return nil, err
	}
	var quotes []db.Quote
	var quoting []int
	for i, m := range list {
		if quote := given(m.Data).Quoted; quote != "" {
			quotes, quoting = append(quotes, db.Quote{Channel: m.ChannelID, ExternalID: quote}), append(quoting, i)
		}
	}
	if len(quotes) == 0 {
		return answered, nil
	}
	quoted, err := l.Quoted.Get(ctx, quotes)
	if err != nil {
		return nil, err
	}
	for n, i := range quoting {
		if quoted[n] != nil && quoted[n].ConversationID == list[i].ConversationID {
			answered[i] = quoted[n]
		}
	}
	return answered, nil
}

// Conversation is the one that each message belongs to.
func (r *messageResolver) Conversation(ctx context.Context, list []*model.Message) ([]*model.Conversation, error) {
	return r.load(ctx, list[0].AccountID).Conversations.Get(ctx, idsOf(list, func(m *model.Message) model.ID { return m.ConversationID }))
}

// Location is the place that was sent.
func (*messageResolver) Location(_ context.Context, m *model.Message) (*model.Location, error) {
	return given(m.Data).Location, nil
}

// Contacts are the visiting cards that were sent.
func (*messageResolver) Contacts(_ context.Context, m *model.Message) ([]*model.ContactCard, error) {
	cards := given(m.Data).Cards
	list := make([]*model.ContactCard, len(cards))
	for i := range cards {
		list[i] = &model.ContactCard{Name: cards[i].Name, Phones: filled(cards[i].Phones)}
	}
	return list, nil
}

// Choice is the button or row that was chosen.
func (*messageResolver) Choice(_ context.Context, m *model.Message) (*model.Choice, error) {
	return given(m.Data).Choice, nil
}

// Referral is the advertisement that brought the customer.
func (*messageResolver) Referral(_ context.Context, m *model.Message) (*model.Referral, error) {
	return given(m.Data).Referral, nil
}

// Template is the template that was sent.
func (*messageResolver) Template(_ context.Context, m *model.Message) (*exec.Template, error) {
	return templateFrom(given(m.Data).Template), nil
}

// templateFrom is a call of a template as the API shows it.
func templateFrom(call *model.TemplateCall) *exec.Template {
	if call == nil {
		return nil
	}
	t := &exec.Template{ID: call.ID, Variables: []*exec.TemplateVariable{}}
	for _, name := range slices.Sorted(maps.Keys(call.Variables)) {
		t.Variables = append(t.Variables, &exec.TemplateVariable{Name: name, Value: call.Variables[name]})
	}
	return t
}

// Forwarded says whether the customer forwarded it.
func (*messageResolver) Forwarded(_ context.Context, m *model.Message) (bool, error) {
	return given(m.Data).Forwarded, nil
}

// SendMessage sends a message to the customer.
func (r *mutationResolver) SendMessage(ctx context.Context, in exec.SendMessageInput) (*exec.SendMessagePayload, error) {
	message, conversation, err := r.Desk.Reply(ctx, desk.Reply{Conversation: in.ConversationID, ClientKey: in.ClientKey, Text: given(in.Text),
		Attachments: in.AttachmentIds, Template: templateOf(in.Template), ReplyTo: given(in.ReplyToID)})
	errs, err := refused(err)
	return &exec.SendMessagePayload{Message: message, Conversation: conversation, UserErrors: errs}, err
}

func templateOf(in *exec.TemplateInput) *model.TemplateCall {
	if in == nil {
		return nil
	}
	call := &model.TemplateCall{ID: in.ID, Variables: make(map[string]string, len(in.Variables))}
	for _, v := range in.Variables {
		call.Variables[v.Name] = v.Value
	}
	return call
}

// RetryMessage sends a message once more.
func (r *mutationResolver) RetryMessage(ctx context.Context, in exec.RetryMessageInput) (*exec.RetryMessagePayload, error) {
	message, err := r.Desk.Retry(ctx, in.MessageID)
	errs, err := refused(err)
	return &exec.RetryMessagePayload{Message: message, UserErrors: errs}, err
}

// AddNote adds a note.
func (r *mutationResolver) AddNote(ctx context.Context, in exec.AddNoteInput) (*exec.AddNotePayload, error) {
	message, err := r.Desk.Note(ctx, in.ConversationID, in.Text, in.ClientKey)
	errs, err := refused(err)
	return &exec.AddNotePayload{Message: message, UserErrors: errs}, err
}
