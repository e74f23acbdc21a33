package bench

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// reportsPlan is the size of the benchmark of reports.
type reportsPlan struct {
	small, large int           // conversations; five messages each
	pace         time.Duration // between one and the next
	channels     int
	agents       int // of each channel
	requests     int // per slice
	rounds       int
	long         int // requests for 365 days
	facts        factsPlan
}

// 50,000 conversations in 30 days.
var fullReports = reportsPlan{small: 100_000, large: 1_000_000, pace: 30 * 24 * time.Hour / 50_000, channels: 5, agents: 8, requests: 10, rounds: 8, long: 6,
	facts: factsPlan{contacts: 4000, clients: 32, messages: 5000, pairs: 10}}

// The bars of the reports benchmark.
const (
	reportsShort  = 300 * time.Millisecond // 30 days, at the 95th percentile
	reportsLong   = 3 * time.Second        // 365 days
	reportsRatio  = 1.5                    // of the same 30 days, among ten times as many conversations
	reportsFacts  = 1.10                   // of the CPU of a message
	shortReport   = 30 * 24 * time.Hour
	longReport    = 365 * 24 * time.Hour
	reportsLimit  = 30 * time.Minute // most of it is spent on making the past
	csatQuery     = "CsatReport"
	convQuery     = "ConversationReport"
	maintenanceMB = "512MB"
)

//go:embed stock/reports.sql
var stockReports string

//go:embed stock/reportsrest.sql
var stockReportsRest string

// run measures reports about 30 and 365 days in an account with many conversations against one with a tenth of them, of
// which the newest are the same, and what facts add to the cost of a message.
func (plan reportsPlan) run(ctx context.Context, s *stage) (*figures, error) {
	if err := s.setUp(ctx); err != nil {
		return nil, err
	}
	f := &figures{}
	if err := plan.facts.run(ctx, s, f); err != nil {
		return nil, err
	}
	p, err := s.newPlace(ctx, "reports")
	if err != nil {
		return nil, err
	}
	m := &reportsMeter{plan: plan, stage: s}
	for i, n := range []int{plan.small, plan.large} {
		if i > 0 {
			if p, err = s.openPlace(ctx, p.url); err != nil {
				return nil, err
			}
		}
		v, err := plan.fill(ctx, p, n)
		if err != nil {
			return nil, err
		}
		m.views = append(m.views, v)
	}
	if err := p.settle(ctx); err != nil {
		return nil, err
	}
	return f, m.measure(ctx, p.url, f)
}

// reportsView is an account of which reports are asked for.
type reportsView struct {
	place *place
	token string
	short map[string][]time.Duration // by operation
	long  map[string][]time.Duration
	round map[string][]float64 // the median of each slice, ms
}

// fill gives an account its people and its past, and stores the facts of it.
func (plan reportsPlan) fill(ctx context.Context, p *place, conversations int) (*reportsView, error) {
	began := time.Now()
	var channels []model.ID
	for i := range plan.channels {
		id, _, err := p.channel(ctx, fmt.Sprintf("Shop %d", i+1), fmt.Sprintf("%s%d", twiliotest.WhatsAppNumber, i))
		if err != nil {
			return nil, err
		}
		if _, err := p.agents(ctx, plan.agents, model.AgentRole, id); err != nil {
			return nil, err
		}
		channels = append(channels, id)
	}
	ai := model.NewID(model.KindAiAgent)
	if _, err := p.db.Pool().Exec(ctx, `INSERT INTO ai_agents (account_id, id, name) VALUES ($1, $2, 'Robin')`, p.account, string(ai)); err != nil {
		return nil, err
	}
	if err := p.fillReports(ctx, conversations, plan.pace, channels, ai); err != nil {
		return nil, err
	}
	p.stage.say("an account with %d conversations, made in %v", conversations, time.Since(began).Round(time.Millisecond))
	began = time.Now()
	if err := p.keepFacts(ctx, time.Now()); err != nil {
		return nil, err
	}
	p.stage.say("their facts, stored in %v", time.Since(began).Round(time.Millisecond))
	tokens, err := p.sessions(ctx, p.admin)
	if err != nil {
		return nil, err
	}
	return &reportsView{place: p, token: tokens[0], short: map[string][]time.Duration{}, long: map[string][]time.Duration{}, round: map[string][]float64{}}, nil
}

// filledTables are those that a past goes into.
var filledTables = []string{"messages", "conversations", "conversation_changes", "contacts", "identities", "surveys"}

// fillReports stores the past in bulk. Triggers rest meanwhile, and indexes and foreign keys are made afterwards.
func (p *place) fillReports(ctx context.Context, conversations int, pace time.Duration, channels []model.ID, ai model.ID) error {
	err := pgx.BeginFunc(ctx, p.db.Pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL maintenance_work_mem = '`+maintenanceMB+`'; SET LOCAL work_mem = '64MB'; DROP FUNCTION IF EXISTS pg_temp.id_at;
			ALTER TABLE conversations DISABLE TRIGGER USER; ALTER TABLE messages DISABLE TRIGGER USER`); err != nil {
			return err
		}
		create, drop, err := extrasOf(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, drop); err != nil {
			return err
		}
		function, table, _ := strings.Cut(stockReports, "$$;\n")
		if _, err := tx.Exec(ctx, function+"$$"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, table, p.account, conversations, pace, texts(channels), string(ai)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, stockReportsRest); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, create+"; ALTER TABLE conversations ENABLE TRIGGER USER; ALTER TABLE messages ENABLE TRIGGER USER")
		return err
	})
	if err != nil {
		return fmt.Errorf("fill the account: %w", err)
	}
	return nil
}

// extrasOf returns how to make the tables' indexes and foreign keys, and how to drop them. What the past holds is not
// held against the keys.
func extrasOf(ctx context.Context, tx pgx.Tx) (create, drop string, err error) {
	err = tx.QueryRow(ctx, `WITH t AS (SELECT x::regclass AS oid FROM unnest($1::text[]) x), e AS (
			SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname) AS gone,
				format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) AS back
			FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid IN (SELECT oid FROM t)
			UNION ALL SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
			FROM pg_index i WHERE i.indrelid IN (SELECT oid FROM t) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid))
		SELECT string_agg(back, '; '), string_agg(gone, '; ') FROM e`, filledTables).Scan(&create, &drop)
	return create, drop, err
}

// keepFacts stores all facts up to the moment.
func (p *place) keepFacts(ctx context.Context, now time.Time) error {
	if _, _, err := p.db.ReportAccounts(ctx, now); err != nil {
		return err
	}
	for more := true; more; {
		var err error
		if more, err = p.db.StoreFacts(ctx, p.account, now); err != nil {
			return err
		}
	}
	return nil
}

// reportsMeter collects the figures of reports.
type reportsMeter struct {
	plan  reportsPlan
	stage *stage
	views []*reportsView // the small account, the large one
	load  *crew[reportsTask, reportsAnswer]
	url   string
}

func (m *reportsMeter) measure(ctx context.Context, database string, f *figures) error {
	server, err := m.stage.serve(ctx, database)
	if err != nil {
		return err
	}
	m.url = server.url + "/graphql"
	if m.load, err = hire[reportsTask, reportsAnswer](ctx, m.stage, "reports-load"); err != nil {
		return err
	}
	defer m.load.dismiss()
	now := time.Now().Truncate(time.Second)
	for round := range m.plan.rounds + 1 { // the first warms everything up
		views := slices.Clone(m.views)
		if round%2 == 0 {
			slices.Reverse(views)
		}
		for _, v := range views {
			if err := m.slice(v, now, round > 0); err != nil {
				return err
			}
		}
	}
	if err := m.check(ctx, now); err != nil {
		return err
	}
	if err := m.long(now); err != nil {
		return err
	}
	m.figures(f)
	return server.stop(ctx)
}

func (m *reportsMeter) slice(v *reportsView, now time.Time, counts bool) error {
	for _, operation := range []string{csatQuery, convQuery} {
		a, err := m.load.ask(reportsTask{URL: m.url, Token: v.token, Operation: operation, Bucket: "DAY", From: now.Add(-shortReport), To: now, Requests: m.plan.requests})
		if err != nil {
			return err
		}
		if counts {
			v.short[operation] = append(v.short[operation], a.Took...)
			v.round[operation] = append(v.round[operation], ms(median(a.Took)))
		}
	}
	return nil
}

// long asks for 365 days of the large account.
func (m *reportsMeter) long(now time.Time) error {
	v := m.views[len(m.views)-1]
	for _, operation := range []string{csatQuery, convQuery} {
		a, err := m.load.ask(reportsTask{URL: m.url, Token: v.token, Operation: operation, Bucket: "DAY", From: now.Add(-longReport), To: now, Requests: m.plan.long})
		if err != nil {
			return err
		}
		v.long[operation] = a.Took
	}
	return nil
}

// check compares what both accounts answer with what SQL counts.
func (m *reportsMeter) check(ctx context.Context, now time.Time) error {
	for _, v := range m.views {
		var want reportRow
		err := v.place.db.Pool().QueryRow(ctx, `SELECT (SELECT count(*) FROM conversations WHERE account_id = $1 AND opened_at >= $2 AND opened_at < $3),
			(SELECT count(*) FROM conversation_changes WHERE account_id = $1 AND at >= $2 AND at < $3 AND status = 'RESOLVED'),
			(SELECT count(*) FROM messages WHERE account_id = $1 AND created_at >= $2 AND created_at < $3 AND direction = 'INBOUND'),
			(SELECT count(*) FROM messages WHERE account_id = $1 AND created_at >= $2 AND created_at < $3 AND direction = 'OUTBOUND'),
			(SELECT count(*) FROM surveys WHERE account_id = $1 AND sent_at >= $2 AND sent_at < $3), (SELECT count(score) FROM surveys WHERE account_id = $1 AND sent_at >= $2 AND sent_at < $3)`,
			v.place.account, now.Add(-shortReport), now).Scan(&want.Opened, &want.Resolved, &want.MessagesReceived, &want.MessagesSent, &want.Sent, &want.Answered)
		if err != nil {
			return err
		}
		var got reportRow
		for _, operation := range []string{csatQuery, convQuery} {
			a, err := m.load.ask(reportsTask{URL: m.url, Token: v.token, Operation: operation, Bucket: "DAY", From: now.Add(-shortReport), To: now, Requests: 1})
			if err != nil {
				return err
			}
			if operation == csatQuery {
				got.Sent, got.Answered = a.Report.Sent, a.Report.Answered
			} else {
				got.Opened, got.Resolved, got.MessagesReceived, got.MessagesSent = a.Report.Opened, a.Report.Resolved, a.Report.MessagesReceived, a.Report.MessagesSent
			}
			if len(a.Report.Series) < 30 || len(a.Report.ByAgent) != m.plan.channels*m.plan.agents {
				return fmt.Errorf("%s has %d buckets and %d agents", operation, len(a.Report.Series), len(a.Report.ByAgent))
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || want.Opened == 0 {
			return fmt.Errorf("30 days are reported as %+v and counted as %+v", got, want)
		}
	}
	return nil
}

func (m *reportsMeter) figures(f *figures) {
	small, large := m.views[0], m.views[1]
	for operation, prefix := range map[string]string{csatQuery: "csat_", convQuery: "conversation_"} {
		var ratios []float64
		for i, took := range small.round[operation] {
			ratios = append(ratios, large.round[operation][i]/took)
		}
		f.atMost(prefix+"ratio", median(ratios), reportsRatio)
		f.within(prefix+"30_days_p95", percentile(large.short[operation], 0.95), reportsShort)
		f.add(prefix+"30_days_p50", median(large.short[operation]))
		f.add(prefix+"30_days_small_p95", percentile(small.short[operation], 0.95))
		f.within(prefix+"365_days_worst", percentile(large.long[operation], 1), reportsLong)
	}
}
