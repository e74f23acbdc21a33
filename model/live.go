package model

import "time"

// Live is how things stand in an account: counted once for everybody, and cut for each viewer to what they may see.
type Live struct {
	At       time.Time
	Groups   []LiveGroup
	Channels []*Channel  // that were not removed, by name
	Teams    []*Team     // by name
	Agents   []*Agent    // who are connected, by name
	Members  map[ID][]ID // the agents of each channel, those who are connected
}

// LiveGroup counts the live conversations of one channel in one team; TeamID is empty for those in none.
type LiveGroup struct {
	ChannelID, TeamID ID
	LiveCounts
}

// LiveCounts are numbers of live conversations.
type LiveCounts struct {
	Open         int
	AiReplying   int
	Snoozed      int
	Unassigned   int        // OPEN and nobody's
	Waiting      int        // whose customer waits for an answer
	WaitingSince *time.Time // since when the longest; nil when nobody waits
}

// LiveView is what one viewer sees of how things stand.
type LiveView struct {
	At        time.Time
	Total     LiveCounts
	Channels  []*Channel
	ByChannel map[ID]*LiveCounts
	Teams     []*Team // with live conversations
	ByTeam    map[ID]*LiveCounts
	Agents    []*Agent
}

// For cuts the numbers to what the viewer sees, whose channels were read.
func (l *Live) For(v *Viewer) *LiveView {
	w := &LiveView{At: l.At, ByChannel: map[ID]*LiveCounts{}, ByTeam: map[ID]*LiveCounts{}}
	for _, c := range l.Channels {
		if v.Sees(c.ID) {
			w.Channels = append(w.Channels, c)
			w.ByChannel[c.ID] = &LiveCounts{}
		}
	}
	for i := range l.Groups {
		w.count(v, &l.Groups[i])
	}
	for _, t := range l.Teams {
		if w.ByTeam[t.ID] != nil {
			w.Teams = append(w.Teams, t)
		}
	}
	w.Agents = l.colleagues(v)
	return w
}

func (w *LiveView) count(v *Viewer, g *LiveGroup) {
	if !v.Sees(g.ChannelID) {
		return
	}
	w.Total.add(&g.LiveCounts)
	if c := w.ByChannel[g.ChannelID]; c != nil {
		c.add(&g.LiveCounts)
	}
	if g.TeamID == "" {
		return
	}
	if w.ByTeam[g.TeamID] == nil {
		w.ByTeam[g.TeamID] = &LiveCounts{}
	}
	w.ByTeam[g.TeamID].add(&g.LiveCounts)
}

func (c *LiveCounts) add(more *LiveCounts) {
	c.Open += more.Open
	c.AiReplying += more.AiReplying
	c.Snoozed += more.Snoozed
	c.Unassigned += more.Unassigned
	c.Waiting += more.Waiting
	if more.WaitingSince != nil && (c.WaitingSince == nil || more.WaitingSince.Before(*c.WaitingSince)) {
		c.WaitingSince = more.WaitingSince
	}
}

// colleagues are the agents of the channels that the viewer sees.
func (l *Live) colleagues(v *Viewer) []*Agent {
	if v.SeesAll() {
		return l.Agents
	}
	seen := map[ID]bool{}
	for channel, members := range l.Members {
		for _, agent := range members {
			if v.Sees(channel) {
				seen[agent] = true
			}
		}
	}
	var list []*Agent
	for _, a := range l.Agents {
		if seen[a.ID] {
			list = append(list, a)
		}
	}
	return list
}
