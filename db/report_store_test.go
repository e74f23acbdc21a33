package db_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
)

func (h *history) verified(wrong int) {
	h.t.Helper()
	found, err := h.d.VerifyReports(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	if len(found.Wrong) != wrong || found.Slots == 0 || found.Facts < found.Slots {
		h.t.Errorf("%d slots with %d facts, %d wrong, want %d: %s", found.Slots, found.Facts, len(found.Wrong), wrong, strings.Join(found.Wrong, "; "))
	}
}

func (h *history) count(want int, sql string) {
	h.t.Helper()
	var n int
	if err := h.d.Pool().QueryRow(h.t.Context(), `SELECT count(*) FROM `+sql).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	if n != want {
		h.t.Errorf("%d %s, want %d", n, sql, want)
	}
}

func (h *history) opened() int {
	h.t.Helper()
	f := model.ReportFilter{From: h.from.AddDate(0, 0, -1), To: h.from.AddDate(0, 0, 400), TimeZone: "UTC"}
	t, err := h.d.ConversationReport(h.t.Context(), h.account, f)
	if err != nil {
		h.t.Fatal(err)
	}
	return t.Count(model.FigureOpened)
}

// Stored facts are those that are made anew; what is not so is found.
func TestStoredFactsAreVerified(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 80)
	live := h.opened()
	h.keep(h.from.AddDate(0, 6, 0))
	h.verified(0)
	if got := h.opened(); got != live {
		t.Errorf("%d were opened by what is stored, %d without", got, live)
	}
	h.add(`DELETE FROM report_slots WHERE slot = (SELECT min(slot) FROM report_slots)`)
	h.add(`UPDATE report_slots SET facts = (SELECT facts FROM report_slots ORDER BY slot LIMIT 1) WHERE slot = (SELECT max(slot) FROM report_slots)`)
	h.store()
	h.verified(2)
}

// A conversation that is merged into another leaves the reports at once, and comes back when it is opened.
func TestMergedConversationsLeaveReports(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 40)
	end := h.from.AddDate(0, 6, 0)
	h.keep(end)
	before := h.opened()
	const one = `(SELECT c.id FROM conversations c JOIN conversation_changes h ON h.conversation_id = c.id AND h.version = 1 WHERE c.closed_reason IS NULL ORDER BY c.id LIMIT 1)`
	h.add(`CREATE TABLE gone AS SELECT ` + one + ` AS id`)
	h.store()
	h.add(`UPDATE conversations SET closed_reason = 'MERGED' WHERE id = (SELECT id FROM gone)`)
	h.store()
	if got := h.opened(); got != before-1 {
		t.Errorf("%d are opened after one of %d was merged", got, before)
	}
	h.keep(end)
	h.count(0, `report_stale`)
	h.verified(0)
	if got := h.opened(); got != before-1 {
		t.Errorf("stored anew, %d are opened after one of %d was merged", got, before)
	}
	h.add(`UPDATE conversations SET closed_reason = NULL WHERE id = (SELECT id FROM gone)`)
	h.store()
	if got := h.opened(); got != before {
		t.Errorf("%d are opened after the merged one came back to %d", got, before-1)
	}
	h.keep(end)
	h.verified(0)
}

// Two processes that store at once store everything once.
func TestFactsAreStoredOnce(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 80)
	end := h.from.AddDate(0, 6, 0)
	if _, _, err := h.d.ReportAccounts(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 60 {
				if _, err := h.d.StoreFacts(t.Context(), h.account, end); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	h.keep(end.Add(time.Hour))
	h.verified(0)
}
