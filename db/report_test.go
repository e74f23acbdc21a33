package db_test

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/dbtest"
	"github.com/livedesk/livedesk/model"
)

//go:embed testdata/recount.sql
var recount string

// history is an account with a random past.
type history struct {
	t                                  *testing.T
	d                                  *db.DB
	r                                  *rand.Rand
	account                            int64
	channels, agents, ais, teams, tags []model.ID
	from                               time.Time
	days                               int
	batch                              pgx.Batch
}

func newHistory(t *testing.T, conversations int) *history {
	t.Helper()
	h := &history{t: t, d: dbtest.New(t), r: rand.New(rand.NewPCG(20, 26)), from: time.Date(2025, 10, 6, 0, 0, 0, 0, time.UTC), days: 40}
	if err := h.d.Pool().QueryRow(t.Context(), `INSERT INTO accounts (name) VALUES ('Test') RETURNING id`).Scan(&h.account); err != nil {
		t.Fatal(err)
	}
	h.people()
	for range conversations {
		h.conversation()
	}
	h.store()
	return h
}

func (h *history) add(sql string, args ...any) { h.batch.Queue(sql, args...) }

func (h *history) store() {
	h.t.Helper()
	if err := h.d.Pool().SendBatch(h.t.Context(), &h.batch).Close(); err != nil {
		h.t.Fatal(err)
	}
	h.batch = pgx.Batch{}
}

func (h *history) people() {
	for i := range 3 {
		h.channels = append(h.channels, model.NewID(model.KindChannel))
		h.add(`INSERT INTO channels (account_id, id, name, kind, provider, sender_account, sender_phone, secret) VALUES ($1, $2, $3, 'SMS', 'TWILIO', 'AC', $3, 'k1:')`,
			h.account, string(h.channels[i]), fmt.Sprint("+1555000000", i))
	}
	for i := range 4 {
		h.agents, h.teams, h.tags, h.ais = append(h.agents, model.NewID(model.KindAgent)), append(h.teams, model.NewID(model.KindTeam)), append(h.tags, model.NewID(model.KindLabel)), append(h.ais, model.NewID(model.KindAiAgent))
		h.add(`INSERT INTO agents (account_id, id, name, email, role, max_load) VALUES ($1, $2, 'A', $3, 'AGENT', 1000)`, h.account, string(h.agents[i]), fmt.Sprint("a", i, "@example.com"))
		h.add(`INSERT INTO teams (account_id, id, name) VALUES ($1, $2, $3)`, h.account, string(h.teams[i]), fmt.Sprint("T", i))
		h.add(`INSERT INTO labels (account_id, id, name, color) VALUES ($1, $2, $3, '#fff')`, h.account, string(h.tags[i]), fmt.Sprint("L", i))
		h.add(`INSERT INTO ai_agents (account_id, id, name) VALUES ($1, $2, $3)`, h.account, string(h.ais[i]), fmt.Sprint("B", i))
	}
	hours := `{"enabled":true,"timeZone":"Europe/Berlin","weekly":[` + strings.TrimSuffix(strings.Repeat(`{"day":"%s","intervals":[{"opens":"09:00","closes":"17:00"}]},`, 5), ",") + `],"exceptions":[]}`
	hours = fmt.Sprintf(hours, "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")
	h.add(`INSERT INTO channel_hours (account_id, channel_id, since, hours) VALUES ($1, $2, 'epoch', $3::text::jsonb)`, h.account, string(h.channels[0]), hours)
	h.add(`INSERT INTO channel_hours (account_id, channel_id, since, hours) VALUES ($1, $2, $4, $3::text::jsonb)`, h.account, string(h.channels[1]), hours, h.from.AddDate(0, 0, 20))
}

func one[T any](h *history, list []T) T { return list[h.r.IntN(len(list))] }

// walk is a conversation as it comes about.
type walk struct {
	id, channel     model.ID
	at              time.Time
	status          model.ConversationStatus
	agent, ai, team model.ID
	version, seq    int
	closed          string
}

// conversation adds one that something happens to at random, by and large as the desk would have it.
func (h *history) conversation() {
	at := h.from.Add(time.Duration(h.r.Int64N(int64(h.days) * int64(24*time.Hour)))).Truncate(time.Microsecond)
	w := &walk{id: model.NewIDAt(model.KindConversation, at), channel: one(h, h.channels), at: at, status: model.Open}
	contact := model.NewID(model.KindContact)
	h.add(`INSERT INTO contacts (account_id, id, address, created_at) VALUES ($1, $2, $3, $4)`, h.account, string(contact), string(contact), at)
	h.add(`INSERT INTO conversations (account_id, id, channel_id, contact_id, status, opened_at, last_activity_at) VALUES ($1, $2, $3, $4, 'OPEN', $5, $5)`,
		h.account, string(w.id), string(w.channel), string(contact), at)
	if h.r.IntN(12) > 0 { // else it began closed, for a blocked customer
		h.change(w, "CUSTOMER_WROTE", "", "")
	}
	h.message(w, "", "")
	for range h.r.IntN(18) {
		w.at = w.at.Add(time.Duration(math.Exp(h.r.Float64()*16)) * time.Millisecond).Add(time.Duration(h.r.IntN(1000)) * time.Microsecond)
		if w.version > 0 {
			h.step(w)
		} else {
			h.message(w, "", "")
		}
	}
	for _, tag := range h.tags {
		if h.r.IntN(4) == 0 {
			h.add(`INSERT INTO conversation_labels (account_id, conversation_id, label_id) VALUES ($1, $2, $3)`, h.account, string(w.id), string(tag))
		}
	}
	if h.r.IntN(15) == 0 {
		w.closed = "MERGED"
	}
	h.add(`UPDATE conversations SET closed_reason = nullif($3, ''), status = 'CLOSED', closed_at = now() WHERE account_id = $1 AND id = $2`, h.account, string(w.id), w.closed)
}

func (h *history) step(w *walk) {
	dice := h.r.IntN(14)
	if !w.status.Live() {
		switch {
		case dice < 3:
			h.message(w, "", "") // an answer to a survey
		case dice < 6:
			w.status, w.agent, w.ai, w.team = model.Open, "", "", ""
			h.change(w, "CUSTOMER_WROTE", "", "")
			h.message(w, "", "")
		case dice < 8:
			w.status, w.agent, w.ai = model.Open, one(h, h.agents), ""
			h.change(w, "REPLIED", w.agent, "")
			h.message(w, w.agent, "")
		case w.status == model.Resolved:
			w.status = model.Closed
			h.change(w, "EXPIRED", "", "")
		}
		return
	}
	switch dice {
	case 0, 1, 2:
		h.message(w, "", "")
	case 3, 4, 5:
		agent := one(h, h.agents)
		if w.agent == "" {
			w.status, w.agent, w.ai = model.Open, agent, ""
			h.change(w, "REPLIED", agent, "")
		}
		h.message(w, agent, "")
	case 6, 7:
		w.status, w.agent, w.ai, w.team = model.Open, one(h, h.agents), "", one(h, append([]model.ID{""}, h.teams...))
		h.change(w, "ASSIGNED", one(h, h.agents), "")
	case 8:
		w.status, w.agent, w.ai, w.team = model.AiReplying, "", one(h, h.ais), ""
		h.change(w, "PLACED", "", "")
	case 9, 10:
		if w.ai != "" {
			h.message(w, "", w.ai)
		}
	case 11:
		if ai := w.ai; ai != "" {
			w.status, w.ai, w.team = model.Open, "", one(h, append([]model.ID{""}, h.teams...))
			h.change(w, "HANDED_OVER", "", "TOPIC")
			h.message(w, "", ai)
		}
	case 12:
		if w.ai != "" && h.r.IntN(2) == 0 {
			h.message(w, "", w.ai)
			w.status = model.Resolved
			h.change(w, "RESOLVED_BY_AI", "", "")
			return
		}
		w.status = model.Resolved
		h.change(w, "SET", one(h, h.agents), "")
	case 13:
		h.add(`INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, blocked, text, status, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10)`,
			h.account, string(w.id), w.next(), string(model.NewID(model.KindMessage)), string(w.channel), one(h, []string{"INBOUND"}), "TEXT", true, nil, w.at)
	}
}

func (w *walk) next() int { w.seq++; return w.seq }

func (h *history) change(w *walk, reason string, by model.ID, handOver string) {
	w.version++
	h.add(`INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, actor_agent_id, status, agent_id, ai_agent_id, team_id, hand_over)
		VALUES ($1, $2, $3, $4, $5, nullif($6, '')::uuid, $7, nullif($8, '')::uuid, nullif($9, '')::uuid, nullif($10, '')::uuid, nullif($11, ''))`,
		h.account, string(w.id), w.version, w.at, reason, string(by), string(w.status), string(w.agent), string(w.ai), string(w.team), handOver)
}

func (h *history) message(w *walk, agent, ai model.ID) {
	direction, status := "OUTBOUND", "SENT"
	if agent == "" && ai == "" {
		direction, status = "INBOUND", ""
	}
	h.add(`INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, text, agent_id, ai_agent_id, status, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'TEXT', '', nullif($7, '')::uuid, nullif($8, '')::uuid, nullif($9, ''), $10)`,
		h.account, string(w.id), w.next(), string(model.NewID(model.KindMessage)), string(w.channel), direction, string(agent), string(ai), status, w.at)
}

// filter is a random one.
func (h *history) filter() model.ReportFilter {
	some := func(list []model.ID) (ids []model.ID) {
		for range max(0, h.r.IntN(5)-2) {
			ids = append(ids, one(h, list))
		}
		return ids
	}
	a := h.from.Add(time.Duration(h.r.Int64N(int64(h.days)*24*3600*1e9)) - 48*time.Hour)
	f := model.ReportFilter{From: a, To: a.Add(time.Duration(h.r.Int64N(30*24*3600*1e9)) + 1e6),
		TimeZone:   one(h, []string{"Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"}),
		ChannelIDs: some(h.channels), LabelIDs: some(h.tags)}
	switch h.r.IntN(4) {
	case 0:
		f.AgentIDs = some(h.agents)
	case 1:
		f.AiAgentIDs, f.AgentIDs = some(h.ais), some(h.agents)
	case 2:
		f.TeamIDs = some(h.teams)
	}
	return f.Whole()
}

// where is the filter as a condition on rows of the recount.
func where(f model.ReportFilter) (string, []any) {
	texts := func(ids []model.ID) []string {
		list := []string{}
		for _, id := range ids {
			list = append(list, string(id))
		}
		return list
	}
	return `at >= $1 AND at < $2 AND (cardinality($3::uuid[]) = 0 OR channel_id = ANY ($3)) AND (cardinality($4::uuid[]) + cardinality($5::uuid[]) = 0 OR agent_id = ANY ($4) OR ai_agent_id = ANY ($5))
		AND (cardinality($6::uuid[]) = 0 OR team_id = ANY ($6)) AND (cardinality($7::uuid[]) = 0 OR EXISTS (
			SELECT 1 FROM conversation_labels l WHERE l.conversation_id = r.conversation_id AND l.label_id = ANY ($7)))`,
		[]any{f.From, f.To, texts(f.ChannelIDs), texts(f.AgentIDs), texts(f.AiAgentIDs), texts(f.TeamIDs), texts(f.LabelIDs)}
}

var allFigures = []model.ReportFigure{model.FigureOpened, model.FigureResolved, model.FigureReopened, model.FigureResolvedByAi, model.FigureHandedOver, model.FigureReceived,
	model.FigureSent, model.FigureFirstResponse, model.FigureFromAssignment, model.FigureReply, model.FigureAiFirstResponse, model.FigureAiReply}

// rowsBehind is the condition on rows of the recount that a figure counts.
func rowsBehind(figure model.ReportFigure, f model.ReportFilter) string {
	switch {
	case figure == model.FigureOpened && f.OfPeople():
		return "kind = 'GIVEN'"
	case figure == model.FigureResolvedByAi:
		return "kind = 'RESOLVED' AND ai_agent_id IS NOT NULL"
	}
	return "kind = '" + string(figure) + "'"
}

// TestFilteredNumbers holds 200 random filters against a recount by SQL: every number, duration, bucket and part, and
// the conversations behind each number. Some of the facts are stored, some are not, and some are stale.
func TestFilteredNumbers(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 250)
	half := h.from.AddDate(0, 0, 22)
	h.keep(half)
	h.add(`INSERT INTO report_stale (account_id, slot) SELECT account_id, slot FROM report_slots ORDER BY slot LIMIT 50`)
	h.add(`UPDATE report_slots SET facts = '\x00' WHERE slot IN (SELECT slot FROM report_stale)`)
	h.store()
	conn, err := pgx.Connect(t.Context(), h.d.Pool().Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), strings.ReplaceAll(recount, "$1", fmt.Sprint(h.account))); err != nil {
		t.Fatal(err)
	}
	counted := map[model.ReportFigure]int{}
	for range 200 {
		h.compare(conn, h.filter(), counted)
	}
	for _, figure := range allFigures {
		if counted[figure] < 30 {
			t.Errorf("%s was counted %d times only: the history is too poor", figure, counted[figure])
		}
	}
}

// keep stores facts as of a moment.
func (h *history) keep(now time.Time) {
	h.t.Helper()
	accounts, _, err := h.d.ReportAccounts(h.t.Context(), now)
	if err != nil || !slices.Contains(accounts, h.account) {
		h.t.Fatal(accounts, err)
	}
	for more := true; more; {
		if more, err = h.d.StoreFacts(h.t.Context(), h.account, now); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *history) compare(conn *pgx.Conn, f model.ReportFilter, counted map[model.ReportFigure]int) {
	h.t.Helper()
	tally, err := h.d.ConversationReport(h.t.Context(), h.account, f)
	if err != nil {
		h.t.Fatal(err)
	}
	condition, args := where(f)
	opened := one(h, allFigures) // each list is a pass of its own, so one is enough for each filter
	for _, figure := range allFigures {
		var n int
		var wall, business [3]*float64
		var conversations []string
		err := conn.QueryRow(h.t.Context(), `SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY wall), percentile_cont(0.9) WITHIN GROUP (ORDER BY wall), avg(wall)::float8,
				percentile_cont(0.5) WITHIN GROUP (ORDER BY business), percentile_cont(0.9) WITHIN GROUP (ORDER BY business), avg(business)::float8,
				coalesce(array_agg(DISTINCT conversation_id::text ORDER BY conversation_id::text DESC), '{}')
			FROM recount r WHERE `+rowsBehind(figure, f)+" AND "+condition, args...).Scan(&n, &wall[0], &wall[1], &wall[2], &business[0], &business[1], &business[2], &conversations)
		if err != nil {
			h.t.Fatal(err)
		}
		counted[figure] += n
		if got := tally.Count(figure); got != n {
			h.t.Errorf("%s: %d, recounted %d, for %+v", figure, got, n, f)
		}
		if wall[0] != nil && figure != model.FigureResolvedByAi {
			d := tally.Durations(figure)
			h.same(figure, "wall", d.Wall, wall)
			h.same(figure, "business", d.Business, business)
		}
		if figure == opened {
			h.sameList(f, figure, conversations)
		}
	}
	h.compareSeries(conn, f, tally)
	h.compareParts(conn, f, tally)
}

func (h *history) same(figure model.ReportFigure, what string, got model.DurationSummary, want [3]*float64) {
	h.t.Helper()
	for i, value := range []*float64{got.Median, got.P90, got.Average} {
		if value == nil || math.Abs(*value*1000-*want[i]) > 1e-3 {
			h.t.Errorf("%s %s: figure %d is %v, recounted %v", figure, what, i, value, *want[i]/1000)
		}
	}
}

func (h *history) sameList(f model.ReportFilter, figure model.ReportFigure, want []string) {
	h.t.Helper()
	var got []string
	_, found, err := h.d.OpenReport(h.t.Context(), h.account, f, false, []*model.ReportFigure{&figure})
	if err != nil {
		h.t.Fatal(err)
	}
	var after *string
	first := 37
	for {
		page, err := h.d.ReportConversations(h.t.Context(), h.account, found[0], model.Page{First: &first, After: after})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, c := range page.Nodes {
			got = append(got, string(c.ID))
		}
		if !page.HasNext {
			break
		}
		after = &page.Cursors[len(page.Cursors)-1]
	}
	if !slices.Equal(got, want) && len(got)+len(want) > 0 {
		h.t.Errorf("%s: behind it are %d conversations, recounted %d", figure, len(got), len(want))
	}
}

func (h *history) compareSeries(conn *pgx.Conn, f model.ReportFilter, tally *model.Tally) {
	h.t.Helper()
	zone, err := f.Check()
	if err != nil {
		h.t.Fatal(err)
	}
	bucket := one(h, []model.ReportBucket{model.BucketHour, model.BucketDay, model.BucketWeek, model.BucketMonth})
	points, err := tally.Series(bucket, zone)
	if err != nil {
		h.t.Fatal(err)
	}
	condition, args := where(f)
	for _, figure := range []model.ReportFigure{model.FigureOpened, model.FigureResolved, model.FigureReceived, model.FigureSent} {
		// An hour that comes twice has one name on the wall: both parts are added up here.
		rows, err := conn.Query(h.t.Context(), fmt.Sprintf(`SELECT date_trunc('%s', at AT TIME ZONE '%s')::text, count(*) FROM recount r WHERE `, bucket, f.TimeZone)+rowsBehind(figure, f)+" AND "+condition+" GROUP BY 1", args...)
		if err != nil {
			h.t.Fatal(err)
		}
		want, got := map[string]int{}, map[string]int{}
		var name string
		var n int
		if _, err := pgx.ForEachRow(rows, []any{&name, &n}, func() error { want[name] = n; return nil }); err != nil {
			h.t.Fatal(err)
		}
		for i, p := range points {
			start := p.Start
			if bucket == model.BucketHour {
				start = start.Add(-time.Duration(start.Minute()) * time.Minute)
			}
			if n := p.Count(figure); n > 0 {
				name := time.Date(start.Year(), start.Month(), start.Day(), p.Start.Hour(), 0, 0, 0, time.UTC).Format(time.DateTime)
				if bucket != model.BucketHour {
					name = start.Format(time.DateOnly) + " 00:00:00"
				}
				got[name] += n
			}
			if i > 0 && !points[i-1].End.Equal(p.Start) {
				h.t.Error("the series has a gap at", p.Start)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			h.t.Errorf("%s by %s in %s: %v, recounted %v", figure, bucket, f.TimeZone, got, want)
		}
	}
}

func (h *history) compareParts(conn *pgx.Conn, f model.ReportFilter, tally *model.Tally) {
	h.t.Helper()
	condition, args := where(f)
	for column, parts := range map[string][]*model.ReportPart{"channel_id": tally.ByChannel(), "agent_id": tally.ByAgent(), "ai_agent_id": tally.ByAiAgent(), "team_id": tally.ByTeam()} {
		for _, figure := range []model.ReportFigure{model.FigureOpened, model.FigureResolved, model.FigureSent, model.FigureFirstResponse} {
			behind := rowsBehind(figure, f)
			if figure == model.FigureOpened && column != "channel_id" {
				behind = "kind = 'GIVEN'"
			}
			rows, err := conn.Query(h.t.Context(), `SELECT `+column+`::text, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY wall) FROM recount r WHERE `+column+` IS NOT NULL AND `+behind+" AND "+condition+" GROUP BY 1", args...)
			if err != nil {
				h.t.Fatal(err)
			}
			want, got := map[string]string{}, map[string]string{}
			var id string
			var n int
			var median *float64
			if _, err := pgx.ForEachRow(rows, []any{&id, &n, &median}, func() error { want[id] = part(n, median); return nil }); err != nil {
				h.t.Fatal(err)
			}
			for _, p := range parts {
				if n := p.Count(figure); n > 0 {
					var median *float64
					if d := p.Durations(figure); d.Count > 0 {
						ms := *d.Wall.Median * 1000
						median = &ms
					}
					got[string(p.Of)] = part(n, median)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				h.t.Errorf("%s by %s: %v, recounted %v", figure, column, got, want)
			}
		}
	}
}

func part(n int, median *float64) string {
	if median == nil {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d %.1f", n, *median)
}
