package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// promptly is how soon a socket closes after its session ended. The desk promises a second; a loaded machine gets more.
const promptly = 5 * time.Second

// Whatever ends a session closes its sockets, and nothing that happens afterwards comes through.
func TestSocketEndsWithItsSession(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	other := d.process()
	for name, end := range map[string]func(p *person){
		"signOutElsewhere": func(p *person) {
			(&person{t: t, w: other, token: p.token}).query(`mutation { signOut { userErrors { code } } }`, "")
		},
		"signOut":  func(p *person) { p.query(`mutation { signOut { userErrors { code } } }`, "") },
		"disabled": func(p *person) { d.admin.must("updateAgent", `{"agentId":"`+p.id+`","disabled":true}`) },
		"changePassword": func(p *person) {
			p.must("changePassword", `{"currentPassword":"`+testPassword+`","password":"another password"}`)
		},
		"resetPassword": func(p *person) { d.admin.must("resetPassword", `{"agentId":"`+p.id+`"}`) },
	} {
		d.agent(name, "WhatsApp")
		p := d.agents[name]
		d.says("before " + name)
		p.seesMessage("before " + name)
		end(p)
		ended := time.Now()
		p.closedWith("4403")
		if took := time.Since(ended); took > promptly {
			t.Errorf("%s: closed after %v", name, took)
		}
		d.says("after " + name)
		p.hasSeen("after "+name, "0")
		if got := send(t, d.asked(p.token, `{ viewer { id } }`)); !strings.Contains(got.body, `"UNAUTHENTICATED"`) {
			t.Errorf("%s: the token still gives %s", name, got.body)
		}
	}
}

// One of two sessions ends: the other one goes on.
func TestSignOutEndsOneSession(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	desktop, phone := d.agents["hana"], d.signIn("hana", "hana@example.org")
	phone.connect()
	phone.query(`mutation { signOut { userErrors { code } } }`, "")
	phone.closedWith("4403")
	d.says("still here?")
	desktop.seesMessage("still here?")
	phone.hasSeen("still here?", "0")
}

func TestSocketEndsWhenItsSessionExpires(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	hana := d.agents["hana"]
	hana.cut()
	d.exec(`UPDATE sessions SET expires_at = now() + interval '1 second' WHERE agent_id = $1`, hana.id)
	hana.connect()
	hana.closedWith("4403")
	d.says("too late")
	hana.hasSeen("too late", "0")
	if got := send(t, d.asked(hana.token, `{ viewer { id } }`)); !strings.Contains(got.body, `"UNAUTHENTICATED"`) {
		t.Errorf("the token still gives %s", got.body)
	}
}

func TestSocketNeedsAGoodToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, token := range []string{"nonsense", "1_" + strings.Repeat("a", 43), strings.ToUpper(w.admin.token), w.admin.token + "x"} {
		p := &person{t: t, w: w, name: "nobody", token: token}
		if code := p.refused(); code != 4403 {
			t.Errorf("token %.10s…: closed with %d", token, code)
		}
	}
}

// A page of another origin can open a websocket, and browsers say whose page it is.
func TestSocketOfAForeignPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) {
		c.PublicURL, c.AllowedOrigins = "https://desk.example.com", []string{"https://app.example.com"}
	})
	for origin, want := range map[string]int{"": 101, "https://desk.example.com": 101, "https://app.example.com": 101, "https://evil.example.com": 403,
		"null": 403, "http://desk.example.com": 403, "https://desk.example.com.evil.example.com": 403, "http://127.0.0.1:3000": 403} {
		r := w.get("/graphql")
		r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
			"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}, "Sec-Websocket-Protocol": {"graphql-transport-ws"}}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if got := shake(t, r); got != want {
			t.Errorf("origin %q: %d, want %d", origin, got, want)
		}
	}
}

// shake sends a websocket handshake and gives up the connection.
func shake(t *testing.T, r *http.Request) int {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// What an agent of one channel is shown follows their rights at every moment.
func TestRightsChangeWhatIsSeen(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.channel("SMS", twiliotest.SMSNumber)
	d.agent("hana", "WhatsApp")
	hana := d.agents["hana"]
	text := func(to, text string) { d.customerSays("+447700900555", text, to, false) }
	barrier := func(text string) {
		t.Helper()
		d.says(text)
		hana.seesMessage(text)
	}
	members := func(verb string) {
		d.admin.must(verb, `{"channelId":"`+d.channels["SMS"]+`","agentIds":["`+hana.id+`"]}`)
	}
	role := func(role string) { d.admin.must("updateAgent", `{"agentId":"`+hana.id+`","role":"`+role+`"}`) }
	text(twiliotest.SMSNumber, "not for hana 1")
	barrier("barrier 1")
	for i, gain := range []func(bool){
		func(gained bool) {
			members(map[bool]string{true: "addChannelAgents", false: "removeChannelAgents"}[gained])
		},
		func(gained bool) { role(map[bool]string{true: "SUPERVISOR", false: "AGENT"}[gained]) },
		func(gained bool) { role(map[bool]string{true: "ADMIN", false: "AGENT"}[gained]) },
	} {
		n := string(rune('a' + i))
		gain(true)
		hana.sees(i+1, "ConversationAdded", d.conversationOf("+447700900555"))
		text(twiliotest.SMSNumber, "for hana "+n)
		hana.seesMessage("for hana " + n)
		gain(false)
		hana.sees(i+1, "ConversationRemoved", d.conversationOf("+447700900555"))
		text(twiliotest.SMSNumber, "not for hana "+n)
		barrier("barrier " + n)
		hana.hasSeen("not for hana "+n, "0")
	}
	hana.hasSeen("not for hana 1", "0")
	if hana.closedCode() != 0 {
		t.Errorf("the socket was closed with %d", hana.closedCode())
	}
}

// The stream of one conversation ends when the agent may no longer see it.
func TestStreamOfAConversationEndsWithTheRight(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	hana := d.agents["hana"]
	d.says("one")
	hana.seesMessage("one")
	conn := hana.dial()
	narrow := func(id string) {
		t.Helper()
		must(t, conn.WriteJSON(map[string]any{"id": id, "type": "subscribe", "payload": map[string]any{
			"query":     `subscription($id: ID!) { messageAdded(conversationId: $id) { cursor message { text } } }`,
			"variables": map[string]string{"id": d.conversationOf("+447700900101")}}}))
	}
	expect := func(id, kind, part string) {
		t.Helper()
		f := next(t, conn)
		for f.ID == "live" && id != "live" {
			f = next(t, conn)
		}
		if f.ID != id || f.Type != kind || !strings.Contains(string(f.Payload), part) {
			t.Fatalf("got %s of %s: %s; want %s with %s", f.Type, f.ID, f.Payload, kind, part)
		}
	}
	narrow("a")
	expect("a", "next", `"message":null`)
	subscribe(t, conn, "live", hana.cursorNow())
	d.says("two")
	expect("a", "next", `"text":"two"`)
	d.admin.must("removeChannelAgents", `{"channelId":"`+d.channels["WhatsApp"]+`","agentIds":["`+hana.id+`"]}`)
	expect("a", "error", `"NOT_FOUND"`)
	d.says("three")
	narrow("b")
	expect("b", "error", `"NOT_FOUND"`)
	d.admin.must("addChannelAgents", `{"channelId":"`+d.channels["WhatsApp"]+`","agentIds":["`+hana.id+`"]}`)
	for added := false; !added; { // on this socket: each learns of it in its turn
		added = strings.Contains(string(next(t, conn).Payload), "ConversationAdded")
	}
	narrow("c")
	expect("c", "next", `"message":null`)
	d.says("four")
	expect("c", "next", `"text":"four"`)
}

func (w *world) conversationOf(address string) (id string) {
	w.t.Helper()
	err := w.server.db.Pool().QueryRow(w.t.Context(), `SELECT v.id::text FROM conversations v JOIN identities i USING (account_id, contact_id) WHERE i.address = $1`, address).Scan(&id)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}
