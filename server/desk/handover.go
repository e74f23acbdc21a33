package desk

import (
	"context"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// handOverBatch is how many conversations one transaction hands over.
const handOverBatch = 100

// HandOver is why and how a conversation goes from an AI Agent to people.
type HandOver struct {
	Reason  model.HandOverReason
	Team    model.ID // whose queue it goes to; empty, or one that is gone: the channel's human agents
	Summary string   // for who goes on with it; may be empty
	Tell    bool     // the customer is told, as far as something can be sent
}

// HandOver hands the conversation over if the AI Agent still has it in that epoch, and has it placed. It tells whether
// it had.
func (d *Desk) HandOver(ctx context.Context, account int64, conversation model.ID, epoch int, h HandOver) (had bool, err error) {
	var is *model.Conversation
	err = d.commit(ctx, account, func(s *db.Store) error {
		c, err := s.LockConversation(ctx, aiViewer(account), conversation)
		if err != nil {
			return err
		}
		is = c
		if had = c.Status == model.AiReplying && c.Epoch == epoch; !had {
			return nil
		}
		return d.handOver(ctx, s, c, h)
	})
	if err == nil && is.Placing {
		d.soon(account, is.ChannelID, is.ID)
	}
	return had && err == nil, err
}

// handOver gives a conversation that is locked, and that an AI Agent has, to people: it becomes OPEN and nobody's, a note
// says why, the customer is told if that is wanted, and it is to be placed among people. It never ends in silence, and
// never with an AI Agent. Once committed the caller calls soon if c.Placing. Any other conversation stays as it is.
func (d *Desk) handOver(ctx context.Context, s *db.Store, c *model.Conversation, h HandOver) error {
	if c.Status != model.AiReplying {
		return nil
	}
	l, err := s.Leaving(ctx, c)
	if err != nil {
		return err
	}
	if h.Team, err = knownTeam(ctx, s, c.AccountID, h.Team); err != nil {
		return err
	}
	now, ai := d.moment(), c.AiAgentID
	c.Give("", h.Team)
	c.Version++
	if c.WaitingSince == nil {
		c.WaitingSince = &now
	}
	note := d.nextMessage(c, now)
	note.Direction, note.Kind, note.Text = model.Internal, model.NoteMessage, h.Reason.Note(l.Name, h.Summary)
	if !h.Reason.Ended() {
		note.AiAgentID = ai
	}
	change := &db.Change{By: aiViewer(c.AccountID), Reason: h.Reason.Change(), At: now, HandOver: h.Reason}
	if err := s.AddMessage(ctx, db.Saying{Message: note, Conversation: c, Change: change}); err != nil {
		return err
	}
	if err := s.ToPlace(ctx, c, model.StageHumans, h.Team); err != nil || !h.Tell {
		return err
	}
	return d.bidFarewell(ctx, s, c, l, ai, now)
}

// bidFarewell tells the customer, where something can be sent.
func (d *Desk) bidFarewell(ctx context.Context, s *db.Store, c *model.Conversation, l *db.Leaving, ai model.ID, now time.Time) error {
	if !l.Sends || !model.ReplyWindowAt(l.Kind, c.LastInboundAt, now).Open {
		return nil
	}
	l.Heard.At = now
	say := model.Farewell(l.Heard, l.Closing)
	m := d.nextMessage(c, now)
	m.Direction, m.Kind, m.Text, m.Status = model.Outbound, say.Kind, say.Text, model.Queued
	if say.Kind == model.TextMessage {
		m.AiAgentID = ai
	} else if anew, err := s.NoteAutoReply(ctx, c, &say, m.ID); err != nil || !anew {
		return err
	}
	return s.AddMessage(ctx, db.Saying{Message: m, Conversation: c})
}

// nextMessage begins the next message of a conversation that is locked, and counts it.
func (d *Desk) nextMessage(c *model.Conversation, now time.Time) *model.Message {
	c.LastSeq, c.LastActivityAt = c.LastSeq+1, now
	return &model.Message{AccountID: c.AccountID, ConversationID: c.ID, ChannelID: c.ChannelID, ID: model.NewIDAt(model.KindMessage, now),
		Seq: c.LastSeq, Version: 1, CreatedAt: now}
}

// knownTeam is the team, or none when the account does not have it.
func knownTeam(ctx context.Context, s *db.Store, account int64, team model.ID) (model.ID, error) {
	if team == "" {
		return "", nil
	}
	_, err := s.Team(ctx, account, team)
	if model.CodeOf(err) == model.NotFound {
		return "", nil
	}
	return team, err
}

// HandOverOrphans hands over every conversation whose AI Agent may no longer answer there: it was stopped, replaced,
// disabled or deleted, or the channel is paused. A crash leaves the rest to the next call.
func (d *Desk) HandOverOrphans(ctx context.Context) error {
	has, err := d.db.HasOrphans(ctx)
	for err == nil && has {
		var n int
		if n, err = d.handOverSome(ctx); n < handOverBatch {
			has = false
		}
	}
	if err != nil {
		return err
	}
	return d.db.EndEndings(ctx)
}

// handOverSoon is HandOverOrphans after a commit that may have made some. It never blocks.
func (d *Desk) handOverSoon() {
	d.reactions.work.Go(func() {
		d.reactions.slots <- struct{}{}
		defer func() { <-d.reactions.slots }()
		d.try("hand over what AI Agents have left", lane{}, d.HandOverOrphans)
	})
}

// handOverSome hands a batch over and returns how many that were. One that cannot be handed over is left for later.
func (d *Desk) handOverSome(ctx context.Context) (int, error) {
	var gone []*model.Conversation
	err := d.db.Tx(ctx, func(s *db.Store) error {
		list, err := s.LockOrphans(ctx, handOverBatch)
		if err != nil {
			return err
		}
		gone = nil
		for _, o := range list {
			err := s.Apart(ctx, func() error { return d.handOver(ctx, s, o.Conversation, HandOver{Reason: o.Reason, Tell: true}) })
			switch {
			case err == nil:
				gone = append(gone, o.Conversation)
			case db.Passing(err) || ctx.Err() != nil:
				return err
			default:
				d.log.WarnContext(ctx, "failed to hand a conversation over", "account", o.Conversation.AccountID, "conversation", o.Conversation.ID, "error", err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for i, c := range gone {
		if i == 0 || c.AccountID != gone[i-1].AccountID {
			d.told(c.AccountID)
		}
		if c.Placing {
			d.soon(c.AccountID, c.ChannelID, c.ID)
		}
	}
	return len(gone), nil
}

// aiViewer is the part of the desk that answers for AI Agents.
func aiViewer(account int64) *model.Viewer { return model.SystemViewer(account, "ai") }
