package bench

import (
	"os"
	"strings"
	"testing"
)

func TestListIsMeasuredWhole(t *testing.T) {
	t.Parallel()
	plan := listPlan{small: 600, large: 1200, channels: 3, agents: 2, messages: 3, requests: 5, rounds: 2}
	f, err := plan.run(t.Context(), newTestStage(t)) // its answers are compared and looked into, and the account verified
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"ratio=", "ratio_bar=1.3", "small_cpu_ms_bar=3", "agent_ratio=", "agent_large_cpu_ms="} {
		if !strings.Contains(" "+f.String(), " "+key) {
			t.Errorf("the figures lack %s: %s", key, f)
		}
	}
}

func TestListLacksNothing(t *testing.T) {
	t.Parallel()
	row := listRow{ID: "c"}
	row.Contact.Name, row.Channel.Name, row.LastMessage.Text = "Ana Lima", "Shop", "Hello"
	owned := row
	owned.Assignee = &struct{ Name string }{"Hana"}
	owned.Labels = append(owned.Labels, struct{ Name string }{"urgent"})
	mute := row
	mute.LastMessage.Text = ""
	full := append(pageOf(row, listPage-1), owned)
	for name, rows := range map[string][]listRow{
		"a row too few":       full[1:],
		"nobody owns any":     pageOf(row, listPage),
		"without a message":   append(full[1:len(full):len(full)], mute),
		"without any at all":  nil,
		"twice as many rows ": append(full[:len(full):len(full)], full...),
	} {
		if complete(rows) == nil {
			t.Errorf("%s: it was taken for complete", name)
		}
	}
	if err := complete(full); err != nil {
		t.Error(err)
	}
}

func pageOf(row listRow, n int) []listRow {
	rows := make([]listRow, n)
	for i := range rows {
		rows[i] = row
	}
	return rows
}

func TestListAsksWhatTheContractAsks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../graph/testdata/contract/conversations.graphql")
	if err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(strings.TrimSpace(listQuery), "\n\n") {
		if !strings.Contains(string(text), part) {
			t.Errorf("the contract has no such part:\n%s", part)
		}
	}
}
