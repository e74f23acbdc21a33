package model

import "time"

// The limits of routing rules. A decision looks at every rule of its channel, so they bound its cost.
const (
	MaxRules      = 200 // of one channel, those that are off among them
	MaxRuleName   = 100 // characters
	MaxConditions = 20  // of one rule
	MaxRuleLabels = 20  // that one rule sets
)

// Rule is a routing rule of a channel: a conversation that meets its conditions goes where its action says.
type Rule struct {
	AccountID  int64       `bun:"account_id,pk" json:"-"`
	ID         ID          `bun:"id,pk" json:"id"`
	ChannelID  ID          `bun:"channel_id" json:"-"`
	Name       string      `bun:"name" json:"name"`
	Enabled    bool        `bun:"enabled" json:"enabled"`
	Position   int         `bun:"position" json:"position"` // rules are tried by it, lowest first
	Match      Match       `bun:"match" json:"match"`
	Conditions []Condition `bun:"conditions,type:jsonb" json:"conditions"` // none: every conversation
	Action     Action      `bun:"action,type:jsonb" json:"action"`
	Fallback   Fallback    `bun:"fallback" json:"fallback"`
	CreatedAt  time.Time   `bun:"created_at" json:"-"`
}

// Match says how many of a rule's conditions must hold.
type Match string

// The ways to match. A rule without conditions matches either way.
const (
	MatchAll Match = "ALL"
	MatchAny Match = "ANY"
)

// Fallback says what happens when nobody whom a rule names can take a conversation now.
type Fallback string

// The fallbacks.
const (
	FallbackWait        Fallback = "WAIT"
	FallbackNextRule    Fallback = "NEXT_RULE"    // as if the rule had not matched: its priority and labels are not set either
	FallbackAiAgent     Fallback = "AI_AGENT"     // the AI stage, and where no AI Agent is started the human stage
	FallbackHumanAgents Fallback = "HUMAN_AGENTS" // the human stage
)

// Action is what a rule does with a conversation.
type Action struct {
	AssignTo AssignTo `json:"assignTo"`
	Priority Priority `json:"priority,omitempty"` // empty: left as it is
	LabelIDs []ID     `json:"labelIds,omitempty"` // added
}

// AssignTo names exactly one target.
type AssignTo struct {
	AgentID     ID   `json:"agentId,omitempty"`
	TeamID      ID   `json:"teamId,omitempty"`
	AiAgentID   ID   `json:"aiAgentId,omitempty"`
	HumanAgents bool `json:"humanAgents,omitempty"` // the channel's members
}

// TargetKind says what sort of target a conversation goes to.
type TargetKind string

// The kinds of targets.
const (
	ToAgent       TargetKind = "AGENT"
	ToTeam        TargetKind = "TEAM" // its members who work on the channel
	ToAiAgent     TargetKind = "AI_AGENT"
	ToHumanAgents TargetKind = "HUMAN_AGENTS" // the channel's members
)

// Target is whom a conversation was decided to go to. It waits for the target when nobody of it is free.
type Target struct {
	Kind TargetKind `json:"kind"`
	ID   ID         `json:"id,omitempty"` // empty for HUMAN_AGENTS
}

// targets lists what is named: one target, unless it was never checked.
func (a AssignTo) targets() []Target {
	var named []Target
	for _, t := range []Target{{ToAgent, a.AgentID}, {ToTeam, a.TeamID}, {ToAiAgent, a.AiAgentID}} {
		if t.ID != "" {
			named = append(named, t)
		}
	}
	if a.HumanAgents {
		named = append(named, Target{Kind: ToHumanAgents})
	}
	return named
}

// Target returns the one target that is named, and the zero Target for an action that Check refuses.
func (a AssignTo) Target() Target {
	if named := a.targets(); len(named) == 1 {
		return named[0]
	}
	return Target{}
}
