package server

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// waitFor is a log that tells when a line of it holds the text.
type waitFor struct {
	text  string
	once  sync.Once
	heard chan struct{}
}

func (w *waitFor) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(w.text)) {
		w.once.Do(func() { close(w.heard) })
	}
	return len(line), nil
}

// changes is how often people were told that the agent changed.
func (w *world) changes(p *person) int {
	w.t.Helper()
	return w.count(`events WHERE kind = 'AGENT_CHANGED' AND agent_id = $1`, p.id) + w.count(`event_outbox WHERE kind = 'AGENT_CHANGED' AND agent_id = $1`, p.id)
}

// A process that is back first after an outage ends the leases of those that are not, whose sockets are still open.
func TestALeaseThatAnotherProcessEndedIsGivenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	w.agent("hana", "WhatsApp")
	hana := w.agents["hana"]
	w.exec(`UPDATE connections SET expires_at = now(); SELECT end_leases()`)
	w.server.sockets.renew(t.Context())
	if n := w.count("connections WHERE NOT closed AND expires_at > now() + interval '20 seconds'"); n != 1 {
		t.Errorf("%d leases, want 1", n)
	}
	if !w.isConnected(hana) {
		t.Error("not connected though the socket is open")
	}
	w.customerSays(customer, "still here?", twiliotest.WhatsAppNumber, false)
	hana.seesMessage("still here?")
	hana.cut()
	w.eventually("the new lease ends with the socket", func() bool { return w.count("connections WHERE NOT closed") == 0 })
}

// A socket whose place was taken meanwhile is sent away, to come back where there is room.
func TestALostLeaseThatCannotBeGivenAgainClosesTheSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	w.agent("hana", "WhatsApp")
	w.exec(`UPDATE connections SET id = gen_random_uuid(), process_id = gen_random_uuid();
		INSERT INTO connections (account_id, id, agent_id, session_id, process_id, expires_at)
		SELECT account_id, gen_random_uuid(), agent_id, session_id, process_id, expires_at FROM connections, generate_series(2, 10)`)
	w.server.sockets.renew(t.Context())
	w.agents["hana"].closedWith("1013")
}

// While the database was away the leases ran out, though every socket stayed open: nobody is told that they went.
func TestNobodyLeavesDuringAnOutage(t *testing.T) {
	t.Parallel()
	log := &waitFor{text: "renew the leases", heard: make(chan struct{})}
	w := newWorldLogging(t, log)
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	w.agent("hana", "WhatsApp")
	hana := w.agents["hana"]
	w.eventually("it is told that hana connected", func() bool { return w.changes(hana) > 0 && w.count("event_outbox") == 0 })
	before := w.changes(hana)
	w.exec(`UPDATE connections SET expires_at = now() + interval '2 seconds'`)
	ranOut := time.After(2 * time.Second)
	end := w.outage()
	select {
	case <-log.heard:
	case <-time.After(patience):
		t.Fatal("no renewal was tried during the outage")
	}
	<-ranOut
	end()
	w.eventually("the lease is renewed", func() bool { return w.count("connections WHERE expires_at > now() + interval '20 seconds'") == 1 })
	w.eventually("leases are ended again", func() bool { return w.server.sockets.expire(t.Context()) })
	if after := w.changes(hana); after != before {
		t.Errorf("%d events of an agent who stayed", after-before)
	}
	if !w.isConnected(hana) {
		t.Error("not connected though the socket is open")
	}
}
