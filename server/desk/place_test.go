package desk_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// shift is a line whose channel gives out its conversations by itself.
type shift struct{ *line }

func newShift(t *testing.T, mode model.AssignmentMode) *shift {
	s := &shift{newLine(t)}
	s.mode(mode)
	t.Cleanup(s.EndReceiving)
	return s
}

func (s *shift) mode(mode model.AssignmentMode) {
	s.t.Helper()
	if _, err := s.UpdateAssignment(s.asAdmin(), desk.AssignmentChange{Channel: s.channel.ID, Mode: &mode}); err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
}

// works hires an agent who is online, connected and a member.
func (s *shift) works(name string, limit int) *model.Agent {
	s.t.Helper()
	a := s.hire(name, model.AgentRole)
	s.joins(a)
	s.limit(a, limit)
	s.comes(a)
	return a
}

func (s *shift) limit(a *model.Agent, limit int) {
	s.t.Helper()
	if _, err := s.UpdateAgent(s.asAdmin(), desk.AgentChange{Agent: a.ID, MaxLoad: &limit}); err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
}

// comes brings the agent online with a socket.
func (s *shift) comes(a *model.Agent) {
	s.t.Helper()
	s.exec(`UPDATE agents SET connected = true WHERE id = $1`, a.ID)
	s.is(a, model.Online)
}

func (s *shift) is(a *model.Agent, to model.Availability) {
	s.t.Helper()
	if _, err := s.SetAvailability(s.asAdmin(), a.ID, to); err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
}

// hears is a customer's message and all that the desk does about it.
func (s *shift) hears(number string) *model.Conversation {
	s.t.Helper()
	id, _ := s.writes(number, "hello")
	s.EndReceiving()
	return s.conversationNow(id)
}

func (s *shift) resolves(id model.ID) {
	s.t.Helper()
	if _, err := s.SetStatus(s.asAdmin(), desk.StatusChange{Conversation: id, Status: model.Resolved}); err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
}

func (s *shift) owns(a *model.Agent, id model.ID) {
	s.t.Helper()
	want := model.ID("")
	if a != nil {
		want = a.ID
	}
	if c := s.conversationNow(id); c.AgentID != want {
		s.t.Errorf("conversation %s (%s) is %q's, want %q", id, c.Status, c.AgentID, want)
	}
}

// sound fails when an invariant of the database does not hold.
func (s *shift) sound() {
	s.t.Helper()
	all, err := s.db.Verify(s.t.Context(), 3)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, v := range all {
		// The messages here come without their requests, and agents are connected without a socket.
		if v.Invariant.Name != "message-has-its-request" && v.Invariant.Name != "connected-has-a-lease" && v.Invariant.Name != "events-are-numbered" {
			s.t.Errorf("%s: %s", v.Invariant.Name, v.Where)
		}
	}
}

func TestANewConversationGoesToTheLeastBusy(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	ken := s.works("ken", 5)
	s.owns(ken, s.hears("+4915100").ID)
	s.comes(s.hana)
	c := s.hears("+4915101")
	s.owns(s.hana, c.ID)
	if c.Version != 2 || c.Epoch != 2 {
		t.Errorf("version %d, epoch %d", c.Version, c.Epoch)
	}
	s.count(1, `conversation_changes WHERE conversation_id = $1 AND reason = 'PLACED' AND actor_system = 'router' AND agent_id = $2`, c.ID, s.hana.ID)
	s.count(1, `decisions WHERE conversation_id = $1 AND outcome = 'ASSIGNED' AND reason = 'FEWEST_OPEN' AND agent_id = $2 AND record IS NOT NULL`, c.ID, s.hana.ID)
	s.count(0, `conversations WHERE to_place IS NOT NULL OR target_kind IS NOT NULL OR handled_seq < last_inbound_seq`)
	s.sound()
}

func TestNobodyIsPickedInManual(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Manual)
	s.comes(s.hana)
	s.owns(nil, s.hears("+4915100").ID)
	s.count(0, `decisions`)
	s.count(0, `conversations WHERE to_place IS NOT NULL OR handled_seq < last_inbound_seq`)
	s.mode(model.ConcurrentLoad)
	s.count(1, `conversations WHERE agent_id = $1`, s.hana.ID)
}

func TestTheQueueDrains(t *testing.T) {
	t.Parallel()
	for name, frees := range map[string]func(*shift, *model.Agent, model.ID){
		"coming online": func(s *shift, _ *model.Agent, _ model.ID) { s.comes(s.hana) },
		"connecting": func(s *shift, _ *model.Agent, _ model.ID) {
			s.is(s.hana, model.Online)
			s.exec(`UPDATE agents SET connected = true WHERE id = $1`, s.hana.ID)
			s.Arrived(s.account, s.hana.ID)
		},
		"resolving":       func(s *shift, _ *model.Agent, owned model.ID) { s.resolves(owned) },
		"a higher limit":  func(s *shift, ken *model.Agent, _ model.ID) { s.limit(ken, 2) },
		"one more member": func(s *shift, _ *model.Agent, _ model.ID) { s.works("mia", 5) },
		"another mode": func(s *shift, ken *model.Agent, _ model.ID) {
			s.exec(`UPDATE agents SET max_load = 2 WHERE id = $1`, ken.ID)
			s.mode(model.Sequential)
		},
		"putting one back": func(s *shift, ken *model.Agent, owned model.ID) {
			s.assigns(desk.Assign{Conversation: owned, Unassigned: true})
		},
		"catching up": func(s *shift, ken *model.Agent, _ model.ID) {
			s.exec(`UPDATE agents SET max_load = 2 WHERE id = $1`, ken.ID)
			s.catchesUp()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShift(t, model.ConcurrentLoad)
			ken := s.works("ken", 1)
			owned := s.hears("+4915100").ID
			s.owns(ken, owned)
			first, second := s.hears("+4915101").ID, s.hears("+4915102").ID
			urgent := model.Urgent
			s.count(2, `conversations WHERE target_kind = 'HUMAN_AGENTS' AND agent_id IS NULL`)
			if _, err := s.UpdateConversation(s.asAdmin(), desk.ConversationChange{Conversation: second, Priority: &urgent}); err != nil {
				t.Fatal(err)
			}
			s.hana.MaxLoad = 1
			s.exec(`UPDATE agents SET max_load = 1 WHERE name IN ('hana', 'mia')`)
			frees(s, ken, owned)
			s.EndReceiving()
			if s.conversationNow(second).AgentID == "" {
				t.Error("the urgent one waits")
			}
			if name != "one more member" {
				s.owns(nil, first)
			}
			s.sound()
		})
	}
}

func (s *shift) assigns(a desk.Assign) {
	s.t.Helper()
	a.Force = true
	if _, err := s.Assign(s.asAdmin(), a); err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
}

func (s *shift) catchesUp() {
	s.t.Helper()
	if err := s.CatchUp(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.EndReceiving()
}

func TestWhatNobodyCanTakeHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.rule(model.Action{AssignTo: model.AssignTo{AgentID: s.hana.ID}}, `[{"messageText":{"contains":"refund"}}]`)
	ken := s.works("ken", 1)
	full := s.hears("+4915100")
	s.owns(ken, full.ID)
	stuck, _ := s.writes("+4915101", "a refund please")
	s.EndReceiving()
	s.count(1, `conversations WHERE id = $1 AND target_kind = 'AGENT' AND target_id = $2`, stuck, s.hana.ID)
	waits := s.hears("+4915102").ID
	s.owns(nil, waits)
	s.resolves(full.ID)
	s.owns(ken, waits)
	s.owns(nil, stuck)
	s.comes(s.hana)
	s.owns(s.hana, stuck)
}

// A place that became free belongs to who waits the longest, also when somebody else writes before the queue is served.
func TestNobodyOvertakesTheQueue(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]func(ken *model.Agent) model.AssignTo{
		"of all":       func(*model.Agent) model.AssignTo { return toHumans.AssignTo },
		"of one agent": func(ken *model.Agent) model.AssignTo { return model.AssignTo{AgentID: ken.ID} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShift(t, model.ConcurrentLoad)
			ken := s.works("ken", 1)
			s.rule(model.Action{AssignTo: to(ken)}, `[]`)
			s.owns(ken, s.hears("+4915100").ID)
			first, second := s.hears("+4915101").ID, s.hears("+4915102").ID
			s.exec(`UPDATE agents SET max_load = 2`) // and nobody is told
			if err := s.React(t.Context(), s.account, s.channel.ID, second); err != nil {
				t.Fatal(err)
			}
			s.owns(nil, second)
			s.owns(nil, s.hears("+4915103").ID)
			s.owns(ken, first)
			s.sound()
		})
	}
}

// rule adds a rule with the conditions as JSON.
func (s *shift) rule(a model.Action, conditions string) {
	s.t.Helper()
	s.exec(`INSERT INTO rules (account_id, id, channel_id, name, enabled, position, match, conditions, action, fallback, created_at)
		SELECT $1, $2, $3, 'Rule', true, count(*), 'ALL', $4::jsonb, $5::jsonb, 'WAIT', now() FROM rules`, s.account, model.NewID(model.KindChannel), s.channel.ID, conditions, a)
	s.exec(`UPDATE channels SET automation_version = automation_version + 1`)
}

func TestARuleSetsPriorityAndLabels(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.Manual)
	label, err := s.CreateLabel(s.asAdmin(), "VIP", "#112233")
	if err != nil {
		t.Fatal(err)
	}
	s.rule(model.Action{AssignTo: model.AssignTo{HumanAgents: true}, Priority: model.High, LabelIDs: []model.ID{label.ID}}, `[]`)
	c := s.hears("+4915100")
	if c.Priority != model.High || c.Version != 2 || c.AgentID != "" {
		t.Errorf("%+v", c)
	}
	s.count(1, `conversation_labels WHERE conversation_id = $1`, c.ID)
	s.count(1, `decisions WHERE rule_id IS NOT NULL AND outcome = 'WAITING' AND reason = 'MANUAL'`)
	s.sound()
}

func TestWhoLeavesLosesTheirConversations(t *testing.T) {
	t.Parallel()
	disabled := true
	for name, leaves := range map[string]func(*shift, *model.Agent) error{
		"the channel": func(s *shift, a *model.Agent) error {
			_, err := s.RemoveChannelAgents(s.asAdmin(), s.channel.ID, []model.ID{a.ID})
			return err
		},
		"the company": func(s *shift, a *model.Agent) error {
			_, err := s.UpdateAgent(s.asAdmin(), desk.AgentChange{Agent: a.ID, Disabled: &disabled})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShift(t, model.ConcurrentLoad)
			ken := s.works("ken", 5)
			a, b := s.hears("+4915100").ID, s.hears("+4915101").ID
			s.exec(`UPDATE agents SET max_load = 1 WHERE id = $1`, s.hana.ID)
			s.comes(s.hana)
			if err := leaves(s, ken); err != nil {
				t.Fatal(err)
			}
			s.EndReceiving()
			s.owns(s.hana, a)
			s.owns(nil, b)
			s.count(1, `decisions WHERE conversation_id = $1 AND stage = 'HUMANS' AND outcome = 'WAITING'`, b)
			s.sound()
		})
	}
}

func TestATeamsConversationStaysInTheTeam(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	ken := s.works("ken", 5)
	team, err := s.CreateTeam(s.asAdmin(), "Refunds", []model.ID{s.hana.ID})
	if err != nil {
		t.Fatal(err)
	}
	c := s.hears("+4915100")
	s.owns(ken, c.ID)
	s.assigns(desk.Assign{Conversation: c.ID, Team: team.ID})
	s.owns(nil, c.ID)
	s.comes(s.hana)
	s.owns(s.hana, c.ID)
	if now := s.conversationNow(c.ID); now.TeamID != team.ID {
		t.Errorf("team %q", now.TeamID)
	}
	s.sound()
}

func TestASnoozedConversationWakesWithWhoIsThere(t *testing.T) {
	t.Parallel()
	for name, wakes := range map[string]func(*shift, model.ID, string) error{
		"by the clock": func(s *shift, id model.ID, _ string) error {
			s.exec(`UPDATE conversations SET snoozed_until = now() - interval '1 s' WHERE id = $1`, id)
			return s.Wake(s.t.Context())
		},
		"by the customer": func(s *shift, _ model.ID, number string) error { s.writes(number, "hello?"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShift(t, model.ConcurrentLoad)
			ken := s.works("ken", 5)
			sleeps := func(number string) model.ID {
				id := s.hears(number).ID
				s.owns(ken, id)
				if _, err := s.SetStatus(s.asAdmin(), desk.StatusChange{Conversation: id, Status: model.Snoozed}); err != nil {
					t.Fatal(err)
				}
				return id
			}
			a, b := sleeps("+4915100"), sleeps("+4915101")
			s.limit(ken, 0)
			if err := wakes(s, a, "+4915100"); err != nil {
				t.Fatal(err)
			}
			s.EndReceiving()
			s.owns(ken, a) // also above the limit
			s.is(ken, model.Away)
			s.comes(s.hana)
			if err := wakes(s, b, "+4915101"); err != nil {
				t.Fatal(err)
			}
			s.EndReceiving()
			s.owns(s.hana, b)
			s.sound()
		})
	}
}

func TestAReopenedConversationGoesBackToWhoHadIt(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	always := model.AlwaysReopen
	if _, err := s.UpdateAssignment(s.asAdmin(), desk.AssignmentChange{Channel: s.channel.ID, ReopenPolicy: &always}); err != nil {
		t.Fatal(err)
	}
	ken := s.works("ken", 5)
	c := s.hears("+4915100").ID
	s.hears("+4915101")
	s.comes(s.hana)
	s.resolves(c)
	if again := s.hears("+4915100"); again.ID != c {
		t.Fatal("another conversation")
	}
	s.owns(ken, c)
	s.count(1, `decisions WHERE conversation_id = $1 AND reason = 'FORMER_AGENT'`, c)
}

func TestACrashLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.comes(s.hana)
	c := s.hears("+4915100").ID
	s.exec(`UPDATE conversations SET agent_id = NULL`)
	s.exec(`UPDATE conversations SET to_place = 'ALL', handled_seq = 0`)
	s.catchesUp()
	s.owns(s.hana, c)
	s.count(0, `conversations WHERE to_place IS NOT NULL OR handled_seq < last_inbound_seq`)
}

// Of one agent on many channels no two assignments, each under the lock of its own channel, go past the limit.
func TestALimitHoldsOverChannels(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	channels := []*model.Channel{s.channel}
	mode := model.ConcurrentLoad
	for i := range 5 {
		c := s.connect(fmt.Sprintf("+49302%d", i))
		if _, err := s.AddChannelAgents(s.asAdmin(), c.ID, []model.ID{s.hana.ID}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.UpdateAssignment(s.asAdmin(), desk.AssignmentChange{Channel: c.ID, Mode: &mode}); err != nil {
			t.Fatal(err)
		}
		channels = append(channels, c)
	}
	s.limit(s.hana, 7)
	s.comes(s.hana)
	s.exec(watchLoad)
	var all sync.WaitGroup
	for i, c := range channels {
		all.Go(func() {
			for n := range 5 {
				number := fmt.Sprintf("+4917%d%d", i, n)
				in := model.Incoming{ExternalID: number, Addresses: []string{number}, Kind: model.TextMessage, Text: "hello", At: time.Now()}
				if err := s.Receive(t.Context(), c, []model.Incoming{in}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	s.EndReceiving()
	s.catchesUp()
	s.count(7, `conversations WHERE agent_id = $1`, s.hana.ID)
	s.count(0, `too_much`)
	s.sound()
}

// watchLoad notes each time that an agent has more than their limit.
const watchLoad = `CREATE TABLE too_much (agent_id uuid, load int);
	CREATE FUNCTION watch_load() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF NEW.open_count > NEW.max_load THEN INSERT INTO too_much VALUES (NEW.id, NEW.open_count); END IF; RETURN NULL; END $$;
	CREATE TRIGGER watch_load AFTER UPDATE ON agents FOR EACH ROW EXECUTE FUNCTION watch_load()`

// Settling holds up nobody, and may be done at any time.
func TestSettlingWhileCustomersWrite(t *testing.T) {
	t.Parallel()
	s := newShift(t, model.ConcurrentLoad)
	s.comes(s.hana)
	s.limit(s.hana, 100)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 5 {
				id, _ := s.writes(fmt.Sprintf("+4917%d%d", i, n), "hello")
				s.EndReceiving()
				s.owns(s.hana, id)
			}
		})
	}
	all.Wait()
	s.sound()
}
