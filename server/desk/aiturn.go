package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// The times of AI Agents' turns.
const (
	AiPause = 1500 * time.Millisecond // of the customer, before an answer to a burst of messages begins
	AiLease = 15 * time.Second        // after which the turn of a process that died begins again
	aiSave  = 10 * time.Second        // to store what a turn came to, also while the process stops
	aiLater = 5 * time.Second         // until a turn that cannot be taken now is looked at again
)

const (
	maxAiTries     = 5 // turns that began and did not end, before people get the conversation
	maxAiOvertaken = 2 // answers that are thrown away for a customer who goes on writing; the next one is sent
)

// ClaimAiTurns begins up to limit turns of AI Agents that are due, on all accounts but the full ones. Each must be given to
// AiTurn. It tells after how long the next one is due: a negative time when none waits.
func (d *Desk) ClaimAiTurns(ctx context.Context, limit int, full []int64) ([]model.AiDuty, time.Duration, error) {
	return d.db.ClaimAiTurns(ctx, d.pace, limit, full)
}

// RenewAiTurns keeps turns that are under way from beginning elsewhere, and returns the fences of those that are still ours.
func (d *Desk) RenewAiTurns(ctx context.Context, duties []model.AiDuty) ([]int64, error) {
	return d.db.RenewAiTurns(ctx, d.pace.Lease, duties)
}

// aiTurn is a turn at work.
type aiTurn struct {
	*Desk
	*db.AiCase
	duty    model.AiDuty
	agent   *model.AiAgent
	pending []*model.Message // what the customer wrote and nobody has answered
	upTo    int64            // the newest of that
	thought *thought
}

// AiTurn lets the AI Agent answer what the customer wrote, or hands the conversation over. While the model thinks nothing is
// held, neither a transaction nor a connection. It returns nil when the turn ended, was lost, or begins again by itself; an
// error after which it begins again, here or elsewhere, once its lease is over.
func (d *Desk) AiTurn(ctx context.Context, duty model.AiDuty) error {
	t, err := d.beginAiTurn(ctx, duty)
	if err != nil || t == nil {
		return errors.Join(err, d.aiTurnLater(ctx, duty, err))
	}
	step, err := t.decide(ctx)
	if err != nil {
		return errors.Join(err, d.aiTurnLater(ctx, duty, err))
	}
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), aiSave)
	defer cancel()
	return t.end(save, step)
}

// aiTurnLater gives a turn back that could not be taken. One whose process stops begins elsewhere at once.
func (d *Desk) aiTurnLater(ctx context.Context, duty model.AiDuty, failed error) error {
	after := aiLater
	if ctx.Err() != nil {
		failed, after = nil, 0
	}
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), aiSave)
	defer cancel()
	return d.db.ReleaseAiTurn(save, duty, after, failed != nil)
}

// beginAiTurn reads what the turn is about. Nil: the AI Agent may not answer now, and what hands its conversations over
// takes this one.
func (d *Desk) beginAiTurn(ctx context.Context, duty model.AiDuty) (*aiTurn, error) {
	c, err := d.db.AiCase(ctx, duty)
	if err != nil {
		return nil, err
	}
	if c.Conversation.Status != model.AiReplying || c.Conversation.Epoch != duty.Epoch || c.Channel.Paused || c.Channel.RemovedAt != nil {
		return nil, nil
	}
	t := &aiTurn{Desk: d, AiCase: c, duty: duty, thought: &thought{}}
	if t.agent, err = d.db.AiAgent(ctx, duty.AccountID, c.Conversation.AiAgentID); model.CodeOf(err) == model.NotFound {
		return nil, nil
	}
	if err != nil || t.agent.DisabledAt != nil {
		return nil, err
	}
	t.listen()
	return t, nil
}

// listen finds what is to be answered: what the customer wrote after the last answer. What is said at a hand-over is none.
func (t *aiTurn) listen() {
	t.upTo = t.Newest
	var after int64
	for _, m := range t.Messages {
		if m.Direction == model.Outbound && (m.AgentID != "" || m.Data != nil && m.Data.Ai != nil) {
			after = m.Seq
		}
	}
	if t.duty.AfterSeq != nil {
		after = *t.duty.AfterSeq
	}
	for _, m := range t.Messages {
		if m.Direction == model.Inbound && !m.Blocked && m.Seq > after {
			t.pending, t.upTo = append(t.pending, m), max(t.upTo, m.Seq)
		}
	}
}

// decide comes to what the turn ends with. The zero step answers nothing.
func (t *aiTurn) decide(ctx context.Context) (model.AiStep, error) {
	switch {
	case t.duty.Tries > maxAiTries:
		return model.AiStep{HandOver: model.HandOverError}, nil
	case !slices.ContainsFunc(t.pending, wantsAnswer):
		return model.AiStep{}, nil
	case t.Answers >= t.agent.MaxTurns:
		return model.AiStep{HandOver: model.HandOverTurns}, nil
	case !slices.ContainsFunc(t.pending, readable):
		return model.AiStep{HandOver: model.HandOverMedia}, nil
	}
	t.showTyping(ctx)
	calendar, err := model.NewCalendar(t.Hours)
	if err != nil {
		return model.AiStep{}, err
	}
	th, err := t.newThought(t.agent, model.AiBriefing{Kind: t.Channel.Kind, At: t.now(), Calendar: calendar, Teams: teamNames(t.Teams)})
	if err != nil {
		return model.AiStep{}, err
	}
	t.thought = th
	th.dialogue.Answers = t.Answers
	return th.think(ctx, t.Messages, t.pending)
}

// wantsAnswer leaves out what asks for nothing: a reaction, and a score that a survey has.
func wantsAnswer(m *model.Message) bool {
	return m.Kind != model.ReactionMessage && (m.Data == nil || m.Data.Survey == "")
}

// readable tells whether a model can be told what the customer sent: a file alone says nothing to it.
func readable(m *model.Message) bool {
	switch m.Kind {
	case model.MediaMessage, model.UnsupportedMessage:
		return m.Text != ""
	}
	return wantsAnswer(m)
}

func teamNames(teams map[string]model.ID) []string {
	names := []string{}
	for name := range teams {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
