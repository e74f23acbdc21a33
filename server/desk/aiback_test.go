package desk_test

import (
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/desk"
)

func TestAnAiAgentGetsAConversationBack(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	b.models.Fail(aitest.HTML(401))
	c := b.asks("+49151", "Where is my order?")
	b.turn()
	b.wantGone(c.ID, model.HandOverCredentials)
	b.models.Say("order", "On its way.")
	if _, err := b.Assign(b.asHana(), desk.Assign{Conversation: c.ID, AiAgent: b.robin.ID}); err != nil {
		t.Fatal(err)
	}
	b.turn()
	b.wantTold(c.ID, model.DefaultClosing, "On its way.")
	b.answers(b.robin, c.ID)
	b.count(0, `ai_duties`)
}

// A score in a conversation that was given to an AI Agent again is the survey's, and asks it nothing.
func TestAScoreIsNoQuestion(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	b.csat(desk.CsatChange{Enabled: true})
	b.models.Say("order", "On its way.")
	c := b.asks("+49151", "Where is my order?")
	b.turn()
	b.resolves(c.ID)
	if _, err := b.Assign(b.asHana(), desk.Assign{Conversation: c.ID, AiAgent: b.robin.ID}); err != nil {
		t.Fatal(err)
	}
	calls := b.models.Counts().Requests
	c = b.asks("+49151", "5")
	b.answers(b.robin, c.ID)
	b.turn()
	b.count(1, `surveys WHERE score = 5`)
	b.count(0, `ai_duties`)
	if n := b.models.Counts().Requests; n != calls {
		t.Errorf("the model was asked %d times about a score", n-calls)
	}
	b.sound()
}
