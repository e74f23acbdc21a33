package graph

import (
	"cmp"
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/model"
)

// Share lets subscribers who see the same share one execution. Nobody who is not signed in subscribes.
func Share(ctx context.Context, op *graphql.OperationContext) (string, bool) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return "", false
	}
	key, err := transport.ShareKey(op, db.ScopeOf(v), "after")
	return key, err == nil
}

type subscriptionResolver struct{ *Resolver }

// Events streams everything that the viewer may see.
func (r *subscriptionResolver) Events(ctx context.Context, after *string) (<-chan *exec.EventPayload, error) {
	return follow(ctx, r.Resolver, after, func(cursor string, e *model.Event, b *db.Batch) *exec.EventPayload {
		if e == nil {
			return &exec.EventPayload{Cursor: cursor}
		}
		if event := shown(e, b); event != nil {
			return &exec.EventPayload{Cursor: cursor, Event: event, Loads: b.Loads}
		}
		return nil
	})
}

// MessageAdded streams the messages of one conversation.
func (r *subscriptionResolver) MessageAdded(ctx context.Context, conversation model.ID, after *string) (<-chan *exec.MessageAddedPayload, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	if c, err := r.DB.SeeConversation(ctx, v, conversation); err != nil || c == nil {
		return notStarted[exec.MessageAddedPayload](ctx, r.Resolver, cmp.Or(err, error(model.Refuse(model.NotFound, "There is no such conversation.", "conversationId"))))
	}
	return follow(ctx, r.Resolver, after, func(cursor string, e *model.Event, b *db.Batch) *exec.MessageAddedPayload {
		if e == nil {
			return &exec.MessageAddedPayload{Cursor: cursor}
		}
		if e.Kind != model.MessageAdded || e.ConversationID != conversation || b.Message(e) == nil {
			return nil
		}
		return &exec.MessageAddedPayload{Cursor: cursor, Message: b.Message(e), Loads: b.Loads}
	})
}

// shown is how the event appears in the API, or nil for one that is not shown or whose object is gone.
func shown(e *model.Event, b *db.Batch) exec.Event {
	c, m := b.Conversation(e), b.Message(e)
	switch {
	case e.Kind == model.ConversationRemoved:
		return &exec.ConversationRemoved{ConversationID: e.ConversationID}
	case e.Kind == model.AgentChanged && b.Agent(e) != nil:
		return &exec.AgentChanged{Agent: b.Agent(e)}
	case e.Kind == model.ChannelChanged && b.Channel(e) != nil:
		return &exec.ChannelChanged{Channel: b.Channel(e)}
	case c == nil:
		return nil
	case e.Kind == model.ConversationAdded:
		return &exec.ConversationAdded{Conversation: c}
	case e.Kind == model.ConversationChanged:
		return &exec.ConversationChanged{Conversation: c}
	case e.Kind == model.MessageAdded && m != nil:
		return &exec.MessageAdded{Message: m, Conversation: c}
	case e.Kind == model.MessageChanged && m != nil:
		return &exec.MessageChanged{Message: m, Conversation: c}
	}
	return nil
}
