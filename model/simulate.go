package model

import (
	"maps"
	"slices"
	"time"
)

// Past is a conversation as it was when it was decided, with what became of it.
type Past struct {
	Snapshot  Snapshot  // its automation is that of the draft
	AgentID   ID        // who got it then; empty: no person did
	AiAgentID ID        // the AI Agent that did; empty: none
	EndedAt   time.Time // when it stopped counting for whoever had it; zero: it still does
}

// Simulation is what a draft would have done with past conversations.
type Simulation struct {
	Placed  []Placed // one per conversation, in the order given
	Unused  []ID     // rules of the draft that are on and that no conversation went by
	Loads   []Share  // of the agents who got any, by id
	Moved   int
	Waiting int // conversations for which nobody was free at once
	ByAi    int
}

// Placed is what a draft would have done with one conversation.
type Placed struct {
	ConversationID ID
	Decision       Decision
	FromAgentID    ID // who got it in fact
	FromAiAgentID  ID
	Moved          bool
}

// Share is how many of the conversations an agent got.
type Share struct {
	AgentID ID
	Before  int
	After   int
}

// Simulate runs past conversations of one channel, in the order of their time, through a draft. Whom the draft would have
// given a conversation is busier in what follows, and who had it in fact is freer, until it ended. It assumes that a
// conversation takes as long with whoever answers it, that people were there as they were, and that one who waits is not
// asked again: when somebody would have been free for it is not told.
func Simulate(past []Past, draft Automation) Simulation {
	sim := &simulator{load: map[ID]int{}, turns: map[ID]int64{}, assigned: map[ID]time.Time{}}
	used, shares := map[ID]bool{}, map[ID]*Share{}
	var result Simulation
	for _, p := range past {
		placed := sim.place(p, draft)
		used[placed.Decision.RuleID] = true
		result.add(placed, shares)
	}
	rules := draft.Rules.all()
	for i := range rules {
		if rules[i].Enabled && !used[rules[i].ID] {
			result.Unused = append(result.Unused, rules[i].ID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(shares)) {
		result.Loads = append(result.Loads, *shares[id])
	}
	return result
}

func (s *Simulation) add(p Placed, shares map[ID]*Share) {
	s.Placed = append(s.Placed, p)
	if p.Moved {
		s.Moved++
	}
	switch p.Decision.Outcome {
	case OutcomeWaiting:
		s.Waiting++
	case OutcomeAiReplying:
		s.ByAi++
	}
	for _, id := range []ID{p.FromAgentID, p.Decision.AgentID} {
		if id != "" && shares[id] == nil {
			shares[id] = &Share{AgentID: id}
		}
	}
	if p.FromAgentID != "" {
		shares[p.FromAgentID].Before++
	}
	if p.Decision.AgentID != "" {
		shares[p.Decision.AgentID].After++
	}
}

// simulator keeps what the draft has changed so far, by agent.
type simulator struct {
	load     map[ID]int // by how many open conversations an agent has more than in fact
	turns    map[ID]int64
	assigned map[ID]time.Time
	moves    []moved // that have not ended
}

type moved struct {
	from, to ID
	until    time.Time // zero: it does not end
}

func (s *simulator) place(p Past, draft Automation) Placed {
	s.end(p.Snapshot.Local)
	snapshot := p.Snapshot
	snapshot.Automation = draft
	snapshot.Candidates = s.candidates(snapshot.Candidates)
	d := Route(snapshot)
	if d.Outcome == OutcomeAssigned {
		s.assigned[d.AgentID] = d.At
	}
	if d.TakesTurn() {
		s.turns[d.AgentID] = s.nextTurn()
	}
	if d.AgentID != p.AgentID {
		s.moves = append(s.moves, moved{p.AgentID, d.AgentID, p.EndedAt})
		s.load[p.AgentID]--
		s.load[d.AgentID]++
	}
	changed := d.AgentID != p.AgentID || d.AiAgentID != p.AiAgentID
	return Placed{snapshot.ConversationID, d, p.AgentID, p.AiAgentID, changed}
}

// end takes back the moves of conversations that have ended.
func (s *simulator) end(now time.Time) {
	s.moves = slices.DeleteFunc(s.moves, func(m moved) bool {
		over := !m.until.IsZero() && !m.until.After(now)
		if over {
			s.load[m.from]++
			s.load[m.to]--
		}
		return over
	})
}

// candidates are those of a snapshot as the draft would have found them. Turns and times count as they were when an agent
// is first seen, and after that as the draft makes them.
func (s *simulator) candidates(real []Candidate) []Candidate {
	drafted := slices.Clone(real)
	for i := range drafted {
		c := &drafted[i]
		if _, seen := s.turns[c.AgentID]; !seen {
			s.turns[c.AgentID], s.assigned[c.AgentID] = c.Turn, c.LastAssignedAt
		}
		c.Turn, c.LastAssignedAt = s.turns[c.AgentID], s.assigned[c.AgentID]
		c.Load = max(0, c.Load+s.load[c.AgentID])
		c.ChannelLoad = max(0, c.ChannelLoad+s.load[c.AgentID])
	}
	return drafted
}

func (s *simulator) nextTurn() int64 { return slices.Max(slices.Collect(maps.Values(s.turns))) + 1 }
