package server

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// numbers is one payload of the live numbers.
type numbers struct {
	Total    struct{ Open, Waiting int }
	Channels []struct{ Channel struct{ Name string } }
}

// watch subscribes to live numbers on a socket of its own, and returns what waits for numbers of so many channels and
// open conversations.
func (p *person) watch() (until func(channels, open int)) {
	p.t.Helper()
	conn := p.dial()
	subscribe := `{"id":"n","type":"subscribe","payload":{"query":"subscription { liveNumbers { total { open waiting } channels { channel { name } } } }"}}`
	if err := conn.WriteMessage(websocket.TextMessage, []byte(subscribe)); err != nil {
		p.t.Fatal(err)
	}
	return func(channels, open int) {
		p.t.Helper()
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		var n numbers
		for {
			var message struct {
				Type    string
				Payload struct{ Data struct{ LiveNumbers numbers } }
			}
			_, text, err := conn.ReadMessage()
			if err == nil {
				err = json.Unmarshal(text, &message)
			}
			if err != nil {
				p.t.Fatalf("%s waits for %d channels with %d open and has %+v: %v", p.name, channels, open, n, err)
			}
			if n = message.Payload.Data.LiveNumbers; message.Type == "next" && len(n.Channels) == channels && n.Total.Open == open {
				return
			}
		}
	}
}

// Whose channels change sees the numbers of those that they have now, without having asked again, and nobody else's.
func TestLiveNumbersFollowRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channel("Front", "whatsapp:+15550100100")
	w.channel("Back", "+15550100200")
	w.agent("hana", "Front")
	w.agent("ken", "Front")
	hana, ken, all := w.agents["hana"].watch(), w.agents["ken"].watch(), w.admin.watch()
	hana(1, 0)
	ken(1, 0)
	all(2, 0)
	w.customerSays("whatsapp:+447700900101", "Hello", "whatsapp:+15550100100", false)
	hana(1, 1)
	ken(1, 1)
	all(2, 1)
	w.admin.must("addChannelAgents", `{"channelId":"`+w.channels["Back"]+`","agentIds":["`+w.agents["hana"].id+`"]}`)
	hana(2, 1)
	w.admin.must("removeChannelAgents", `{"channelId":"`+w.channels["Front"]+`","agentIds":["`+w.agents["hana"].id+`"]}`)
	hana(1, 0)
	w.customerSays("+447700900102", "Hello", "+15550100200", false)
	hana(1, 1)
	all(2, 2)
}
