package graph

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

type conversationResolver struct{ *Resolver }

// Conversations lists conversations.
func (r *queryResolver) Conversations(ctx context.Context, filter *exec.ConversationFilter, order *exec.ConversationOrder, first *int, after *string, last *int, before *string) (*exec.ConversationConnection, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	f, err := filterOf(v, filter)
	if err != nil {
		return nil, err
	}
	f.Waiting = order != nil && *order == exec.ConversationOrderWaiting
	return conversationConnection(r.DB.Conversations(ctx, v, f, page(first, after, last, before)))
}

func filterOf(v *model.Viewer, in *exec.ConversationFilter) (db.ConversationFilter, error) {
	if in == nil {
		return db.ConversationFilter{}, nil
	}
	f := db.ConversationFilter{Statuses: in.Statuses, Channels: in.ChannelIds, Contacts: in.ContactIds, Labels: in.LabelIds, Text: given(in.Text)}
	by := in.Assignee
	if by == nil {
		return f, nil
	}
	if err := onlyTrue(by.Me, "filter", "assignee", "me"); err != nil {
		return f, err
	}
	if err := onlyTrue(by.Unassigned, "filter", "assignee", "unassigned"); err != nil {
		return f, err
	}
	f.Owner = db.OwnedBy{Agent: given(by.AgentID), Team: given(by.TeamID), AiAgent: given(by.AiAgentID), Nobody: by.Unassigned != nil}
	if by.Me != nil {
		f.Owner.Agent = v.Agent
	}
	return f, nil
}

// onlyTrue refuses a flag of a @oneOf input that says no: what would be meant by it is another member.
func onlyTrue(flag *bool, path ...string) error {
	if flag != nil && !*flag {
		return model.Refuse(model.Invalid, "This is only ever true.", path...)
	}
	return nil
}

// Conversation finds one conversation.
func (r *queryResolver) Conversation(ctx context.Context, id model.ID) (*model.Conversation, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return r.DB.SeeConversation(ctx, v, id)
}

// Labels are those on each conversation.
func (r *conversationResolver) Labels(ctx context.Context, list []*model.Conversation) ([][]*model.Label, error) {
	return r.load(ctx, list[0].AccountID).Labels.Get(ctx, idsOf(list, conversationID))
}

// Contact is the customer of each conversation.
func (r *conversationResolver) Contact(ctx context.Context, list []*model.Conversation) ([]*model.Contact, error) {
	return r.load(ctx, list[0].AccountID).Contacts.Get(ctx, idsOf(list, func(c *model.Conversation) model.ID { return c.ContactID }))
}

// Channel is the one that each conversation runs on.
func (r *conversationResolver) Channel(ctx context.Context, list []*model.Conversation) ([]*model.Channel, error) {
	return r.load(ctx, list[0].AccountID).Channels.Get(ctx, idsOf(list, func(c *model.Conversation) model.ID { return c.ChannelID }))
}

// Assignee is who owns each conversation.
func (r *conversationResolver) Assignee(ctx context.Context, list []*model.Conversation) ([]exec.Assignee, error) {
	return assignees(ctx, r.load(ctx, list[0].AccountID), idsOf(list, func(c *model.Conversation) model.ID { return c.AgentID }),
		idsOf(list, func(c *model.Conversation) model.ID { return c.AiAgentID }))
}

// assignees reads an agent or an AI Agent for each pair of ids, nil where both are empty.
func assignees(ctx context.Context, l *db.Loads, agents, ais []model.ID) ([]exec.Assignee, error) {
	people, err := some(ctx, &l.Agents, agents)
	if err != nil {
		return nil, err
	}
	models, err := some(ctx, &l.AiAgents, ais)
	if err != nil {
		return nil, err
	}
	list := make([]exec.Assignee, len(agents))
	for i := range list {
		if people[i] != nil {
			list[i] = people[i]
		} else if models[i] != nil {
			list[i] = models[i]
		}
	}
	return list, nil
}

// Team is the one whose queue each conversation is in.
func (r *conversationResolver) Team(ctx context.Context, list []*model.Conversation) ([]*model.Team, error) {
	return some(ctx, &r.load(ctx, list[0].AccountID).Teams, idsOf(list, func(c *model.Conversation) model.ID { return c.TeamID }))
}

// LastMessage is the newest message of each conversation.
func (r *conversationResolver) LastMessage(ctx context.Context, list []*model.Conversation) ([]*model.Message, error) {
	return r.load(ctx, list[0].AccountID).LastMessages.Get(ctx, idsOf(list, conversationID))
}

// ReplyWindow says whether each customer may be answered freely now.
func (r *conversationResolver) ReplyWindow(ctx context.Context, list []*model.Conversation) ([]*model.ReplyWindow, error) {
	channels, err := r.Channel(ctx, list)
	if err != nil {
		return nil, err
	}
	windows := make([]*model.ReplyWindow, len(list))
	for i, c := range list {
		w := model.ReplyWindowAt(channels[i].Kind, c.LastInboundAt, r.Now())
		windows[i] = &w
	}
	return windows, nil
}

// Messages are a page of each conversation.
func (r *conversationResolver) Messages(ctx context.Context, list []*model.Conversation, first *int, after *string, last *int, before *string) ([]*exec.MessageConnection, error) {
	pages, err := r.DB.MessagesOf(ctx, list[0].AccountID, idsOf(list, conversationID), page(first, after, last, before))
	return connections(list, conversationID, pages, err, messageConnection)
}

// History is a page of each conversation's changes.
func (r *conversationResolver) History(ctx context.Context, list []*model.Conversation, first *int, after *string, last *int, before *string) ([]*exec.ConversationChangeConnection, error) {
	pages, err := r.DB.HistoriesOf(ctx, list[0].AccountID, idsOf(list, conversationID), page(first, after, last, before))
	return connections(list, conversationID, pages, err, changeConnection)
}

func conversationID(c *model.Conversation) model.ID { return c.ID }
