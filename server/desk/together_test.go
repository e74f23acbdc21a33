package desk_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/model"
)

// What is decided together is decided as if one came after the other: what each decision saw of the agents is what those
// before it had left.
func TestWhatIsDecidedTogetherIsDecidedInTurn(t *testing.T) {
	t.Parallel()
	for _, mode := range []model.AssignmentMode{model.ConcurrentLoad, model.Sequential} {
		s := newShift(t, mode)
		other := s.connect("+4930112")
		for i := range 4 {
			a := s.works(fmt.Sprint(strings.ToLower(string(mode)), i), 10)
			s.exec(`INSERT INTO channel_agents (account_id, channel_id, agent_id, max_load) VALUES ($1, $2, $3, 3)`, s.account, other.ID, a.ID)
		}
		ids := map[model.ID][]model.ID{}
		for i := range 60 {
			c := []*model.Channel{s.channel, s.channel, other}[i%3]
			id := s.conversation(c, model.Open, "")
			s.exec(`UPDATE conversations SET to_place = 'ALL', waiting_since = now() WHERE id = $1`, id)
			ids[c.ID] = append(ids[c.ID], id)
		}
		s.exec(`UPDATE channels SET assignment_mode = $1, automation_version = 2`, mode)
		var all sync.WaitGroup
		for channel, list := range ids {
			all.Go(func() {
				if err := s.Place(t.Context(), s.account, channel, list...); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		s.count(40, `agents a JOIN conversations c ON c.agent_id = a.id`)
		s.count(4, `agents WHERE connected AND open_count = 10`)
		s.count(0, `(SELECT 1 FROM conversations WHERE channel_id = $1 AND agent_id IS NOT NULL GROUP BY agent_id HAVING count(*) > 3) over`, other.ID)
		s.count(20, `conversations WHERE agent_id IS NULL AND target_kind = 'HUMAN_AGENTS' AND to_place IS NULL`)
		s.seenInTurn()
		s.sound()
	}
}

// seenInTurn fails unless each decision saw as many conversations with the agent it chose as the decisions before it had
// given them.
func (s *shift) seenInTurn() {
	s.t.Helper()
	given := map[model.ID]int{}
	for _, d := range s.decisions() {
		for _, c := range d.again.Candidates {
			if c.Load != given[c.AgentID] {
				s.t.Errorf("decision %s saw %d conversations with %s, who had %d", d.id, c.Load, c.AgentID, given[c.AgentID])
			}
		}
		given[d.again.AgentID]++
	}
}

// One that cannot be stored fails alone.
func TestOneThatFailsDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	ken := s.works("ken", 100)
	var list []model.ID
	for range 10 {
		id := s.conversation(s.channel, model.Open, "")
		s.exec(`UPDATE conversations SET to_place = 'ALL', waiting_since = now() WHERE id = $1`, id)
		list = append(list, id)
	}
	s.exec(`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'spoiled'; END $$`)
	s.exec(fmt.Sprintf(`CREATE TRIGGER spoiled BEFORE UPDATE ON conversations FOR EACH ROW WHEN (NEW.id = '%s') EXECUTE FUNCTION spoil()`, list[3]))
	if err := s.Place(t.Context(), s.account, s.channel.ID, list...); err == nil || !strings.Contains(err.Error(), "spoiled") {
		t.Errorf("placed with %v", err)
	}
	s.count(9, `conversations WHERE agent_id = $1`, ken.ID)
	s.count(1, `conversations WHERE id = $1 AND to_place = 'ALL' AND agent_id IS NULL`, list[3])
	s.exec(`DROP TRIGGER spoiled ON conversations`)
	if err := s.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.EndReceiving()
	s.owns(ken, list[3])
	s.sound()
}

// One that is asked about twice at once, as after a hint and a sweep, is decided about once.
func TestOneThatIsAskedAboutTwiceIsDecidedOnce(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Sequential)
	ken := s.works("ken", 10)
	id := s.conversation(s.channel, model.Open, "")
	s.exec(`UPDATE conversations SET to_place = 'ALL', waiting_since = now() WHERE id = $1`, id)
	if err := s.Place(t.Context(), s.account, s.channel.ID, id, id, id); err != nil {
		t.Fatal(err)
	}
	s.owns(ken, id)
	s.count(1, `decisions`)
	s.count(1, `agents WHERE id = $1 AND open_count = 1`, ken.ID)
	s.sound()
}

// An agent who is given another conversation between the reading and the storing is not given one too many.
func TestWhoIsGivenAnotherOneMeanwhileIsAskedAgain(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	ken := s.works("ken", 1)
	ida := s.works("ida", 1)
	id, by := s.conversation(s.channel, model.Open, ""), s.conversation(s.channel, model.Open, "")
	s.exec(`UPDATE conversations SET to_place = 'ALL', waiting_since = now() WHERE id = $1`, id)
	person, err := s.db.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer person.Rollback(t.Context())
	// By hand, and not yet committed: the reading sees Ken free, and the storing waits for his row.
	if _, err := person.Exec(t.Context(), `UPDATE conversations SET agent_id = $2 WHERE id = $1`, by, ken.ID); err != nil {
		t.Fatal(err)
	}
	placed := make(chan error, 1)
	go func() { placed <- s.Place(t.Context(), s.account, s.channel.ID, id) }()
	s.until(`SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%save_placings%'`)
	if err := errors.Join(person.Commit(t.Context()), <-placed); err != nil {
		t.Fatal(err)
	}
	s.owns(ida, id)
	s.count(1, `decisions WHERE conversation_id = $1`, id)
	s.sound()
}

// until returns once the question is answered with yes.
func (s *shift) until(question string) {
	s.t.Helper()
	for yes := false; !yes && s.t.Context().Err() == nil; {
		s.one(&yes, question)
	}
}
