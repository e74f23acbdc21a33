package server

import (
	"testing"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// gives lets the channel give out its conversations to one agent, who has a limit and is online.
func (w *world) gives(limit string) *person {
	w.t.Helper()
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	w.admin.must("updateAssignment", `{"channelId":"`+w.channels["WhatsApp"]+`","mode":"CONCURRENT_LOAD"}`)
	w.agent("hana", "WhatsApp")
	hana := w.agents["hana"]
	w.admin.must("updateAgent", `{"agentId":"`+hana.id+`","maxLoad":`+limit+`}`)
	hana.must("setAvailability", `{"availability":"ONLINE"}`)
	return hana
}

// ownerless counts the conversations that wait for somebody.
func (w *world) ownerless() int {
	return w.count(`conversations WHERE agent_id IS NULL AND target_kind = 'HUMAN_AGENTS' AND to_place IS NULL`)
}

// owns tells whether the agent has the conversation of the customer.
func (p *person) owns(customer string) bool {
	return p.w.count(`conversations WHERE id = $1 AND agent_id = $2`, p.w.conversationOf(customer), p.id) == 1
}

// Who is online without a socket gets nothing; when they connect they have at once who waited the longest.
func TestConnectingDrainsTheQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hana := w.gives("1")
	hana.cut()
	w.eventually("the lease is left to run out", func() bool { return w.count("connections WHERE closed") == 1 })
	w.exec(`UPDATE connections SET expires_at = now()`)
	w.eventually("she is gone", func() bool { return !w.isConnected(hana) })
	for i, who := range []string{"+447700900101", "+447700900102", "+447700900103"} {
		w.customerSays("whatsapp:"+who, "hello", twiliotest.WhatsAppNumber, false)
		w.eventually("they wait", func() bool { return w.ownerless() == i+1 })
	}
	start := time.Now()
	hana.connect()
	w.eventually("she has the oldest", func() bool { return hana.owns("+447700900101") })
	took := time.Since(start)
	t.Logf("%v after she began to connect", took)
	if took > refilled {
		t.Errorf("after %v", took)
	}
	hana.seesOwner("hana")
	if n := w.ownerless(); n != 2 {
		t.Errorf("%d wait, want the two others", n)
	}
}

// A gap in the network that is shorter than the grace changes nothing: who writes meanwhile is not made to wait.
func TestAShortGapLeavesTheAgentACandidate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hana := w.gives("2")
	hana.cut()
	w.eventually("the lease is left to run out", func() bool { return w.count("connections WHERE closed") == 1 })
	w.customerSays(customer, "hello", twiliotest.WhatsAppNumber, false)
	w.eventually("she has it", func() bool { return hana.owns("+447700900101") })
	if n := w.count("connections WHERE NOT closed"); n != 0 {
		t.Errorf("%d sockets are open", n)
	}
	hana.connect()
	hana.seesOwner("hana")
	hana.seesMessage("hello")
}
