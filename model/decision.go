package model

import "time"

// Decision says who answers a conversation, and all the reasons. It is a value that a Snapshot gives again and again.
type Decision struct {
	At         time.Time // to the microsecond
	Stage      Stage
	Mode       AssignmentMode
	Outcome    RoutingOutcome
	Reason     RoutingReason
	RuleID     ID       // the rule that decided; empty: none did
	Fallback   Fallback // of that rule, when it took effect; else empty
	AgentID    ID       // the owner, when ASSIGNED
	AiAgentID  ID       // the owner, when AI_REPLYING
	Target     Target   // whom the conversation goes to, and waits for when WAITING
	GivenUp    Target   // the target that the snapshot named and that cannot take it at all; zero: there is none
	GivenUpFor RoutingReason
	Priority   Priority // that the rule sets; empty: none
	LabelIDs   []ID     // that the rule adds
	Rules      []RuleVerdict
	Ai         AiVerdict
	Candidates []CandidateVerdict // by id
}

// RoutingOutcome says what becomes of a conversation.
type RoutingOutcome string

// The outcomes.
const (
	OutcomeAssigned   RoutingOutcome = "ASSIGNED"    // an agent owns it
	OutcomeAiReplying RoutingOutcome = "AI_REPLYING" // an AI Agent owns it
	OutcomeWaiting    RoutingOutcome = "WAITING"     // nobody owns it: it is OPEN and waits for its target
)

// RoutingReason says why: why this agent, why nobody, or why not the target that was named.
type RoutingReason string

// The reasons.
const (
	RoutingNamed     RoutingReason = "NAMED"                  // a rule names this agent or AI Agent
	RoutingChannelAi RoutingReason = "CHANNEL_AI_AGENT"       // it is the channel's AI Agent
	RoutingFormer    RoutingReason = "FORMER_AGENT"           // the agent had the conversation before
	RoutingOnly      RoutingReason = "ONLY_ONE"               // nobody else can take it
	RoutingFewest    RoutingReason = "FEWEST_OPEN"            // the agent has the fewest open conversations
	RoutingLongest   RoutingReason = "LONGEST_SINCE_ASSIGNED" // of those who have the fewest
	RoutingTurn      RoutingReason = "NEXT_IN_TURN"           // it is the agent's turn
	RoutingID        RoutingReason = "LOWEST_ID"              // nothing else tells the agents apart

	RoutingUnavailable RoutingReason = "UNAVAILABLE" // nobody of the target is online and connected
	RoutingAtLimit     RoutingReason = "AT_LIMIT"    // everybody of the target who is available is at a limit
	RoutingManual      RoutingReason = "MANUAL"      // the channel's mode picks nobody

	RoutingEmpty      RoutingReason = "NO_MEMBERS"       // nobody of the target works on the channel
	RoutingGone       RoutingReason = "GONE"             // there is no such agent
	RoutingDisabled   RoutingReason = "DISABLED"         // the agent is disabled
	RoutingNotMember  RoutingReason = "NOT_MEMBER"       // the agent does not work on the channel
	RoutingOtherAi    RoutingReason = "NOT_THE_CHANNELS" // the AI Agent is not that of the channel, and may not answer there besides it
	RoutingAiStopped  RoutingReason = "STOPPED"          // the AI Agent is stopped on the channel
	RoutingRuleBroken RoutingReason = "BROKEN"           // the rule is one that Check refuses
)

// RuleResult says what became of one rule.
type RuleResult string

// The results.
const (
	RuleDecided    RuleResult = "DECIDED"     // its conditions hold, and the conversation goes by it
	RuleNotMatched RuleResult = "NOT_MATCHED" // its conditions do not hold
	RuleCannot     RuleResult = "CANNOT"      // they hold, and the target cannot take a conversation at all: as if they did not
	RulePassedOn   RuleResult = "PASSED_ON"   // they hold, and its fallback went on with the next rule
	RuleOff        RuleResult = "OFF"
	RuleNotReached RuleResult = "NOT_REACHED" // a rule before it decided
)

// RuleVerdict is what became of one rule.
type RuleVerdict struct {
	RuleID     ID
	Result     RuleResult
	Reason     RoutingReason // of CANNOT and PASSED_ON, and BROKEN; else empty
	Conditions []bool        // whether each holds; empty when they were not looked at
}

// AiVerdict says what became of the AI stage.
type AiVerdict string

// The verdicts on the AI stage.
const (
	AiTook       AiVerdict = "TOOK"
	AiNone       AiVerdict = "NONE" // the channel has no AI Agent
	AiStopped    AiVerdict = "STOPPED"
	AiNotReached AiVerdict = "NOT_REACHED" // a rule decided, or only people were asked
)

// CandidateVerdict is why an agent gets the conversation, or does not.
type CandidateVerdict struct {
	AgentID        ID
	Reason         CandidateReason
	Availability   Availability
	Connected      bool
	Load           int
	MaxLoad        int
	ChannelLoad    int       // 0 without MaxChannelLoad
	MaxChannelLoad int       // 0: none
	LastAssignedAt time.Time // to the millisecond; zero: never
	Turn           int64
}

// CandidateReason says why an agent gets the conversation, or the first reason why not.
type CandidateReason string

// The reasons.
const (
	CandidateChosen         CandidateReason = "CHOSEN"
	CandidateOutranked      CandidateReason = "OUTRANKED"  // could take it, and another one comes first
	CandidateManual         CandidateReason = "MANUAL"     // could take it, and the mode picks nobody
	CandidateNotAsked       CandidateReason = "NOT_ASKED"  // an AI Agent took it
	CandidateNotTarget      CandidateReason = "NOT_TARGET" // it is for another agent
	CandidateNotInTeam      CandidateReason = "NOT_IN_TEAM"
	CandidateDisabled       CandidateReason = "DISABLED"
	CandidateNotMember      CandidateReason = "NOT_MEMBER"
	CandidateOffline        CandidateReason = "OFFLINE"
	CandidateAway           CandidateReason = "AWAY"
	CandidateBusy           CandidateReason = "BUSY"
	CandidateNotConnected   CandidateReason = "NOT_CONNECTED"
	CandidateAtLimit        CandidateReason = "AT_LIMIT"
	CandidateAtChannelLimit CandidateReason = "AT_CHANNEL_LIMIT"
)

// TakesTurn tells whether the agent was picked in turn, so that the next turn's number is theirs from now on. Whom a rule
// names, and a former agent, is not: work beside the turn does not cost it.
func (d *Decision) TakesTurn() bool {
	return d.Outcome == OutcomeAssigned && d.Mode == Sequential && d.Reason != RoutingNamed && d.Reason != RoutingFormer
}
