package desk

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// takeAnswers notes what the customer's messages after the number answer to surveys, thanks them, and tells of it. The
// conversation is locked, and stays as it is.
func (d *Desk) takeAnswers(ctx context.Context, s *db.Store, account int64, conversation model.ID, after int64) error {
	replies, err := s.SurveyReplies(ctx, account, conversation, after)
	if err != nil {
		return err
	}
	for _, r := range replies {
		if err := d.takeAnswer(ctx, s, r); err != nil {
			return err
		}
	}
	c, err := s.LockAnswered(ctx, account, conversation)
	if err != nil {
		return err
	}
	return s.Tell(ctx, account, model.Event{Kind: model.ConversationChanged, ChannelID: c.ChannelID, ConversationID: c.ID})
}

// takeAnswer stores the answer that a message holds. A comment replaces the one before, and a score without one leaves
// it: it may have been written on the page, and stands nowhere else.
func (d *Desk) takeAnswer(ctx context.Context, s *db.Store, r *db.Reply) error {
	m := &r.Message
	a := model.ReadAnswer(m.Kind, m.Text, m.Data)
	if a == nil { // another release took it for one
		return nil
	}
	vote := db.Vote{Account: m.AccountID, Survey: r.Survey, Score: a.Score, By: a.By, At: m.CreatedAt}
	if comment := model.SurveyComment(a.Comment); comment != "" {
		vote.Comment = &comment
	}
	v, err := s.SaveVote(ctx, vote)
	if err != nil {
		return err
	}
	return d.thank(ctx, s, v)
}

// thank sends the channel's thanks, once for each survey, where it can be sent.
func (d *Desk) thank(ctx context.Context, s *db.Store, v *model.Survey) error {
	c, err := s.LockAnswered(ctx, v.AccountID, v.ConversationID)
	if err != nil {
		return err
	}
	a, err := s.Asking(ctx, c)
	now := d.moment()
	if err != nil || a.Csat.ThankYou == "" || !a.Sends || !model.ReplyWindowAt(a.Kind, c.LastInboundAt, now).Open {
		return err
	}
	if anew, err := s.Thank(ctx, v, now); err != nil || !anew {
		return err
	}
	m := d.nextMessage(c, now)
	m.Direction, m.Kind, m.Text, m.Status, m.Data = model.Outbound, model.SurveyMessage, a.Csat.ThankYou, model.Queued, &model.MessageData{Survey: v.ID}
	return s.AddMessage(ctx, db.Saying{Message: m, Conversation: c})
}
