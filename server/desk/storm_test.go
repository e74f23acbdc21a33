package desk_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/desk"
)

// ledger is what a provider in bad weather took, by our id of the message.
type ledger struct {
	mu    sync.Mutex
	rand  *rand.Rand
	taken map[model.ID][]string
	order []string // texts as they were taken
	n     int
}

// play answers one call: mostly well, else with one of the faults of a network.
func (g *ledger) play(l *line) func(context.Context, *channel.Outgoing) (string, error) {
	return func(ctx context.Context, m *channel.Outgoing) (string, error) {
		g.mu.Lock()
		fault := g.rand.IntN(10)
		g.n++
		id := fmt.Sprintf("SM%032d", g.n)
		if fault > 1 { // 0: never arrived, 1: arrived nowhere and nobody said so
			g.taken[m.MessageID] = append(g.taken[m.MessageID], id)
			g.order = append(g.order, m.Text)
		}
		g.mu.Unlock()
		report := func(s model.DeliveryStatus) {
			err := l.Track(ctx, l.channel, model.StatusReport{ExternalID: id, MessageID: m.MessageID, Attempt: attemptOf(m), Status: s})
			if err != nil {
				l.t.Error(err)
			}
		}
		switch fault {
		case 0:
			return "", &channel.SendError{Outcome: channel.NotSent, Text: "connection refused"}
		case 1:
			return "", &channel.SendError{Outcome: channel.Ambiguous, Text: "reset"}
		case 2: // taken, the answer is lost, and so is every report
			return "", &channel.SendError{Outcome: channel.Ambiguous, Text: "time-out"}
		case 3: // taken, the answer is lost, the report is quicker
			report(model.Delivered)
			return "", &channel.SendError{Outcome: channel.Ambiguous, Text: "time-out"}
		case 4: // the report is quicker than the answer
			report(model.Delivered)
			report(model.Sent)
		}
		return id, nil
	}
}

func attemptOf(m *channel.Outgoing) int {
	u, err := url.Parse(m.StatusURL)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(u.Query().Get("a")) // 0: not named, as for a provider that drops it
	return n
}

// TestInAStormNothingIsLostOrSentTwice sends on two processes through a provider that fails in every way.
func TestInAStormNothingIsLostOrSentTwice(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	g := &ledger{rand: rand.New(rand.NewPCG(7, 7)), taken: map[model.ID][]string{}}
	for range 2000 {
		l.courier.will(g.play(l))
	}
	var conversations []model.ID
	var messages []*model.Message
	for i := range 12 {
		c, _ := l.writes(fmt.Sprintf("+49151%05d", i), "hello")
		conversations = append(conversations, c)
		for n := range 8 {
			messages = append(messages, l.replies(c, fmt.Sprintf("%02d %d", i, n)))
		}
	}
	processes := []*desk.Desk{l.Desk, l.process()}
	for waiting := 1; waiting > 0; {
		var wg sync.WaitGroup
		for _, c := range conversations {
			for _, d := range processes {
				wg.Go(func() {
					if err := d.Deliver(t.Context(), l.account, c); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		l.exec(`UPDATE send_leases SET not_before = NULL`)
		l.wind(70 * time.Second) // past every brake
		l.one(&waiting, `SELECT count(*)::int FROM messages WHERE status IN ('QUEUED','SENDING')`)
	}
	unknown := 0
	for _, m := range messages {
		m, ids := l.message(m.ID), g.taken[m.ID]
		switch {
		case len(ids) > 1:
			t.Errorf("message %q was taken %d times", m.Text, len(ids))
		case len(ids) == 1 && m.Status == model.Unknown, len(ids) == 0 && m.Status == model.Unknown:
			unknown++
		case len(ids) == 0 || m.Status != model.Sent && m.Status != model.Delivered || m.ExternalID != ids[0]:
			t.Errorf("message %q is %s as %s; the provider has %v", m.Text, m.Status, m.ExternalID, ids)
		}
	}
	if unknown == 0 || unknown > len(messages)/2 {
		t.Errorf("%d of %d messages are UNKNOWN: the weather was not as meant", unknown, len(messages))
	}
	for i := range conversations {
		prefix := fmt.Sprintf("%02d", i)
		var mine []string
		for _, text := range g.order {
			if text[:2] == prefix {
				mine = append(mine, text)
			}
		}
		if !slices.IsSorted(mine) {
			t.Errorf("conversation %d was taken in the order %q", i, mine)
		}
	}
	l.count(0, `send_attempts WHERE outcome IS NULL`)
}
