package desk_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// Four processes place 500 new conversations of one channel at once: nobody gets more than their limit, and what frees
// later goes to those who have waited the longest.
func TestFourProcessesPlaceFiveHundred(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	for i := range 10 {
		s.works(fmt.Sprint("agent", i), 5)
	}
	s.exec(watchLoad)
	desks := []*desk.Desk{s.process(), s.process(), s.process(), s.process()}
	start := time.Now()
	var all sync.WaitGroup
	for i := range 500 {
		all.Go(func() {
			number := fmt.Sprintf("+4915%04d", i)
			in := model.Incoming{ExternalID: number, Addresses: []string{number}, Kind: model.TextMessage, Text: "hello", At: time.Now()}
			if err := desks[i%4].Receive(t.Context(), s.channel, []model.Incoming{in}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, d := range desks {
		d.EndReceiving()
	}
	t.Logf("placed after %s", time.Since(start))
	s.count(0, `conversations WHERE to_place IS NOT NULL`)
	s.count(50, `conversations WHERE agent_id IS NOT NULL`)
	s.count(450, `conversations WHERE agent_id IS NULL AND target_kind = 'HUMAN_AGENTS'`)
	s.count(10, `agents WHERE open_count = 5`)

	s.exec(`CREATE TABLE oldest AS SELECT id FROM conversations WHERE agent_id IS NULL ORDER BY waiting_since, id LIMIT 20`)
	start = time.Now()
	for i, id := range s.list(`SELECT id::text FROM conversations WHERE agent_id IS NOT NULL ORDER BY id LIMIT 20`) {
		all.Go(func() {
			if _, err := desks[i%4].SetStatus(s.asAdmin(), desk.StatusChange{Conversation: id, Status: model.Resolved}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, d := range desks {
		d.EndReceiving()
	}
	t.Logf("20 slots filled again after %s", time.Since(start))
	s.count(20, `conversations WHERE agent_id IS NOT NULL AND status = 'OPEN' AND id IN (SELECT id FROM oldest)`)
	s.count(50, `conversations WHERE agent_id IS NOT NULL AND status = 'OPEN'`)
	s.count(0, `too_much`)
	s.sound()
}

func (s *shift) list(sql string, args ...any) (ids []model.ID) {
	s.t.Helper()
	if err := s.db.NewRaw(sql, args...).Scan(s.t.Context(), &ids); err != nil {
		s.t.Fatal(err)
	}
	return ids
}

func TestTurnsAreEvenWhileOneFlaps(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Sequential)
	var agents []*model.Agent
	for i := range 7 {
		agents = append(agents, s.works(fmt.Sprint("agent", i), 1000))
	}
	for i := range 300 {
		if i%5 == 0 {
			s.is(agents[3], []model.Availability{model.Away, model.Online}[i/5%2])
		}
		s.writes(fmt.Sprintf("+4915%04d", i), "hello")
		if i%3 == 0 {
			s.EndReceiving()
		}
	}
	s.EndReceiving()
	var spread int
	s.one(&spread, `SELECT max(open_count) - min(open_count) FROM agents WHERE connected AND id <> $1`, agents[3].ID)
	if spread > 1 {
		t.Errorf("spread %d", spread)
	}
	s.count(0, `conversations WHERE agent_id IS NULL`)
}

// What is stored of a decision is enough to make it again.
func TestStoredDecisionsAreReplayed(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.works("ken", 2)
	s.comes(s.hana)
	team, err := s.CreateTeam(s.asAdmin(), "Refunds", []model.ID{s.hana.ID})
	if err != nil {
		t.Fatal(err)
	}
	s.rule(model.Action{AssignTo: model.AssignTo{TeamID: team.ID}, Priority: model.High}, `[{"messageText":{"contains":"refund"}},{"contactAddress":{"startsWith":"+4915"}}]`)
	for i := range 12 {
		s.writes(fmt.Sprintf("+4915%02d", i), []string{"hello", "a refund"}[i%2])
		s.EndReceiving()
	}
	s.mode(model.Sequential)
	if n := len(s.decisions()); n < 12 {
		t.Errorf("%d decisions", n)
	}
}

// remade is a stored decision that was made again.
type remade struct {
	id    model.ID
	again model.Decision
}

// decisions makes all stored decisions again, in the order in which they were made. It fails when one is another.
func (s *shift) decisions() (all []remade) {
	s.t.Helper()
	var rows []struct {
		ID, Channel     model.ID
		Version         int64
		Text            string
		Record          json.RawMessage
		Outcome, Reason string
		Agent           string
	}
	if err := s.db.NewRaw(`SELECT d.id, d.channel_id AS channel, d.automation_version AS version, coalesce(m.text, '') AS text, d.record, d.outcome, d.reason, coalesce(d.agent_id::text, '') AS agent
		FROM decisions d LEFT JOIN messages m ON m.account_id = d.account_id AND m.id = d.message_id ORDER BY d.decided_at, d.id`).Scan(s.t.Context(), &rows); err != nil {
		s.t.Fatal(err)
	}
	for _, row := range rows {
		var r model.Record
		if err := json.Unmarshal(row.Record, &r); err != nil {
			s.t.Fatal(err)
		}
		by, err := s.db.PastAutomation(s.t.Context(), s.account, row.Channel, row.Version)
		if err != nil {
			s.t.Fatal(err)
		}
		d, err := model.Replay(&r, by.Automation, row.Text)
		got := []string{string(d.Outcome), string(d.Reason), string(d.AgentID)}
		if want := []string{row.Outcome, row.Reason, row.Agent}; err != nil || !reflect.DeepEqual(got, want) {
			s.t.Errorf("%v: replayed %q, decided %q", err, got, want)
		}
		all = append(all, remade{row.ID, d})
	}
	return all
}

func TestAnOldDecisionIsKeptInWords(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.comes(s.hana)
	s.hears("+4915100")
	s.exec(`UPDATE decisions SET decided_at = now() - interval '80 days'`)
	if err := s.ForgetRecords(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.count(1, `decisions WHERE record IS NOT NULL AND sentence IS NULL`)
	s.exec(`UPDATE decisions SET decided_at = now() - interval '91 days'`)
	if err := s.ForgetRecords(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.count(1, `decisions WHERE record IS NULL AND sentence = 'Only hana can take it now.'`)
}

// The channel's AI Agent comes before people, unless it is stopped; what a person takes from it stays with people.
func TestTheAiAgentComesFirst(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.comes(s.hana)
	robin := model.NewID(model.KindAiAgent)
	s.exec(`INSERT INTO ai_agents (account_id, id, name) VALUES ($1, $2, 'Robin')`, s.account, robin)
	s.exec(`UPDATE channels SET ai_agent_id = $1, ai_started = true, automation_version = automation_version + 1`, robin)
	c := s.hears("+4915100")
	if c.Status != model.AiReplying || c.AiAgentID != robin || c.Epoch != 2 {
		t.Errorf("%s, AI Agent %q, epoch %d", c.Status, c.AiAgentID, c.Epoch)
	}
	if _, err := s.SetStatus(s.asAdmin(), desk.StatusChange{Conversation: c.ID, Status: model.Open}); err != nil {
		t.Fatal(err)
	}
	s.EndReceiving()
	s.owns(s.hana, c.ID)
	s.count(1, `decisions WHERE stage = 'HUMANS' AND conversation_id = $1`, c.ID)
	s.exec(`UPDATE channels SET ai_started = false`)
	s.owns(s.hana, s.hears("+4915101").ID)
	s.count(0, `conversations WHERE handled_seq < last_inbound_seq`)
	s.sound()
}
