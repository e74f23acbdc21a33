package desk_test

import (
	"bytes"
	"encoding/csv"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
)

// gauge counts what is written, and looks now and then at how much memory is in use.
type gauge struct {
	bytes, looked int
	most          uint64
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (g *gauge) Write(b []byte) (int, error) {
	g.bytes += len(b)
	if g.bytes-g.looked > 2<<20 {
		g.looked, g.most = g.bytes, max(g.most, inUse())
	}
	return len(b), nil
}

func (o *office) export(rows model.ReportRows) *model.ReportExport {
	now := time.Now()
	return &model.ReportExport{AccountID: o.account, Rows: rows, Bucket: model.BucketDay, Filter: model.ReportFilter{From: now.Add(-time.Hour), To: now.Add(time.Hour), TimeZone: "UTC"}}
}

// An export of 30 MB is written by a few of them: other tests wait, for their memory would count.
func TestExportsAreStreamed(t *testing.T) {
	o := newOffice(t)
	c := o.connect("+15550000001")
	id := o.conversation(c, model.Resolved, "")
	o.exec(`INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, status) SELECT $1, $2, n, now(), 'SET', 'RESOLVED' FROM generate_series(2, 15001) n`, o.account, id)
	o.exec(`INSERT INTO surveys (account_id, id, conversation_id, version, channel_id, message_id, token_hash, created_at, expires_at, score, answered_at, answered_by, comment)
		SELECT $1, gen_random_uuid(), $2, n, $3, gen_random_uuid(), decode(md5(n::text), 'hex'), now() - interval '1 minute', now() + interval '1 hour', 5, now(), 'PAGE', repeat('good ', 400)
		FROM generate_series(2, 15001) n`, o.account, id, c.ID)
	before := inUse()
	var g gauge
	if err := o.WriteExport(t.Context(), o.export(model.RowsSurveys), &g); err != nil {
		t.Fatal(err)
	}
	if g.bytes < 30<<20 || g.most == 0 {
		t.Fatalf("%d bytes were written", g.bytes)
	}
	if grown := int64(g.most) - int64(before); grown > 8<<20 {
		t.Errorf("writing %d MB held %d MB", g.bytes>>20, grown>>20)
	}
}

// What a spreadsheet would run as a formula begins with an apostrophe, whoever wrote it.
func TestExportedCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	id := o.conversation(c, model.Resolved, "")
	texts := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "a=1", `"=1"`, "1, 2", " =1"}
	for i, text := range texts {
		o.exec(`INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, status) VALUES ($1, $2, $3, now(), 'SET', 'RESOLVED')`, o.account, id, i+2)
		o.exec(`INSERT INTO surveys (account_id, id, conversation_id, version, channel_id, message_id, token_hash, created_at, expires_at, score, answered_at, answered_by, comment)
			VALUES ($1, $4, $2, $5, $3, gen_random_uuid(), decode(md5($6), 'hex'), now(), now() + interval '1 hour', 5, now(), 'PAGE', $6)`,
			o.account, id, c.ID, model.NewIDAt(model.KindSurvey, time.UnixMilli(int64(i))), i+2, text)
	}
	var text bytes.Buffer
	if err := o.WriteExport(t.Context(), o.export(model.RowsSurveys), &text); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&text).ReadAll()
	if err != nil || len(rows) != len(texts)+1 {
		t.Fatal(len(rows), err)
	}
	got := map[string]bool{}
	for _, row := range rows[1:] {
		got[row[9]] = true
	}
	for i, text := range texts {
		want := text
		if i < 8 {
			want = "'" + text
		}
		if !got[want] && !got[strings.ReplaceAll(want, "\r", "")] { // a lone CR is no line end of RFC 4180
			t.Errorf("%q is not written as %q, but %v", text, want, got)
		}
	}
}

// New hours change no report about the past: a duration goes by those of the moment at which it ended.
func TestDurationsGoByTheHoursOfTheirTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	id := o.conversation(c, model.Open, "")
	now := time.Now()
	o.exec(`INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, status) VALUES ($1, $2, 1, $3, 'CUSTOMER_WROTE', 'OPEN')`, o.account, id, now.Add(-time.Hour))
	o.exec(`INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, status) VALUES ($1, $2, 2, $3, 'SET', 'RESOLVED')`, o.account, id, now.Add(-time.Minute))
	closed := *model.NoHours()
	closed.Enabled = true
	if _, err := o.UpdateHours(o.asAdmin(), c.ID, closed); err != nil {
		t.Fatal(err)
	}
	o.exec(`INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, status) VALUES ($1, $2, 3, $3, 'SET', 'OPEN')`, o.account, id, now.Add(2*time.Minute))
	o.exec(`INSERT INTO conversation_changes (account_id, conversation_id, version, at, reason, status) VALUES ($1, $2, 4, $3, 'SET', 'RESOLVED')`, o.account, id, now.Add(3*time.Minute))
	report := func(from, to time.Duration) *model.DurationStatistics {
		t.Helper()
		tally, err := o.db.ConversationReport(t.Context(), o.account, model.ReportFilter{From: now.Add(from), To: now.Add(to), TimeZone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		return tally.Durations(model.FigureResolved)
	}
	if d := report(-2*time.Hour, time.Minute); d.Count != 1 || *d.Wall.Median != 3540 || *d.Business.Median != 3540 {
		t.Errorf("before the hours were set: %+v", d)
	}
	if d := report(time.Minute, time.Hour); d.Count != 1 || *d.Wall.Median != 60 || *d.Business.Median != 0 {
		t.Errorf("since then: %+v", d)
	}
}
