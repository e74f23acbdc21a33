package desk

import (
	"context"
	"errors"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// The times of sending. A call ends well before the lease, so that no other sender begins while it may still succeed.
const (
	sendTime   = 15 * time.Second // of one call to the provider
	sendLease  = 45 * time.Second
	drainTime  = 30 * time.Second // of one job; it then queues another, so that no conversation keeps a worker
	giveUpTime = 10 * time.Minute // of a series of tries that never reached the provider
	settleWait = 20 * time.Second // until the provider is asked about a lost answer
)

// Deliver sends what waits in a conversation, one message after another in the order of their numbers. One sender at a
// time works on a conversation; whoever finds another at work leaves, and the other one sees what came meanwhile.
// Nothing that the provider does is an error here: it is the message's status.
func (d *Desk) Deliver(ctx context.Context, account int64, conversation model.ID) error {
	j := &delivery{Desk: d, account: account, conversation: conversation}
	var err error
	if j.channel, err = d.db.ChannelIDOf(ctx, account, conversation); err != nil || j.channel == "" {
		return err
	}
	for end := time.Now().Add(drainTime); ; {
		more, err := j.next(ctx)
		if err != nil || !more {
			return err
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return j.handOn(context.WithoutCancel(ctx))
		}
	}
}

// delivery is one job at work on a conversation.
type delivery struct {
	*Desk
	account      int64
	conversation model.ID
	channel      model.ID
	fence        int64 // of the lease; 0 before it was taken
}

// next sends one message and tells whether to go on.
func (j *delivery) next(ctx context.Context) (bool, error) {
	c, secret, err := j.ready(ctx)
	if err != nil || c == nil {
		return false, errors.Join(err, j.release(ctx))
	}
	if wait := j.brakes.wait(j.channel, j.now()); wait > 0 {
		return false, errors.Join(j.release(ctx), j.db.HoldSend(ctx, j.account, j.conversation, wait))
	}
	claim, err := j.db.ClaimSend(ctx, j.account, j.conversation, j.fence, sendLease, j.moment())
	if err != nil || claim == nil || claim.Message == "" {
		j.brakes.pass(j.channel)
		return false, err
	}
	j.fence = claim.Fence
	if claim.Broken {
		j.brakes.pass(j.channel)
		_, err := j.finish(ctx, claim, c, crashed())
		return true, err
	}
	p, err := j.parcel(ctx, j.account, claim.Message)
	if err != nil {
		j.brakes.pass(j.channel)
		return false, err
	}
	e := j.send(ctx, c, secret, p)
	ours, err := j.finish(ctx, claim, c, e)
	return err == nil && !(ours && e.Status == model.Sending), err
}

// ready returns the channel and its secret, and nil while nothing may be sent on it. A removed channel is ready: what
// waited on it can only fail.
func (j *delivery) ready(ctx context.Context) (*model.Channel, model.Secret, error) {
	c, err := j.db.Channel(ctx, j.account, j.channel)
	if err != nil {
		return nil, nil, err
	}
	if c.RemovedAt != nil {
		return c, nil, nil
	}
	if !c.Sends() {
		return nil, nil, nil
	}
	secret, _, err := j.Secrets(ctx, c)
	return c, secret, err
}

// release gives the lease back when the conversation cannot be sent now. Who made it possible again in that moment has
// found the lease taken, so what is ready then gets a job of its own.
func (j *delivery) release(ctx context.Context) error {
	if j.fence == 0 {
		return nil
	}
	if err := j.db.ReleaseSend(ctx, j.account, j.conversation, j.fence); err != nil {
		return err
	}
	j.fence = 0
	c, err := j.db.Channel(ctx, j.account, j.channel)
	if err == nil && c.Sends() {
		err = j.db.QueueSend(ctx, j.account, j.conversation)
	}
	return err
}

// handOn leaves the rest to another job.
func (j *delivery) handOn(ctx context.Context) error {
	if err := j.db.ReleaseSend(ctx, j.account, j.conversation, j.fence); err != nil {
		return err
	}
	return j.db.QueueSend(ctx, j.account, j.conversation)
}

// send calls the provider, outside of any transaction, and says how that ended.
func (j *delivery) send(ctx context.Context, c *model.Channel, secret model.Secret, p *db.Parcel) db.Ended {
	provider := j.providers[c.Provider]
	if e := j.unsendable(c, provider, p); e != nil {
		j.brakes.pass(j.channel)
		return *e
	}
	call, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	id, err := provider.Send(call, c, secret, j.outgoing(c, provider, p))
	if err == nil {
		j.brakes.ease(j.channel)
		return db.Ended{Outcome: "SENT", Status: model.Sent, ExternalID: id}
	}
	var failed *channel.SendError
	if !errors.As(err, &failed) {
		failed = &channel.SendError{Outcome: channel.Ambiguous, Text: "The provider's answer was lost."}
	}
	if failed.Outcome == channel.NotSent || failed.Outcome == channel.Ambiguous {
		j.brakes.press(j.channel, failed.Outcome == channel.Ambiguous, failed.RetryAfter, j.now())
	} else {
		j.brakes.ease(j.channel)
	}
	e := ended(failed, p, j.now())
	if e.Status == model.Unknown {
		e.Advice = doubtful(provider)
	}
	return e
}

// finish writes down how an attempt ended, also when the job is being stopped: an id that the provider gave is not lost
// because the database was away for a moment. It returns false when the outcome was decided by others.
func (j *delivery) finish(ctx context.Context, claim *db.Claim, c *model.Channel, e db.Ended) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendLease-sendTime)
	defer cancel()
	e.Account, e.Message, e.Attempt, e.Fence, e.At = j.account, claim.Message, claim.Attempt, claim.Fence, j.moment()
	for {
		ours, err := j.save(ctx, c, e)
		if err == nil {
			j.told(j.account)
			return ours, nil
		}
		if db.Hopeless(err) {
			return false, err
		}
		select {
		case <-ctx.Done():
			return false, err
		case <-time.After(firstWait / 4):
		}
	}
}

func (j *delivery) save(ctx context.Context, c *model.Channel, e db.Ended) (ours bool, err error) {
	flagged := false
	err = j.db.Tx(ctx, func(s *db.Store) (err error) {
		if ours, err = s.FinishSend(ctx, e); err != nil || !ours {
			return err
		}
		if e.Status == model.Unknown {
			return s.QueueSettle(ctx, db.SettleMessage{Account: e.Account, Message: e.Message, Attempt: e.Attempt}, settleWait)
		}
		if e.Outcome != "CREDENTIALS" {
			return nil
		}
		flagged, err = s.FlagCredentials(ctx, c, e.At)
		return err
	})
	if err == nil && flagged {
		j.log.WarnContext(ctx, "the provider refuses the credentials of a channel", "account", e.Account, "channel", c.ID)
	}
	return ours, err
}
