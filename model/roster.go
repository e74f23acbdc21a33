package model

// Roster is who could take conversations on several channels, while decisions about some of them are made one after the
// other and are not stored yet. Each decision sees what those before it did.
type Roster struct {
	Candidates map[ID][]Candidate // by channel; an agent may stand on several
	Turns      map[ID]int64       // by channel, the last turn
	Waits      map[ID]bool        // channels on which a decision was to wait
}

// NewRoster makes a roster without anybody.
func NewRoster() *Roster {
	return &Roster{Candidates: map[ID][]Candidate{}, Turns: map[ID]int64{}, Waits: map[ID]bool{}}
}

// Note has the decisions that follow see this one, about a conversation of the channel.
func (r *Roster) Note(channel ID, d *Decision) {
	switch d.Outcome {
	case OutcomeWaiting:
		r.Waits[channel] = true
		return
	case OutcomeAiReplying:
		return
	}
	for here, candidates := range r.Candidates {
		for i := range candidates {
			if c := &candidates[i]; c.AgentID == d.AgentID {
				c.Load++
				c.LastAssignedAt = d.At
				if here == channel {
					r.noteHere(c, channel, d)
				}
			}
		}
	}
}

// noteHere counts what belongs to the channel that the agent got the conversation on.
func (r *Roster) noteHere(c *Candidate, channel ID, d *Decision) {
	if c.MaxChannelLoad > 0 {
		c.ChannelLoad++
	}
	if d.TakesTurn() {
		r.Turns[channel]++
		c.Turn = r.Turns[channel]
	}
}
