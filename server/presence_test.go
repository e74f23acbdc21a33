package server

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// isConnected reads what other people see of the agent.
func (w *world) isConnected(p *person) bool {
	w.t.Helper()
	var agent struct{ Connected bool }
	decode(w.t, w.admin.query(`query($id: ID!) { agent(id: $id) { connected } }`, `{"id":"`+p.id+`"}`)["agent"], &agent)
	return agent.Connected
}

func TestPresence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("WhatsApp", "whatsapp:+15550100100")
	other := w.process()
	w.agent("hana", "WhatsApp")
	hana := w.agents["hana"]
	if !w.isConnected(hana) || !other.isConnected(hana) {
		t.Error("connected, and not shown so by every process")
	}
	hana.cut()
	w.eventually("the lease is left to run out", func() bool { return w.count("connections WHERE closed") == 1 })
	if !w.isConnected(hana) {
		t.Error("gone before the grace ended")
	}
	hana.connect()
	w.exec(`UPDATE connections SET expires_at = now() WHERE closed`)
	w.eventually("the old lease ends", func() bool { return w.count("connections WHERE closed") == 0 })
	if !w.isConnected(hana) {
		t.Error("gone though connected again")
	}
	hana.cut()
	w.eventually("the lease is left to run out", func() bool { return w.count("connections WHERE closed") == 1 })
	w.exec(`UPDATE connections SET expires_at = now()`)
	w.eventually("gone after the grace", func() bool { return !w.isConnected(hana) && !other.isConnected(hana) })
}

func TestPresenceEndsAtOnceWithTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("WhatsApp", "whatsapp:+15550100100")
	w.agent("hana", "WhatsApp")
	hana := w.agents["hana"]
	hana.query(`mutation { signOut { userErrors { code } } }`, "")
	signedOut := time.Now()
	hana.closedWith("4403")
	w.eventually("gone", func() bool { return !w.isConnected(hana) })
	if took := time.Since(signedOut); took > 10*time.Second { // the grace is 30
		t.Errorf("gone after %v", took)
	}
}

// The process that holds a lease is killed: nobody renews it, and others notice.
func TestPresenceOfAProcessThatDied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("WhatsApp", "whatsapp:+15550100100")
	w.agent("hana", "WhatsApp")
	hana := w.agents["hana"]
	other := w.process()
	w.exec(`INSERT INTO connections (account_id, id, agent_id, session_id, process_id, expires_at)
		SELECT account_id, gen_random_uuid(), agent_id, session_id, gen_random_uuid(), now() + interval '1 second' FROM connections`)
	hana.cut()
	w.eventually("the lease is left to run out", func() bool { return w.count("connections WHERE closed") == 1 })
	w.exec(`UPDATE connections SET expires_at = now() WHERE closed`)
	w.eventually("gone", func() bool { return !other.isConnected(hana) && w.count("connections") == 0 })
}

// A socket that closes while it is being signed in, or while the database is away, must not leave a lease behind that
// is renewed for ever.
func TestNoLeaseOutlivesItsSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("WhatsApp", "whatsapp:+15550100100")
	w.agent("hana", "WhatsApp")
	hana := w.agents["hana"]
	init := []byte(`{"type":"connection_init","payload":{"authorization":"Bearer ` + hana.token + `"}}`)
	for range 10 {
		var sockets sync.WaitGroup
		for range 5 {
			conn := w.socket()
			if err := conn.WriteMessage(websocket.TextMessage, init); err != nil {
				t.Fatal(err)
			}
			wait := rand.N(4 * time.Millisecond)
			sockets.Go(func() {
				<-time.After(wait) // the moment is what is tried
				conn.NetConn().Close()
			})
		}
		sockets.Wait()
	}
	w.eventually("only hana's socket has a lease", func() bool {
		return w.server.ws.Counters.Sockets.Load() == 1 && w.count("connections WHERE NOT closed") == 1
	})
	end := w.outage()
	hana.cut()
	w.eventually("the socket is closed", func() bool { return w.server.ws.Counters.Sockets.Load() == 0 })
	end()
	w.eventually("no socket has a lease", func() bool { return w.count("connections WHERE NOT closed") == 0 })
}

// process is another process of the same desk.
func (w *world) process() *world {
	w.t.Helper()
	c := w.server.config
	other := w.beside("")
	other.server = newServer(w.t, c.DatabaseURL, c.TwilioURL, func(n *Config) { n.DataDir, n.PublicURL = c.DataDir, c.PublicURL })
	return other
}

// beside is the same desk with its people, reached at another address.
func (w *world) beside(address string) *world {
	other := *w
	other.address = address
	other.admin = &person{t: w.t, w: &other, name: "admin", id: w.admin.id, token: w.admin.token, changed: make(chan struct{})}
	return &other
}
