package desk_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// A thousand times a person answers while the AI Agent's model does: whoever comes first, nothing of the AI Agent's follows
// what the person wrote.
func TestAThousandTakeovers(t *testing.T) {
	t.Parallel()
	const races, atOnce = 1000, 16
	b := newBot(t)
	b.models.Say("", "The model says so.")
	var all []model.Incoming
	for i := range races {
		all = append(all, model.Incoming{ExternalID: fmt.Sprint("SM", i), Addresses: []string{fmt.Sprintf("+4915%07d", i)}, Kind: model.TextMessage, Text: "hello", At: b.now()})
	}
	if err := b.Receive(t.Context(), b.channel, all); err != nil {
		t.Fatal(err)
	}
	b.EndReceiving()
	b.count(races, `conversations WHERE status = 'AI_REPLYING'`)
	var running sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for duties := b.due(); len(duties) > 0; duties = b.due() {
		for _, d := range duties {
			slots <- struct{}{}
			running.Go(func() {
				defer func() { <-slots }()
				var race sync.WaitGroup
				race.Go(func() {
					if err := b.AiTurn(t.Context(), d); err != nil {
						t.Error(err)
					}
				})
				race.Go(func() {
					time.Sleep(rand.N(80 * time.Millisecond)) // so that either may win
					if _, _, err := b.Reply(b.asHana(), desk.Reply{Conversation: d.ConversationID, Text: "A person says so."}); err != nil {
						t.Error(err)
					}
				})
				race.Wait()
			})
		}
		running.Wait()
	}
	b.EndReceiving()
	b.count(races, `messages WHERE agent_id IS NOT NULL`)
	b.count(races, `conversations WHERE status = 'OPEN' AND agent_id = $1`, b.hana.ID)
	b.count(0, `messages m WHERE m.ai_agent_id IS NOT NULL AND EXISTS (SELECT 1 FROM messages h WHERE h.conversation_id = m.conversation_id AND h.agent_id IS NOT NULL AND h.seq < m.seq)`)
	b.count(0, `ai_duties`)
	var first int
	b.one(&first, `SELECT count(*) FROM messages WHERE ai_agent_id IS NOT NULL`)
	t.Logf("the AI Agent came first %d times of %d", first, races)
	if first == 0 || first == races {
		t.Error("there was no race")
	}
	b.sound()
}
