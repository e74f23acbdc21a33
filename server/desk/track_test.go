package desk_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

var lost = failing(channel.SendError{Outcome: channel.Ambiguous, Text: "time-out"})

func TestReportsMoveTheStatusForwardOnly(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	m := l.replies(c, "one")
	l.deliver(c)
	l.events()
	for _, step := range []struct {
		report, want model.DeliveryStatus
		told         int
	}{
		{model.Sent, model.Sent, 0}, {model.Delivered, model.Delivered, 1}, {model.Sent, model.Delivered, 0}, {model.Delivered, model.Delivered, 0},
		{model.Failed, model.Delivered, 0}, {model.Read, model.Read, 1}, {model.Delivered, model.Read, 0}, {model.Queued, model.Read, 0},
	} {
		version := l.message(m.ID).Version
		l.tracks(model.StatusReport{ExternalID: sid(1), Status: step.report, ErrorCode: "30008"})
		got := l.wantStatus(m.ID, step.want)
		if got.Version != version+step.told || got.ErrorCode != "" {
			t.Errorf("after %s: version %d, was %d; error %q", step.report, got.Version, version, got.ErrorCode)
		}
		l.wantKinds([]model.EventKind{model.MessageChanged, model.MessageChanged}[:step.told]...)
	}
}

// TestReportsEndTheSameInEveryOrder runs all orders of one set of reports, each with and without our id, before and
// after the provider's answer was stored.
func TestReportsEndTheSameInEveryOrder(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	failed := model.StatusReport{Status: model.Failed, ErrorCode: "30008", ErrorText: "unknown error", Advice: "Try later."}
	bare := model.StatusReport{Status: model.Failed}
	sent, delivered, read := model.StatusReport{Status: model.Sent}, model.StatusReport{Status: model.Delivered}, model.StatusReport{Status: model.Read}
	n := 0
	for _, set := range []struct {
		reports []model.StatusReport
		want    model.DeliveryStatus
		code    string
	}{
		{[]model.StatusReport{sent, delivered, read, failed}, model.Read, ""},
		{[]model.StatusReport{sent, failed, bare, sent}, model.Failed, "30008"},
		{[]model.StatusReport{delivered, failed, bare}, model.Delivered, ""},
	} {
		for _, order := range permutations(len(set.reports)) {
			for _, early := range []bool{false, true} {
				n++
				c, _ := l.writes(fmt.Sprintf("+49151%05d", n), "hello")
				id := fmt.Sprintf("SM%032d", n)
				report := func(m *channel.Outgoing) {
					for _, i := range order {
						r := set.reports[i]
						r.ExternalID = id
						if m != nil {
							r.MessageID, r.Attempt = m.MessageID, 1
						}
						l.tracks(r)
					}
				}
				m := l.replies(c, "one")
				l.courier.will(func(_ context.Context, m *channel.Outgoing) (string, error) {
					if early {
						report(m)
					}
					return id, nil
				})
				l.deliver(c)
				if !early {
					report(nil)
				}
				if got := l.wantStatus(m.ID, set.want); got.ErrorCode != set.code || got.ExternalID != id || got.SentAt == nil {
					t.Errorf("order %v, early %v: %+v", order, early, got)
				}
			}
		}
	}
	l.count(n, `send_attempts WHERE outcome = 'SENT' AND external_id IS NOT NULL`)
}

func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			q := append(append(append([]int{}, p[:at]...), n-1), p[at:]...)
			all = append(all, q)
		}
	}
	return all
}

func TestALostAnswerIsSettledByTheReport(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	m := l.replies(c, "one")
	l.courier.will(lost)
	l.deliver(c)
	if m := l.wantStatus(m.ID, model.Unknown); m.ExternalID != "" || m.Advice == "" {
		t.Errorf("message %+v", m)
	}
	l.deliver(c) // never resent blindly
	l.tracks(model.StatusReport{ExternalID: "SMnew", MessageID: m.ID, Attempt: 1, Status: model.Sent})
	if m := l.wantStatus(m.ID, model.Sent); m.ExternalID != "SMnew" || m.Advice != "" || m.ErrorText != "" {
		t.Errorf("message %+v", m)
	}
	l.tracks(model.StatusReport{ExternalID: "SMnew", Status: model.Read})
	l.wantStatus(m.ID, model.Read)
	if n := len(l.courier.sent); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

func TestALostAnswerIsSettledByAsking(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	other := l.replies(c, "one")
	l.deliver(c)
	l.courier.will(lost)
	m := l.replies(c, "one")
	l.deliver(c)
	m = l.wantStatus(m.ID, model.Unknown)
	l.courier.found = func(known func(string) bool) *model.StatusReport {
		if !known(sid(1)) || known("SMfound") {
			t.Error("the desk does not know its own messages")
		}
		return nil
	}
	l.exec(`UPDATE send_attempts SET started_at = started_at - interval '2 minutes'`)
	var began time.Time
	l.one(&began, `SELECT started_at FROM send_attempts WHERE message_id = $1`, m.ID)
	l.settles(m, 0)
	if !l.courier.since.Before(began) || began.Sub(l.courier.since) > 5*time.Minute {
		t.Errorf("looked for a message of %s from %s on", began, l.courier.since)
	}
	if again := l.wantStatus(m.ID, model.Unknown); again.Version != m.Version {
		t.Error("nothing was learned, and something changed")
	}
	l.count(1, `river_job WHERE kind = 'settle_message' AND (args->>'asked')::int = 1 AND scheduled_at > now() + interval '90 s'`)
	l.courier.found = func(func(string) bool) *model.StatusReport {
		return &model.StatusReport{ExternalID: "SMfound", Status: model.Delivered}
	}
	l.settles(m, 1)
	if m := l.wantStatus(m.ID, model.Delivered); m.ExternalID != "SMfound" {
		t.Errorf("message %+v", m)
	}
	l.wantStatus(other.ID, model.Sent)
}

func TestALostAnswerThatNobodyKnowsIsLeftToTheAgent(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	l.courier.will(lost)
	m := l.replies(c, "one")
	l.deliver(c)
	before := l.wantStatus(m.ID, model.Unknown)
	l.events()
	l.settles(before, 1)
	after := l.wantStatus(m.ID, model.Unknown)
	if after.Advice == before.Advice || after.Version != before.Version+1 {
		t.Errorf("message %+v", after)
	}
	l.wantKinds(model.MessageChanged)
	l.tracks(model.StatusReport{ExternalID: "SMlate", MessageID: m.ID, Status: model.Delivered}) // days later
	l.wantStatus(m.ID, model.Delivered)
}

func TestRetryReallySendsAndOldReportsNoLongerCount(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	m := l.replies(c, "one")
	l.deliver(c)
	if _, err := l.Retry(l.asHana(), m.ID); err == nil {
		t.Error("a message that was sent can be sent again")
	} else {
		wantCode(t, err, model.NotRetryable, "messageId")
	}
	l.tracks(model.StatusReport{ExternalID: sid(1), Status: model.Failed, ErrorCode: "30008"})
	l.events()
	l.exec(`DELETE FROM river_job`)
	again, err := l.Retry(l.asHana(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	stored := l.wantStatus(m.ID, model.Queued)
	if again.Status != model.Queued || again.Attempt != stored.Attempt || again.Version != stored.Version || stored.Attempt != 2 || stored.ErrorCode != "" || stored.ExternalID != "" {
		t.Errorf("returned %+v, stored %+v", again, stored)
	}
	l.wantKinds(model.MessageChanged)
	l.count(1, `river_job WHERE kind = 'send_messages'`)
	l.tracks(model.StatusReport{ExternalID: sid(1), MessageID: m.ID, Status: model.Delivered}) // of the first attempt
	l.wantStatus(m.ID, model.Queued)
	l.deliver(c)
	if m := l.wantStatus(m.ID, model.Sent); m.ExternalID != sid(2) || m.Attempt != 2 {
		t.Errorf("message %+v", m)
	}
	l.tracks(model.StatusReport{ExternalID: sid(1), MessageID: m.ID, Status: model.Read})
	l.tracks(model.StatusReport{ExternalID: sid(1), Status: model.Failed, ErrorCode: "30008"})
	l.wantStatus(m.ID, model.Sent)
	l.tracks(model.StatusReport{ExternalID: sid(2), Status: model.Delivered})
	l.wantStatus(m.ID, model.Delivered)
	l.count(1, `send_attempts WHERE attempt = 2 AND by_hand AND outcome = 'SENT'`)
	if n := len(l.courier.sent); n != 2 {
		t.Errorf("sent %d times", n)
	}
}

func TestRetryOfALostAnswerTellsTheAttemptsApart(t *testing.T) {
	t.Parallel()
	for _, named := range []bool{true, false} {
		t.Run(fmt.Sprint("named ", named), func(t *testing.T) {
			t.Parallel()
			l := newLine(t)
			attempt := func(n int) int {
				if named {
					return n
				}
				return 0
			}
			c, _ := l.writes("+4915100", "hello")
			m := l.replies(c, "one")
			l.courier.will(lost)
			l.deliver(c)
			if _, err := l.Retry(l.asHana(), m.ID); err != nil {
				t.Fatal(err)
			}
			// The first attempt was taken after all, and its report comes while the second one waits.
			l.tracks(model.StatusReport{ExternalID: "SMold", MessageID: m.ID, Attempt: attempt(1), Status: model.Delivered})
			l.wantStatus(m.ID, model.Queued)
			l.courier.will(func(context.Context, *channel.Outgoing) (string, error) {
				l.tracks(model.StatusReport{ExternalID: "SMnew", MessageID: m.ID, Attempt: attempt(2), Status: model.Delivered})
				return "SMnew", nil
			})
			l.deliver(c)
			if m := l.wantStatus(m.ID, model.Delivered); m.ExternalID != "SMnew" {
				t.Errorf("message %+v", m)
			}
			l.count(1, `send_attempts WHERE attempt = 1 AND external_id = 'SMold'`)
			l.count(1, `send_attempts WHERE attempt = 2 AND external_id = 'SMnew'`)
		})
	}
}

func TestReportsAboutOthersChangeNothing(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, in := l.writes("+4915100", "hello")
	m := l.replies(c, "one")
	l.deliver(c)
	elsewhere := l.connect("+4930222")
	l.events()
	l.tracks(model.StatusReport{ExternalID: "SMnobody", Status: model.Delivered})
	l.tracks(model.StatusReport{ExternalID: "SMnobody", MessageID: in, Status: model.Delivered}) // a customer's message
	l.tracks(model.StatusReport{ExternalID: "SMnobody", MessageID: model.NewID(model.KindMessage), Status: model.Delivered})
	if err := l.Track(t.Context(), elsewhere, model.StatusReport{ExternalID: sid(1), MessageID: m.ID, Status: model.Delivered}); err != nil {
		t.Fatal(err)
	}
	stranger := *l.channel
	stranger.AccountID = l.account + 1
	if err := l.Track(t.Context(), &stranger, model.StatusReport{ExternalID: sid(1), MessageID: m.ID, Status: model.Delivered}); err != nil {
		t.Fatal(err)
	}
	l.wantStatus(m.ID, model.Sent)
	l.wantKinds()
}

func TestStatusesRankAlikeInGoAndInTheDatabase(t *testing.T) {
	t.Parallel()
	l := newOffice(t)
	for _, s := range []model.DeliveryStatus{model.Queued, model.Sending, model.Unknown, model.Sent, model.Failed, model.Delivered, model.Read} {
		var rank int
		l.one(&rank, `SELECT status_rank($1)`, string(s))
		if rank != s.Rank() {
			t.Errorf("%s ranks %d in the database, %d in Go", s, rank, s.Rank())
		}
	}
}

func TestFailedReportsAreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	c, _ := l.writes("+4915100", "hello")
	m := l.replies(c, "one")
	l.deliver(c)
	l.tracks(model.StatusReport{ExternalID: sid(1), Status: model.Delivered, Raw: []byte(`{"MessageStatus":"delivered"}`)})
	l.count(0, `webhook_requests WHERE kind = 'STATUS'`)
	l.wind(time.Second)
	l.tracks(model.StatusReport{ExternalID: sid(1), Status: model.Failed, Raw: []byte(`{"MessageStatus":"failed"}`)})
	l.count(1, `webhook_requests WHERE kind = 'STATUS' AND external_id = $1 AND body->>'MessageStatus' = 'failed'`, sid(1))
	l.wantStatus(m.ID, model.Delivered)
}
