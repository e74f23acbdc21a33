package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// kills kills the server at random while an AI Agent answers many conversations, and then looks for messages that nobody
// answered, and for answers that a customer got twice.
func (b *aiBench) kills(ctx context.Context, f *figures) error {
	random := rand.New(rand.NewPCG(seed, 7))
	b.models.Answer(func(c aitest.Chat) (aitest.Reply, bool) {
		time.Sleep(rand.N(300 * time.Millisecond)) // a model takes its time
		text := c.Last().Text()
		number, _, _ := strings.Cut(text[strings.LastIndex(text, "#")+1:], " ")
		return aitest.Reply{Text: "About #" + number + " I know nothing."}, strings.Contains(text, "#")
	})
	first, before := b.next, len(b.stage.fake.Ledger())
	posted := make(chan error, 1)
	go func() { posted <- b.postThrough(ctx, b.plan.killed, 200_000) }()
	for range b.plan.kills {
		pause(ctx, 100*time.Millisecond+time.Duration(random.IntN(900))*time.Millisecond)
		b.server.kill()
		var err error
		if b.server, err = b.stage.launch(ctx, b.addr, b.place.url); err != nil {
			return err
		}
	}
	if err := <-posted; err != nil {
		return err
	}
	if err := b.server.ready(ctx); err != nil {
		return err
	}
	if err := b.settled(ctx); err != nil {
		return err
	}
	return b.answered(ctx, f, first, b.stage.fake.Ledger()[before:])
}

// postThrough has each customer write twice, whatever becomes of the server, until each message is taken.
func (b *aiBench) postThrough(ctx context.Context, n, from int) error {
	first := b.numbers(2 * n)
	p := &poster{host: b.robin.Host}
	defer p.close()
	for i := range 2 * n {
		request := b.robin.request(first+i, from+i%n, numbered(first+i, "where is my order?"))
		for accepted(p.post(request)) != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			pause(ctx, 10*time.Millisecond)
		}
		pause(ctx, time.Duration(b.plan.kills)*600*time.Millisecond/time.Duration(2*n))
	}
	return nil
}

// answered counts. A message is answered when something was said to the customer after it; an answer is about the newest
// message that it answers, so that no customer gets the same one twice.
func (b *aiBench) answered(ctx context.Context, f *figures, first int, ledger []twiliotest.Message) error {
	var silent, twice, answers, handedOver int
	err := b.place.db.Pool().QueryRow(ctx, `WITH mine AS (SELECT * FROM messages WHERE conversation_id IN (SELECT conversation_id FROM messages WHERE direction = 'INBOUND' AND external_id >= $1)),
		answers AS (SELECT * FROM mine WHERE ai_agent_id IS NOT NULL AND direction = 'OUTBOUND')
		SELECT (SELECT count(*) FROM mine m WHERE m.direction = 'INBOUND' AND NOT EXISTS (SELECT 1 FROM mine o WHERE o.conversation_id = m.conversation_id AND o.direction = 'OUTBOUND' AND o.seq > m.seq)
			AND EXISTS (SELECT 1 FROM conversations c WHERE c.id = m.conversation_id AND c.status = 'AI_REPLYING')),
		(SELECT count(*) - count(DISTINCT (conversation_id, text)) FROM answers),
		(SELECT count(*) FROM answers), (SELECT count(DISTINCT conversation_id) FROM mine WHERE kind = 'NOTE')`, sid(first)).Scan(&silent, &twice, &answers, &handedOver)
	if err != nil {
		return err
	}
	got := map[string]bool{}
	for _, m := range ledger {
		if got[m.To+m.Body] && strings.Contains(m.Body, "#") {
			twice++
		}
		got[m.To+m.Body] = true
	}
	f.add("kills", b.plan.kills)
	f.add("killed_messages", 2*b.plan.killed)
	f.add("answers", answers)
	f.add("handed_over", handedOver)
	f.atMost("silent", float64(silent), 0)
	f.atMost("twice", float64(twice), 0)
	if answers == 0 {
		return fmt.Errorf("nothing was answered")
	}
	return nil
}
