package model

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Automation is what one version of a channel's settings says about who answers. It is kept once per version.
type Automation struct {
	Version int64
	Mode    AssignmentMode
	Rules   *RuleSet
}

// Stage says where a conversation enters the decision.
type Stage string

// The stages. The last two never lead to an AI Agent.
const (
	StageAll     Stage = "ALL"     // it is new, reopened, or decided afresh while nobody has it: rules, AI Agent, human agents
	StageHumans  Stage = "HUMANS"  // it was handed over, to the snapshot's target if it names one
	StageWaiting Stage = "WAITING" // it waits for the snapshot's target
)

// Snapshot is all that a decision depends on, as it is at that moment.
type Snapshot struct {
	Automation     Automation
	ConversationID ID
	Stage          Stage
	Target         Target    // of the last two stages; zero: the channel's human agents
	FormerAgentID  ID        // who had the conversation before it was reopened, and comes first; empty: nobody does
	Local          time.Time // the moment, in the zone of the channel's hours
	Open           bool      // it is inside the business hours
	Message        MessageFacts
	Contact        ContactFacts
	AiAgentID      ID          // the channel's; empty: it has none
	AiStarted      bool        // and it may answer there now
	OtherAis       []ID        // AI Agents that may answer there besides the channel's; those that RuleSet.AiAgentIDs lists are enough
	Candidates     []Candidate // the channel's members and the agents that its rules name, best in the order of their ids
}

// MessageFacts is what rules ask about the customer's newest message.
type MessageFacts struct {
	ID       ID
	Kind     MessageKind
	Text     string
	FromAd   bool
	AdSource string // the provider's id of the advertisement; may be empty
}

// ContactFacts is what rules ask about the customer.
type ContactFacts struct {
	Name      string
	Addresses []string // on the channel's kind
	LabelIDs  []ID     // of all their conversations; those that RuleSet.LabelIDs lists are enough
	Language  string   // BCP 47; empty: unknown
	Returning bool     // they have an older conversation in the account
}

// Candidate is an agent who might get the conversation.
type Candidate struct {
	AgentID        ID
	Availability   Availability
	Connected      bool
	Disabled       bool
	Member         bool // works on the channel
	Load           int  // OPEN conversations owned, over all channels
	MaxLoad        int
	ChannelLoad    int       // those of this channel; counts only beside MaxChannelLoad
	MaxChannelLoad int       // 0: no limit of the channel's own
	LastAssignedAt time.Time // on any channel, compared by the millisecond; zero: never
	Turn           int64     // number of the last turn on this channel; 0: never
	TeamIDs        []ID      // those that RuleSet.TeamIDs lists and the snapshot's target are enough
}

// inOrder returns the candidates by id, each once: the order in which they were read must not decide.
func inOrder(candidates []Candidate) []Candidate {
	last, sorted := ID(""), true
	for i := range candidates {
		sorted = sorted && candidates[i].AgentID > last
		last = candidates[i].AgentID
	}
	if sorted {
		return candidates
	}
	candidates = slices.DeleteFunc(slices.Clone(candidates), func(c Candidate) bool { return c.AgentID == "" })
	slices.SortFunc(candidates, func(a, b Candidate) int {
		if a.AgentID != b.AgentID {
			return cmp.Compare(a.AgentID, b.AgentID)
		}
		return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	return slices.CompactFunc(candidates, func(a, b Candidate) bool { return a.AgentID == b.AgentID })
}
