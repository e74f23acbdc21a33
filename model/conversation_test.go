package model

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// legal is the table of product.md: every other move is refused.
var legal = map[ConversationStatus]string{
	Open:       "OPEN AI_REPLYING SNOOZED RESOLVED",
	AiReplying: "AI_REPLYING OPEN SNOOZED RESOLVED",
	Snoozed:    "SNOOZED OPEN AI_REPLYING RESOLVED",
	Resolved:   "RESOLVED OPEN AI_REPLYING CLOSED",
	Closed:     "CLOSED OPEN",
}

func TestOnlyLegalMoves(t *testing.T) {
	t.Parallel()
	for from, to := range legal {
		for other := range legal {
			allowed := slices.Contains(strings.Fields(to), string(other))
			if err := CheckMove(from, other); (err == nil) != allowed || err != nil && CodeOf(err) != IllegalTransition {
				t.Errorf("%s to %s: %v", from, other, err)
			}
		}
	}
}

func TestSetStatusKeepsTheTimesOfItsState(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	wake := now.Add(time.Hour)
	c := &Conversation{Status: Open, WaitingSince: &now}
	steps := []struct {
		to                       ConversationStatus
		snoozed, resolved, ended bool
	}{
		{Snoozed, true, false, false}, {Open, false, false, false}, {Resolved, false, true, false}, {Closed, false, true, true}, {Open, false, false, false},
	}
	for _, s := range steps {
		if err := c.SetStatus(s.to, &wake, now); err != nil {
			t.Fatal(err)
		}
		if (c.SnoozedUntil != nil) != s.snoozed || (c.ResolvedAt != nil) != s.resolved || (c.ClosedAt != nil) != s.ended {
			t.Errorf("%s: snoozed %v, resolved %v, closed %v", s.to, c.SnoozedUntil, c.ResolvedAt, c.ClosedAt)
		}
	}
	if c.WaitingSince != nil {
		t.Error("reopening by hand made the customer wait again")
	}
}

func TestGiveCountsOwnersAndEndsTheAIs(t *testing.T) {
	t.Parallel()
	c := &Conversation{Status: AiReplying, AiAgentID: "ai", Epoch: 4}
	c.Give("hana", "")
	if c.Epoch != 5 || c.AiAgentID != "" || c.AgentID != "hana" || c.Status != Open {
		t.Errorf("%+v", c)
	}
}

func TestReplyWindow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	at := func(ago time.Duration) *time.Time { w := now.Add(-ago); return &w }
	for _, c := range []struct {
		name string
		kind ChannelKind
		last *time.Time
		open bool
		ends bool
	}{
		{"a second before its end", WhatsApp, at(Window - time.Second), true, true},
		{"at its end", WhatsApp, at(Window), false, true},
		{"nobody wrote", WhatsApp, nil, false, false},
		{"SMS has none", SMS, at(1000 * time.Hour), true, false},
	} {
		if w := ReplyWindowAt(c.kind, c.last, now); w.Open != c.open || (w.ClosesAt != nil) != c.ends {
			t.Errorf("%s: %+v", c.name, w)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	c := &Conversation{Version: 3}
	seen := func(n int) *int { return &n }
	if c.CheckVersion(nil) != nil || c.CheckVersion(seen(3)) != nil || CodeOf(c.CheckVersion(seen(2))) != Conflict {
		t.Error("a version that was seen, or not given, passes; another one is a CONFLICT")
	}
}
