package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// frame is one message of the server on a websocket.
type frame struct {
	ID, Type string
	Payload  json.RawMessage
}

// subscribe begins another stream of events on the socket, under the id, behind the cursor.
func subscribe(t testing.TB, conn *websocket.Conn, id, after string) {
	t.Helper()
	err := conn.WriteJSON(map[string]any{"id": id, "type": "subscribe",
		"payload": map[string]any{"query": liveDocument, "variables": map[string]string{"after": after}}})
	if err != nil {
		t.Fatal(err)
	}
}

func next(t testing.TB, conn *websocket.Conn) (f frame) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	if err := conn.ReadJSON(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f frame) event(t testing.TB) liveEvent {
	t.Helper()
	var payload struct{ Data struct{ Events liveEvent } }
	decode(t, f.Payload, &payload)
	return payload.Data.Events
}

func (p *person) cursorNow() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cursor
}

// A cursor that the log cannot go on from is refused rather than passed over.
func TestCursorsThatCannotBeResumed(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	hana := d.agents["hana"]
	old := hana.cursorNow()
	d.says("one")
	hana.seesMessage("one")
	c, err := model.ParseCursor(hana.cursorNow())
	if err != nil {
		t.Fatal(err)
	}
	d.exec(`DELETE FROM events WHERE seq <= $1`, c.Seq-1)
	at := func(change func(*model.Cursor)) string {
		changed := c
		change(&changed)
		return changed.String()
	}
	conn := hana.dial()
	for _, try := range []struct{ name, cursor, code string }{
		{"too old", old, "RESYNC_REQUIRED"},
		{"before the first", at(func(c *model.Cursor) { c.Seq = 0 }), "RESYNC_REQUIRED"},
		{"negative", at(func(c *model.Cursor) { c.Seq = -1 << 63 }), "RESYNC_REQUIRED"},
		{"from the future", at(func(c *model.Cursor) { c.Seq += 1000 }), "RESYNC_REQUIRED"},
		{"the largest", at(func(c *model.Cursor) { c.Seq = 1<<63 - 1 }), "RESYNC_REQUIRED"},
		{"another epoch", at(func(c *model.Cursor) { c.Epoch++ }), "RESYNC_REQUIRED"},
		{"another account", at(func(c *model.Cursor) { c.Account++ }), "RESYNC_REQUIRED"},
		{"nonsense", "nonsense!", "INVALID"},
		{"half of one", hana.cursorNow()[:3], "INVALID"},
		{"one with a tail", hana.cursorNow() + "AA", "INVALID"},
		{"none", "", "INVALID"},
	} {
		subscribe(t, conn, try.name, try.cursor)
		f := next(t, conn)
		var errs []struct{ Extensions struct{ Code string } }
		if f.Type != "error" || f.ID != try.name || json.Unmarshal(f.Payload, &errs) != nil || len(errs) != 1 || errs[0].Extensions.Code != try.code {
			t.Errorf("%s: got %s %s", try.name, f.Type, f.Payload)
		}
	}
	subscribe(t, conn, "the last that is kept", at(func(c *model.Cursor) { c.Seq-- }))
	if e := next(t, conn).event(t); e.Event == nil || e.Cursor != c.String() {
		t.Errorf("the last that is kept: got %+v", e)
	}
}

// What was missed comes in pages from the log, and joins what comes meanwhile without a gap and without a duplicate.
func TestReplayOfThousandsOfEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	w.agent("hana", "WhatsApp")
	hana := w.agents["hana"]
	from := hana.cursorNow()
	changes := func(n int) {
		w.exec(`INSERT INTO event_outbox (account_id, kind, agent_id) SELECT account_id, 'AGENT_CHANGED', id FROM agents, generate_series(1, $1) WHERE email = $2`, n, adminEmail)
	}
	changes(2_000)
	w.eventually("the events are numbered", func() bool { return w.count("event_outbox") == 0 })
	conn := hana.dial()
	subscribe(t, conn, "behind", from)
	changes(500)
	at, err := model.ParseCursor(from)
	if err != nil {
		t.Fatal(err)
	}
	last := at.Seq + 2_500
	for at.Seq < last {
		f := next(t, conn)
		e := f.event(t)
		c, err := model.ParseCursor(e.Cursor)
		if err != nil || c.Seq != at.Seq+1 || e.Event == nil || e.Event.Typename != "AgentChanged" {
			t.Fatalf("after event %d: %s, %v", at.Seq, f.Payload, err)
		}
		at = c
	}
}

// While an account's objects cannot be read its subscribers are sent away, not told that their subscription is over.
func TestFaultSendsSubscribersAway(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	hana := d.agents["hana"]
	d.exec(`ALTER TABLE agents RENAME TO agents_away`)
	d.exec(`INSERT INTO event_outbox (account_id, kind, agent_id) SELECT account_id, 'AGENT_CHANGED', id FROM agents_away`)
	hana.closedWith("1013")
	d.exec(`ALTER TABLE agents_away RENAME TO agents`)
	hana.connect()
	hana.saw("what happened meanwhile", func(e liveEvent) bool { return e.Event.Typename == "AgentChanged" && e.Event.Agent.ID == d.admin.id })
}

// Agents on two processes see the same events in the same order, whichever process took the webhook.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	there := &door{world: d.process(), webhook: d.webhook}
	d.agent("hana", "WhatsApp")
	d.agent("ben", "WhatsApp")
	hana, ben := d.agents["hana"], d.agents["ben"]
	ben.cut()
	ben.w = there.world
	ben.connect()
	d.customerSays(customer, "the emulator knows the customer", twiliotest.WhatsAppNumber, false)
	const n = 40
	for i := range n {
		at := []*door{d, there}[i%2]
		if got := at.knock(knock{form: d.form(fmt.Sprint("message ", i))}); got.status != 204 {
			t.Fatalf("answered %d", got.status)
		}
	}
	ben.look(d.conversationOf("+447700900101"))
	ben.must("assignConversation", `{"conversationId":"`+ben.inView()+`","to":{"agentId":"`+ben.id+`"}}`)
	ben.reply("from the other process", "")
	d.customerReceives(customer, "from the other process")
	for _, p := range []*person{hana, ben} {
		p.seesMessage("from the other process")
		p.seesMessage(fmt.Sprint("message ", n-1))
		if got, want := added(p.events()), added(hana.events()); !slices.Equal(got, want) {
			t.Errorf("%s saw %q, hana %q", p.name, got, want)
		}
	}
}

// added are the texts of the messages that were announced, in their order.
func added(events []liveEvent) (texts []string) {
	for _, e := range events {
		if e.Event != nil && e.Event.Typename == "MessageAdded" {
			texts = append(texts, e.Event.Message.Text)
		}
	}
	return texts
}

// The connection on which processes hint to each other is cut again and again. What they miss they find by themselves.
func TestLostHints(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	hana := d.agents["hana"]
	hana.cut()
	hana.w = d.process()
	hana.connect()
	slowest := time.Duration(0)
	const n = 3
	for i := range n {
		d.cutHints()
		text := fmt.Sprint("message ", i)
		start := time.Now()
		d.says(text)
		hana.seesMessage(text)
		slowest = max(slowest, time.Since(start))
	}
	t.Logf("the slowest of %d came after %v", n, slowest)
	if slowest > promptly {
		t.Errorf("a message came after %v", slowest)
	}
	for i := range n {
		hana.hasSeen(fmt.Sprint("message ", i), "1")
	}
}

// cutHints ends the connections on which processes listen.
func (w *world) cutHints() {
	w.t.Helper()
	var n int
	err := w.server.db.Pool().QueryRow(w.t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN livedesk_events%'`).Scan(&n)
	if err != nil {
		w.t.Fatal(err)
	}
}

// A process that has not heard yet that a right ended must not pass over the removal when it reads the log for
// somebody who subscribes just then.
func TestRemovalIsNotPassedOver(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.channel("SMS", twiliotest.SMSNumber)
	d.agent("hana", "WhatsApp")
	hana := d.agents["hana"]
	d.admin.must("addChannelAgents", `{"channelId":"`+d.channels["SMS"]+`","agentIds":["`+hana.id+`"]}`)
	d.customerSays("+447700900555", "on SMS", twiliotest.SMSNumber, false)
	hana.seesMessage("on SMS")
	late := d.process()
	hana.w = late
	for range 2 {
		conn := hana.dial()
		subscribe(t, conn, "before", hana.cursorNow())
		after := hana.cursorNow()
		d.cutHints()
		d.admin.must("removeChannelAgents", `{"channelId":"`+d.channels["SMS"]+`","agentIds":["`+hana.id+`"]}`)
		d.says("on WhatsApp")
		subscribe(t, conn, "just then", after)
		for removed := map[string]bool{}; len(removed) < 2; {
			f := next(t, conn)
			if e := f.event(t); e.Event != nil && e.Event.Typename == "ConversationRemoved" {
				removed[f.ID] = true
			}
		}
		d.admin.must("addChannelAgents", `{"channelId":"`+d.channels["SMS"]+`","agentIds":["`+hana.id+`"]}`)
		hana.sees(1, "ConversationAdded", d.conversationOf("+447700900555"))
		hana.mu.Lock()
		hana.seen = nil
		hana.mu.Unlock()
	}
}
