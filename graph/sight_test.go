package graph_test

import (
	"testing"

	"github.com/livedesk/livedesk/model"
)

// wide asks of an event for everything that an agent's channels decide.
const wide = `subscription { events { event { __typename ... on MessageAdded { conversation {
	contact { conversations(first: 10) { nodes { channel { name } lastMessage { text } } } } channel { agents { channels { name } } } } } } } }`

// Whoever subscribed first runs the subscription for all who saw the same. What they are allowed later must not reach
// the others.
func TestASharedSubscriptionShowsWhatItsScopeMay(t *testing.T) {
	t.Parallel()
	s := &story{api: newAPI(t), documents: map[string]string{"Wide": wide}, sent: map[string]bool{}}
	anna, annaToken := s.hire("anna", model.AgentRole)
	bert, bertToken := s.hire("bert", model.AgentRole)
	shared, secret := s.connect("Shared", "+15550100100", anna, bert), s.connect("Secret", "+15550100101")
	hidden := s.customer(s.account(), secret, "+447700900101", "Ana", "hidden")
	first, second := s.subscribe(annaToken, "Wide", nil), (*stream)(nil)
	first.next()
	second = s.subscribe(bertToken, "Wide", nil)
	second.next()
	s.exec(`INSERT INTO channel_agents (account_id, channel_id, agent_id) VALUES ($1, $2, $3)`, s.account(), secret, anna)
	if got := s.send(annaToken, `query($i: ID!) { conversation(id: $i) { id } }`, vars{"i": hidden}); at(got.Data, "conversation", "id") == nil {
		t.Fatal("anna does not see the channel she is a member of now:", got.raw)
	}
	s.customer(s.account(), shared, "+447700900101", "Ana", "shown")
	event := second.nextOf("MessageAdded")
	if nodes := list(at(event, "conversation", "contact", "conversations", "nodes")); len(nodes) != 1 || at(nodes[0], "channel", "name") != "Shared" {
		t.Errorf("the contact's conversations are %v", nodes)
	}
	for _, agent := range list(at(event, "conversation", "channel", "agents")) {
		if channels := list(at(agent, "channels")); len(channels) != 1 || at(channels[0], "name") != "Shared" {
			t.Errorf("an agent's channels are %v", channels)
		}
	}
}
