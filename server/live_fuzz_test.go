package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// Rights, messages and statuses change at random while three agents watch, one of them on another process. Each agent
// must end up with the picture that a query gives, must be able to look up what an event showed, and hears nothing of a
// conversation that was taken away unless it is given back.
func TestWatchersSeeExactlyWhatTheyMay(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := newShuffle(t, rand.New(rand.NewPCG(seed, 0)))
	for range 100 {
		s.step()
	}
	s.settle()
	for _, p := range s.people {
		s.checkOrder(p)
		s.checkPicture(p)
	}
}

// shuffle is a desk at which everything changes at random.
type shuffle struct {
	*door
	random   *rand.Rand
	names    []string // of channels
	people   []*person
	watchers []*watcher
	said     int
}

var shuffled = map[string]string{"WhatsApp": twiliotest.WhatsAppNumber, "SMS": twiliotest.SMSNumber, "Service": twiliotest.ServiceSid}

func newShuffle(t *testing.T, random *rand.Rand) *shuffle {
	s := &shuffle{door: newDoor(t), random: random, names: slices.Sorted(maps.Keys(shuffled))}
	for _, name := range s.names {
		if s.channels[name] == "" {
			s.channel(name, shuffled[name])
		}
	}
	for i, name := range []string{"hana", "ben", "chi"} {
		s.agent(name, s.names[i])
		if name == "chi" {
			s.agents[name].cut()
			s.agents[name].w = s.process()
			s.agents[name].connect()
		}
		s.people = append(s.people, s.agents[name])
		s.watchers = append(s.watchers, watch(s.agents[name]))
	}
	return s
}

func (s *shuffle) step() {
	p, channel := s.people[s.random.IntN(len(s.people))], s.names[s.random.IntN(len(s.names))]
	member := `{"channelId":"` + s.channels[channel] + `","agentIds":["` + p.id + `"]}`
	switch s.random.IntN(8) {
	case 0:
		s.admin.must("addChannelAgents", member)
	case 1:
		s.admin.must("removeChannelAgents", member)
	case 2:
		role := []string{"AGENT", "SUPERVISOR"}[s.random.IntN(2)]
		s.admin.must("updateAgent", `{"agentId":"`+p.id+`","role":"`+role+`"}`)
	case 3:
		s.resolveOne()
	default:
		s.said++
		from := []string{"+447700900101", "+447700900102"}[s.random.IntN(2)]
		if channel != "SMS" {
			from = "whatsapp:" + from
		}
		s.customerSays(from, fmt.Sprint("message ", s.said), shuffled[channel], false)
	}
}

func (s *shuffle) resolveOne() {
	var id string
	if err := s.server.db.Pool().QueryRow(s.t.Context(), `SELECT coalesce((SELECT id::text FROM conversations WHERE status = 'OPEN' ORDER BY id LIMIT 1), '')`).Scan(&id); err != nil {
		s.t.Fatal(err)
	}
	if id != "" {
		s.admin.must("setConversationStatus", `{"conversationId":"`+id+`","status":"RESOLVED"}`)
	}
}

// settle waits until everybody has got the last event.
func (s *shuffle) settle() {
	s.admin.must("setChannelAgents", `{"channelId":"`+s.channels["WhatsApp"]+`","agentIds":["`+s.people[0].id+`","`+s.people[1].id+`","`+s.people[2].id+`"]}`)
	s.says("the end")
	for i, p := range s.people {
		p.seesMessage("the end")
		s.watchers[i].stop()
		for _, err := range s.watchers[i].wrong {
			s.t.Error(err)
		}
	}
}

// checkOrder looks for news of a conversation after its removal. There may be some only if it is given back next: who
// has a right again is told what happened meanwhile, and then of the right.
func (s *shuffle) checkOrder(p *person) {
	s.t.Helper()
	removed, news := map[string]bool{}, map[string]int{}
	for i, e := range p.events() {
		id := e.conversation()
		switch {
		case e.Event.Typename == "ConversationAdded":
			delete(removed, id)
			delete(news, id)
		case e.Event.Typename == "ConversationRemoved":
			removed[id] = true
		case removed[id]:
			news[id] = i
		}
		if at, found := news[id]; found && e.Event.Typename == "ConversationRemoved" {
			s.t.Errorf("%s got event %d of a conversation that was taken away, and then taken away again", p.name, at)
		}
	}
	for id, at := range news {
		s.t.Errorf("%s got event %d of conversation %s, which was taken away for good", p.name, at, id)
	}
}

// checkPicture compares what the events add up to with what a query gives.
func (s *shuffle) checkPicture(p *person) {
	s.t.Helper()
	told := map[string]string{}
	for _, e := range p.events() {
		if c := e.Event.Conversation; c != nil {
			told[c.ID] = fmt.Sprint(c.Status, " ", c.Version)
		} else if e.Event.Typename == "ConversationRemoved" {
			delete(told, e.Event.ConversationID)
		}
	}
	var list struct {
		Nodes []struct {
			ID, Status string
			Version    int
		}
	}
	decode(s.t, p.query(`{ conversations(first: 100) { nodes { id status version } } }`, "")["conversations"], &list)
	asked := map[string]string{}
	for _, c := range list.Nodes {
		asked[c.ID] = fmt.Sprint(c.Status, " ", c.Version)
	}
	if !maps.Equal(told, asked) {
		s.t.Errorf("%s was told of %v, and asked sees %v", p.name, told, asked)
	}
}

// watcher looks up everything that its person is told of, at once.
type watcher struct {
	p     *person
	wrong []string
	end   chan struct{}
	done  chan struct{}
}

func watch(p *person) *watcher {
	w := &watcher{p: p, end: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

func (w *watcher) run() {
	defer close(w.done)
	hidden := map[string]int{} // conversations that could not be looked up, by the event that named them
	at := 0
	for ended := false; ; {
		w.p.mu.Lock()
		news, changed := slices.Clone(w.p.seen[at:]), w.p.changed
		w.p.mu.Unlock()
		for _, e := range news {
			at++
			id := e.conversation()
			delete(hidden, id) // taken away or given back: the look-up before was rightly in vain
			if id != "" && e.Event.Typename != "ConversationRemoved" && !w.finds(id) {
				hidden[id] = at
			}
		}
		if len(news) > 0 {
			continue
		}
		if ended {
			break
		}
		select {
		case <-changed:
		case <-w.end:
			ended = true
		}
	}
	for id, at := range hidden {
		w.wrong = append(w.wrong, fmt.Sprintf("%s was told of conversation %s in event %d, cannot look it up, and was not told why", w.p.name, id, at))
	}
}

func (w *watcher) finds(id string) bool {
	got := send(w.p.t, w.p.w.asked(w.p.token, `{ node(id: "`+id+`") { id } }`))
	var answer struct {
		Data   struct{ Node *struct{ ID string } }
		Errors []json.RawMessage
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || len(answer.Errors) > 0 {
		w.wrong = append(w.wrong, strings.TrimSpace(got.body))
	}
	return answer.Data.Node != nil
}

func (w *watcher) stop() {
	close(w.end)
	<-w.done
}
