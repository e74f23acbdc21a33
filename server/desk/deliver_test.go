package desk_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/desk"
)

func TestDeliverHandsOverInOrder(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	one, two := l.replies(c, "one"), l.replies(c, "two")
	l.events()
	l.deliver(c)
	if got := l.courier.texts(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("sent %q", got)
	}
	m := l.wantStatus(one.ID, model.Sent)
	l.wantStatus(two.ID, model.Sent)
	if m.ExternalID != sid(1) || m.Attempt != 1 || m.Version != 3 || m.SentAt == nil {
		t.Errorf("message %+v", m)
	}
	l.wantKinds(model.MessageChanged, model.MessageChanged, model.MessageChanged, model.MessageChanged) // SENDING and SENT of each
	l.count(2, `send_attempts WHERE outcome = 'SENT' AND external_id IS NOT NULL AND ended_at IS NOT NULL AND NOT by_hand`)
	out := l.courier.sent[0]
	if out.To != "+4915100" || out.MessageID != one.ID {
		t.Errorf("sent %+v", out)
	}
	u, err := url.Parse(out.StatusURL)
	if err != nil || u.Host != "desk.example.com" || u.Query().Get("m") != string(one.ID) || u.Query().Get("a") != "1" || u.Fragment == "" {
		t.Errorf("status URL %s", out.StatusURL)
	}
}

func TestDeliverHoldsThoseBehindWhileItTriesAgain(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	l.courier.will(take, failing(channel.SendError{Outcome: channel.NotSent, Code: "20429", Text: "too many", RetryAfter: 7 * time.Second}))
	one, two, three := l.replies(c, "one"), l.replies(c, "two"), l.replies(c, "three")
	l.deliver(c)
	l.deliver(c) // a second job comes too early
	if got := l.courier.texts(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("sent %q", got)
	}
	l.wantStatus(one.ID, model.Sent)
	l.wantStatus(two.ID, model.Sending)
	l.wantStatus(three.ID, model.Queued)
	var wait float64
	l.one(&wait, `SELECT extract(epoch FROM not_before - now())::float8 FROM send_leases`)
	if wait < 6 || wait > 9 {
		t.Errorf("waits %.1f s, was asked for 7", wait)
	}
	l.count(1, `river_job j, send_leases l WHERE j.kind = 'send_messages' AND j.scheduled_at = l.not_before`)
	l.resumes(c)
	if got := l.courier.texts(); !slices.Equal(got, []string{"one", "two", "two", "three"}) {
		t.Errorf("sent %q", got)
	}
	l.wantStatus(two.ID, model.Sent)
	l.wantStatus(three.ID, model.Sent)
	l.count(2, `send_attempts WHERE message_id = $1`, two.ID)
}

func TestDeliverGivesUpAfterTenMinutes(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	m := l.replies(c, "one")
	down := failing(channel.SendError{Outcome: channel.NotSent, Text: "connection refused"})
	l.courier.will(down, down, down, down, down, down, down)
	l.deliver(c)
	for range 4 { // two minutes each
		l.resumes(c)
		l.wantStatus(m.ID, model.Sending)
	}
	l.wind(3 * time.Minute)
	l.resumes(c)
	if m := l.wantStatus(m.ID, model.Failed); m.ErrorText != "connection refused" || !strings.Contains(m.Advice, "again") {
		t.Errorf("message %+v", m)
	}
}

func TestDeliverFailsWhatIsRejectedAndGoesOn(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	l.courier.will(failing(channel.SendError{Outcome: channel.Rejected, Code: "21610", Text: "unsubscribed", Advice: "Call them."}))
	one, two := l.replies(c, "one"), l.replies(c, "two")
	l.deliver(c)
	if m := l.wantStatus(one.ID, model.Failed); m.ErrorCode != "21610" || m.ErrorText != "unsubscribed" || m.Advice != "Call them." {
		t.Errorf("message %+v", m)
	}
	l.wantStatus(two.ID, model.Sent)
}

func TestDeliverStopsAtBadCredentialsAndLosesNothing(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	other, _ := l.writes("+4915200", "hello")
	l.courier.will(failing(channel.SendError{Outcome: channel.Credentials, Code: "20003", Text: "authenticate"}))
	one, two := l.replies(c, "one"), l.replies(c, "two")
	three := l.replies(other, "three")
	l.events()
	l.deliver(c)
	l.deliver(other)
	for _, m := range []*model.Message{one, two, three} {
		l.wantStatus(m.ID, model.Queued)
	}
	l.wantKinds(model.MessageChanged, model.MessageChanged, model.ChannelChanged)
	l.count(1, `channels WHERE credentials_bad_at IS NOT NULL`)
	four := l.replies(other, "four") // what is written meanwhile waits with the others
	l.exec(`DELETE FROM river_job`)
	change := twilioChannel("", "+4930111")
	if _, _, err := l.UpdateChannel(l.asAdmin(), desk.ChannelChange{Channel: l.channel.ID, Credentials: &change}); err != nil {
		t.Fatal(err)
	}
	l.count(2, `river_job WHERE kind = 'send_messages'`)
	l.deliver(c)
	l.deliver(other)
	if got := l.courier.texts(); !slices.Equal(got, []string{"one", "one", "two", "three", "four"}) {
		t.Errorf("sent %q", got)
	}
	l.wantStatus(four.ID, model.Sent)
}

func TestDeliverDoesNotBlameCredentialsThatWereReplacedMeanwhile(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	m := l.replies(c, "one")
	l.courier.will(func(context.Context, *channel.Outgoing) (string, error) {
		change := twilioChannel("", "+4930111")
		if _, _, err := l.UpdateChannel(l.asAdmin(), desk.ChannelChange{Channel: l.channel.ID, Credentials: &change}); err != nil {
			t.Error(err)
		}
		return "", &channel.SendError{Outcome: channel.Credentials, Text: "authenticate"}
	})
	l.deliver(c)
	l.wantStatus(m.ID, model.Sent)
	l.count(0, `channels WHERE credentials_bad_at IS NOT NULL`)
}

func TestDeliverLeavesAPausedChannelAlone(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	on, off := true, false
	if _, _, err := l.UpdateChannel(l.asAdmin(), desk.ChannelChange{Channel: l.channel.ID, Paused: &on}); err != nil {
		t.Fatal(err)
	}
	m := l.replies(c, "one")
	l.deliver(c)
	l.wantStatus(m.ID, model.Queued)
	l.exec(`DELETE FROM river_job`)
	if _, _, err := l.UpdateChannel(l.asAdmin(), desk.ChannelChange{Channel: l.channel.ID, Paused: &off}); err != nil {
		t.Fatal(err)
	}
	l.count(1, `river_job WHERE kind = 'send_messages'`)
	l.deliver(c)
	l.wantStatus(m.ID, model.Sent)
}

func TestDeliverFailsWhatWaitedOnARemovedChannel(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	m := l.replies(c, "one")
	if _, err := l.RemoveChannel(l.asAdmin(), l.channel.ID); err != nil {
		t.Fatal(err)
	}
	l.deliver(c)
	if m := l.wantStatus(m.ID, model.Failed); !strings.Contains(m.ErrorText, "removed") {
		t.Errorf("message %+v", m)
	}
	if len(l.courier.sent) != 0 {
		t.Error("the provider was called")
	}
}

func TestDeliverChecksTheWindowAgain(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	free := l.replies(c, "one")
	template, _, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Template: &model.TemplateCall{ID: "HX1", Variables: map[string]string{"1": "Ann"}}})
	if err != nil {
		t.Fatal(err)
	}
	l.wind(25 * time.Hour)
	l.deliver(c)
	l.wantStatus(free.ID, model.Failed)
	l.wantStatus(template.ID, model.Sent)
	if len(l.courier.sent) != 1 || l.courier.sent[0].Template.ID != "HX1" || l.courier.sent[0].Template.Variables["1"] != "Ann" {
		t.Errorf("sent %+v", l.courier.sent)
	}
}

func TestDeliverMarksWhatItsPredecessorDiedOver(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	one, two := l.replies(c, "one"), l.replies(c, "two")
	claim, err := l.db.ClaimSend(t.Context(), l.account, c, 0, time.Minute, l.now())
	if err != nil || claim == nil || claim.Message != one.ID || claim.Attempt != 1 || claim.Broken {
		t.Fatalf("claim %+v, %v", claim, err)
	}
	l.wantStatus(one.ID, model.Sending)
	l.deliver(c) // the lease holds
	l.wantStatus(two.ID, model.Queued)
	l.exec(`UPDATE send_leases SET expires_at = now()`)
	l.deliver(c)
	if m := l.wantStatus(one.ID, model.Unknown); m.Advice == "" {
		t.Error("no advice")
	}
	l.wantStatus(two.ID, model.Sent)
	if got := l.courier.texts(); !slices.Equal(got, []string{"two"}) {
		t.Errorf("sent %q", got)
	}
	l.count(1, `river_job WHERE kind = 'settle_message'`)
}

func TestALostLeaseIsFenced(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	one, two := l.replies(c, "one"), l.replies(c, "two")
	stalled, resume := make(chan struct{}), make(chan struct{})
	l.courier.will(func(context.Context, *channel.Outgoing) (string, error) {
		close(stalled)
		<-resume
		return "SMlate", nil
	})
	done := make(chan error)
	go func() { done <- l.Deliver(context.WithoutCancel(t.Context()), l.account, c) }()
	<-stalled
	l.exec(`UPDATE send_leases SET expires_at = now()`)
	l.deliver(c)
	l.wantStatus(one.ID, model.Unknown)
	l.wantStatus(two.ID, model.Sent)
	close(resume)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// The id that came back after all proves that the message left; nothing was sent twice.
	if m := l.wantStatus(one.ID, model.Sent); m.ExternalID != "SMlate" {
		t.Errorf("message %+v", m)
	}
	if got := l.courier.texts(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("sent %q", got)
	}
}

func TestAFencedSenderDoesNotUndoWhatIsKnown(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	m := l.replies(c, "one")
	claim, err := l.db.ClaimSend(t.Context(), l.account, c, 0, time.Minute, l.now())
	if err != nil {
		t.Fatal(err)
	}
	l.exec(`UPDATE send_leases SET expires_at = now()`)
	l.deliver(c)
	l.wantStatus(m.ID, model.Unknown)
	for _, late := range []db.Ended{{Outcome: "NOT_SENT", Status: model.Sending, Hold: time.Second}, {Outcome: "REJECTED", Status: model.Failed}, {Outcome: "CREDENTIALS", Status: model.Queued}} {
		late.Account, late.Message, late.Attempt, late.Fence, late.At = l.account, m.ID, claim.Attempt, claim.Fence, l.now()
		ours, err := l.db.FinishSend(t.Context(), late)
		if err != nil || ours {
			t.Errorf("%s: %v, %v", late.Outcome, ours, err)
		}
	}
	l.wantStatus(m.ID, model.Unknown)
	if next, err := l.db.ClaimSend(t.Context(), l.account, c, claim.Fence, time.Minute, l.now()); next != nil || err != nil {
		t.Errorf("a sender that lost its lease claimed %+v, %v", next, err)
	}
}

func TestManySendersSendOnce(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint("message ", i))
	}
	other := l.process()
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, text := range want {
			m, _, err := l.Reply(l.asHana(), desk.Reply{Conversation: c, Text: text})
			if err != nil {
				t.Error(err)
				return
			}
			for _, d := range []*desk.Desk{l.Desk, other} { // each reply wakes senders on two processes
				wg.Go(func() {
					if err := d.Deliver(t.Context(), l.account, m.ConversationID); err != nil {
						t.Error(err)
					}
				})
			}
		}
	})
	wg.Wait()
	if got := l.courier.texts(); !slices.Equal(got, want) {
		t.Errorf("sent %q", got)
	}
	l.count(20, `messages WHERE status = 'SENT'`)
}

func TestSweepWakesForgottenSenders(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	m := l.replies(c, "one")
	l.exec(`DELETE FROM river_job`)
	sweep := func(want int) {
		t.Helper()
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.count(want, `river_job WHERE kind = 'send_messages'`)
	}
	sweep(0) // it is too young to be forgotten
	l.exec(`UPDATE messages SET created_at = now() - interval '1 minute'`)
	sweep(1)
	sweep(1) // its job is still waiting
	l.deliver(c)
	l.wantStatus(m.ID, model.Sent)
	sweep(1)
}

// TestASenderSeesPastWhatAReportTakesOutOfTheLine lets the sender wait for a message that a report is just settling.
func TestASenderSeesPastWhatAReportTakesOutOfTheLine(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	l.courier.will(failing(channel.SendError{Outcome: channel.NotSent, Text: "no answer"}))
	one, two := l.replies(c, "one"), l.replies(c, "two")
	l.deliver(c)
	l.exec(`UPDATE send_leases SET not_before = NULL`)
	l.wind(time.Minute)
	report, err := l.db.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer report.Rollback(context.WithoutCancel(t.Context()))
	if _, err := report.Exec(t.Context(), `UPDATE messages SET status = 'DELIVERED' WHERE id = $1`, one.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- l.Deliver(context.WithoutCancel(t.Context()), l.account, c) }()
	for waiting := false; !waiting; {
		l.one(&waiting, `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%claim_send%')`)
	}
	if err := report.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	l.wantStatus(one.ID, model.Delivered)
	l.wantStatus(two.ID, model.Sent)
}
