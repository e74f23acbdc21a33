package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// end stores what the turn came to, in one transaction that first makes sure that the turn is still ours: the AI Agent has
// the conversation, in the epoch in which it began, and no other process has taken the turn. Otherwise nothing of it is
// stored. An answer that the customer has overtaken is thrown away, and made again for all that they wrote.
func (t *aiTurn) end(ctx context.Context, step model.AiStep) error {
	var ended *model.AiTurn
	var c *model.Conversation
	err := t.db.Tx(ctx, func(s *db.Store) (err error) {
		ended = nil
		if c, err = s.LockConversation(ctx, aiViewer(t.duty.AccountID), t.duty.ConversationID); err != nil {
			return err
		}
		newest, ours, err := s.HoldAiTurn(ctx, t.duty)
		switch {
		case err != nil || !ours:
			return err
		case newest > t.upTo && step.HandOver == "" && t.duty.Overtaken < maxAiOvertaken:
			return s.YieldAiTurn(ctx, t.duty)
		}
		turn := t.outcome(c, step)
		if err := t.store(ctx, s, c, step, turn, newest > t.upTo); err != nil {
			return err
		}
		ended = turn
		return s.EndAiTurn(ctx, t.duty, turn, newest)
	})
	if err != nil || ended == nil {
		return err
	}
	t.told(c.AccountID)
	t.turned(ended)
	if c.Placing {
		t.soon(c.AccountID, c.ChannelID, c.ID)
	}
	t.tellProblem(ctx)
	return nil
}

// outcome is the turn as it ends with the step.
func (t *aiTurn) outcome(c *model.Conversation, step model.AiStep) *model.AiTurn {
	now := t.moment()
	turn := &model.AiTurn{AccountID: c.AccountID, ID: model.NewIDAt(model.KindAiTurn, now), ConversationID: c.ID, ChannelID: c.ChannelID, AiAgentID: c.AiAgentID, Epoch: c.Epoch,
		UpToSeq: t.upTo, Outcome: model.AiNothing, HandOver: step.HandOver, EndedAt: now, AiMark: t.thought.mark}
	turn.Version = t.agent.Version
	switch {
	case step.HandOver != "":
		turn.Outcome = model.AiHandedOver
	case step.Resolve:
		turn.Outcome = model.AiResolved
	case step.Say != "":
		turn.Outcome = model.AiAnswered
	}
	return turn
}

func (t *aiTurn) store(ctx context.Context, s *db.Store, c *model.Conversation, step model.AiStep, turn *model.AiTurn, more bool) error {
	switch turn.Outcome {
	case model.AiHandedOver:
		return t.handOver(ctx, s, c, HandOver{Reason: step.HandOver, Team: t.Teams[step.Team], Summary: step.Summary, Tell: true})
	case model.AiNothing:
		c.WaitingSince, c.UnreadCount = nil, 0
		return s.Heed(ctx, c)
	}
	made := model.NewAiAnswer(step.Say, t.Channel.Kind, t.thought.given)
	turn.Articles = made.Articles
	var change *db.Change
	if step.Resolve {
		if err := c.SetStatus(model.Resolved, nil, turn.EndedAt); err != nil {
			return err
		}
		c.Version++
		change = &db.Change{By: aiViewer(c.AccountID), Reason: model.ReasonResolvedByAi, At: turn.EndedAt}
	}
	c.UnreadCount = 0
	if !more {
		c.WaitingSince = nil
	}
	if err := t.answer(ctx, s, c, turn, made.Parts, change); err != nil || !step.Resolve {
		return err
	}
	return t.survey(ctx, s, c, aiViewer(c.AccountID))
}

// answer stores the messages of an answer, with the change that comes with the last of them.
func (t *aiTurn) answer(ctx context.Context, s *db.Store, c *model.Conversation, turn *model.AiTurn, parts []string, change *db.Change) error {
	if len(parts) == 0 && change != nil {
		return s.SaveConversation(ctx, c, *change)
	}
	for i, text := range parts {
		m := t.nextMessage(c, turn.EndedAt)
		m.Direction, m.Kind, m.Text, m.Status, m.AiAgentID, m.Data = model.Outbound, model.TextMessage, text, model.Queued, turn.AiAgentID, &model.MessageData{Ai: &turn.AiMark}
		saying := db.Saying{Message: m, Conversation: c}
		if i == 0 {
			turn.MessageID = m.ID
		}
		if i == len(parts)-1 {
			saying.Change = change
		}
		if err := s.AddMessage(ctx, saying); err != nil {
			return err
		}
	}
	return nil
}

// tellProblem shows admins on the channel what keeps its AI Agent from answering, and forgets it once it answers again.
func (t *aiTurn) tellProblem(ctx context.Context) {
	account, channel, agent := t.duty.AccountID, t.Channel.ID, t.agent.ID
	var told bool
	var err error
	switch p := t.thought.problem; {
	case p != nil:
		told, err = t.db.NoteAiProblem(ctx, account, channel, agent, model.AiProblemKind(p.Kind), p.Text)
	case t.Problem && t.thought.mark.Calls > 0:
		told, err = t.db.ClearAiProblem(ctx, account, channel, agent)
	}
	if err != nil {
		t.log.WarnContext(ctx, "failed to note a problem of an AI Agent", "account", account, "channel", channel, "error", err)
	}
	if told {
		t.told(account)
	}
}
