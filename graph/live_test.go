package graph_test

import (
	"fmt"
	"testing"

	"github.com/livedesk/livedesk/model"
)

const liveDocument = `subscription { liveNumbers { at total { open unassigned waiting snoozed aiReplying waitingSince }
	channels { channel { id name } counts { open waiting } } teams { team { name } counts { open } } agents { agent { name maxLoad } load } } }`

// watch subscribes to live numbers and takes the first ones.
func (s *story) watch(token string) (*stream, vars) {
	s.t.Helper()
	s.documents["Live"] = liveDocument
	l := s.subscribe(token, "Live", nil)
	return l, at(l.next(), "liveNumbers").(vars)
}

// until waits for numbers with so many open conversations.
func (l *stream) until(open float64) vars {
	l.s.t.Helper()
	for {
		if got := at(l.next(), "liveNumbers"); at(got, "total", "open") == open {
			return got.(vars)
		}
	}
}

// Supervisors see all channels, agents theirs; what changes is sent to everybody.
func TestLiveNumbersAreCutToTheViewer(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	hana, token := s.hire("hana", model.AgentRole)
	_, stranger := s.hire("ken", model.AgentRole)
	front, back := s.connect("Front", "+15550100100", hana), s.connect("Back", "+15550100101")
	s.customer(s.account(), back, "+447700900101", "Ana Lima", "Hello")
	all, first := s.watch(s.admin)
	s.want(first, 1.0, "total", "open")
	s.want(first, 1.0, "total", "waiting")
	s.want(first, "Back", "channels", 0, "channel", "name")
	s.want(first, 1.0, "channels", 0, "counts", "waiting")
	s.want(first, 0.0, "channels", 1, "counts", "open")
	own, first := s.watch(token)
	s.want(first, 0.0, "total", "open")
	s.want(first, nil, "total", "waitingSince")
	s.want(first, "Front", "channels", 0, "channel", "name")
	if len(list(first["channels"])) != 1 {
		t.Errorf("hana sees %v", first)
	}
	_, first = s.watch(stranger)
	if len(list(first["channels"])) != 0 || len(list(first["agents"])) != 0 {
		t.Errorf("ken sees %v", first)
	}

	s.exec(`UPDATE agents SET connected = true WHERE id = $1`, hana)
	conversation := s.customer(s.account(), front, "+447700900102", "Ben", "Hello")
	s.want(all.until(2), "hana", "agents", 0, "agent", "name")
	got := own.until(1)
	s.want(got, 1.0, "total", "unassigned")
	s.want(got, "hana", "agents", 0, "agent", "name")
	s.ask(token, "SetConversationStatus", vars{"input": vars{"conversationId": conversation, "status": "RESOLVED"}})
	s.exec(`SELECT count(*) FROM sequence_events($1, 1000)`, s.account())
	s.want(all.until(1), 1.0, "total", "open")
	got = s.do(token, `{ liveNumbers { total { open } } }`, nil)
	s.want(got, 0.0, "total", "open")
	s.want(s.do(s.admin, `{ liveNumbers { total { open } } }`, nil), 1.0, "total", "open")
}

// However many watch, what happens is counted once.
func TestWatchersCostNoQueries(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	hana, token := s.hire("hana", model.AgentRole)
	channel := s.connect("Front", "+15550100100", hana)
	written := 0
	cost := func(watchers []*stream) int64 {
		written++
		before := s.db.Pool().Stat().AcquireCount()
		s.customer(s.account(), channel, fmt.Sprint("+4477009001", 10+written), "Ana", "Hello")
		for _, w := range watchers {
			w.until(float64(written))
		}
		return s.db.Pool().Stat().AcquireCount() - before
	}
	one, _ := s.watch(s.admin)
	cost([]*stream{one}) // warms up
	few := cost([]*stream{one})
	many := []*stream{one}
	for i := range 30 {
		w, _ := s.watch([]string{s.admin, token}[i%2])
		many = append(many, w)
	}
	// A reader of the log that looks now and then may be among either.
	if got := cost(many); got > few+4 {
		t.Errorf("31 watchers cost %d queries, one %d", got, few)
	}
}
