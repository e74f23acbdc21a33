package bench

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// factsPlan is the size of the comparison of what a message costs with the facts of reports and without.
type factsPlan struct {
	contacts, clients, messages int // per slice; every tenth message opens a conversation
	pairs                       int
}

// factsSide is one of the two desks that are compared.
type factsSide struct {
	meter   *ingestMeter
	cpu     []float64 // ms per message of each slice
	started time.Time
}

// run posts the same webhooks to a desk that reports and to one whose database lacks everything that only reports need,
// in turns. What storing the facts costs afterwards is shared out among the messages.
func (plan factsPlan) run(ctx context.Context, s *stage, f *figures) error {
	with, err := plan.side(ctx, s, "facts")
	if err != nil {
		return err
	}
	without, err := plan.side(ctx, s, "plain")
	if err != nil {
		return err
	}
	defer with.meter.load.dismiss()
	defer without.meter.load.dismiss()
	_, err = without.meter.place.db.Pool().Exec(ctx, `DROP INDEX messages_created, conversation_changes_at, conversations_merged; DROP TRIGGER conversations_report ON conversations;
		INSERT INTO report_progress (account_id, stored_until) SELECT id, '3000-01-01' FROM accounts ON CONFLICT (account_id) DO UPDATE SET stored_until = EXCLUDED.stored_until`)
	if err != nil {
		return fmt.Errorf("take reports away: %w", err)
	}
	for i := range plan.pairs {
		sides := []*factsSide{with, without}
		if i%2 == 1 {
			sides[0], sides[1] = sides[1], sides[0]
		}
		for _, side := range sides {
			if err := plan.slice(ctx, s, side); err != nil {
				return err
			}
		}
	}
	return plan.figures(ctx, s, f, with, without)
}

// side makes a desk whose customers have all written once.
func (plan factsPlan) side(ctx context.Context, s *stage, name string) (*factsSide, error) {
	p, err := s.newPlace(ctx, name)
	if err != nil {
		return nil, err
	}
	_, h, err := p.channel(ctx, "Bench", twiliotest.WhatsAppNumber)
	if err != nil {
		return nil, err
	}
	server, err := s.serve(ctx, p.url)
	if err != nil {
		return nil, err
	}
	load, err := hire[ingestTask, ingestAnswer](ctx, s, "ingest-load")
	if err != nil {
		return nil, err
	}
	m := &ingestMeter{plan: ingestPlan{contacts: plan.contacts}, place: p, server: server, load: load, hook: h.at(server), posted: plan.contacts}
	_, err = load.ask(ingestTask{Hook: m.hook, First: 1, Messages: plan.contacts, Clients: plan.clients, Contacts: plan.contacts, Greeting: true})
	return &factsSide{meter: m, started: time.Now()}, err
}

func (plan factsPlan) slice(ctx context.Context, s *stage, side *factsSide) error {
	m := side.meter
	if err := m.closeHalf(ctx); err != nil {
		return err
	}
	task := ingestTask{Hook: m.hook, First: m.posted + 1, Messages: plan.messages, Clients: plan.clients, Contacts: plan.contacts, Prepare: true}
	if _, err := m.load.ask(task); err != nil {
		return err
	}
	pg, _, err := s.postmaster()
	if err != nil {
		return err
	}
	used, err := cpuDuring(func() error { _, err := m.load.ask(ingestTask{}); return err }, m.server.pid(), pg)
	if err != nil {
		return err
	}
	m.posted += plan.messages
	side.cpu = append(side.cpu, ms(used[0]+used[1])/float64(plan.messages))
	return nil
}

func (plan factsPlan) figures(ctx context.Context, s *stage, f *figures, with, without *factsSide) error {
	pg, _, err := s.postmaster()
	if err != nil {
		return err
	}
	p := with.meter.place
	used, err := cpuDuring(func() error { return p.keepFacts(ctx, time.Now().Add(time.Hour)) }, os.Getpid(), pg)
	if err != nil {
		return err
	}
	storing := ms(used[0]+used[1]) / float64(with.meter.posted)
	ratios := make([]float64, plan.pairs)
	for i := range ratios {
		ratios[i] = (with.cpu[i] + storing) / without.cpu[i]
	}
	f.atMost("facts_cpu_ratio", median(ratios), reportsFacts)
	f.add("facts_stored_cpu_us", storing*1000)
	f.add("message_cpu_us", median(without.cpu)*1000)
	found, err := p.db.VerifyReports(ctx)
	if err != nil {
		return err
	}
	if len(found.Wrong) > 0 || found.Facts < with.meter.posted {
		return fmt.Errorf("of %d messages %d facts were stored, and %d slots of them are wrong", with.meter.posted, found.Facts, len(found.Wrong))
	}
	for _, side := range []*factsSide{with, without} {
		if err := side.meter.server.stop(ctx); err != nil {
			return err
		}
	}
	return nil
}
