package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// AuditAction says what was done to a setting.
type AuditAction string

// The actions of the audit log.
const (
	AuditChannelCreated    AuditAction = "CHANNEL_CREATED"
	AuditChannelUpdated    AuditAction = "CHANNEL_UPDATED"
	AuditChannelRemoved    AuditAction = "CHANNEL_REMOVED"
	AuditWebhookRotated    AuditAction = "WEBHOOK_ROTATED"
	AuditMembersChanged    AuditAction = "MEMBERS_CHANGED"
	AuditGreetingUpdated   AuditAction = "GREETING_UPDATED"
	AuditHoursUpdated      AuditAction = "HOURS_UPDATED"
	AuditAssignmentUpdated AuditAction = "ASSIGNMENT_UPDATED"
	AuditCsatUpdated       AuditAction = "CSAT_UPDATED"
	AuditRuleCreated       AuditAction = "RULE_CREATED"
	AuditRuleUpdated       AuditAction = "RULE_UPDATED"
	AuditRuleDeleted       AuditAction = "RULE_DELETED"
	AuditRulesOrdered      AuditAction = "RULES_ORDERED"
	AuditAiAgentCreated    AuditAction = "AI_AGENT_CREATED"
	AuditAiAgentUpdated    AuditAction = "AI_AGENT_UPDATED"
	AuditAiAgentDeleted    AuditAction = "AI_AGENT_DELETED"
	AuditChannelAiSet      AuditAction = "CHANNEL_AI_AGENT_SET"
	AuditAgentCreated      AuditAction = "AGENT_CREATED"
	AuditAgentUpdated      AuditAction = "AGENT_UPDATED"
	AuditAvailabilitySet   AuditAction = "AVAILABILITY_SET"
	AuditPasswordReset     AuditAction = "PASSWORD_RESET"
	AuditPasswordSet       AuditAction = "PASSWORD_SET"
	AuditPasswordChanged   AuditAction = "PASSWORD_CHANGED"
	AuditTeamCreated       AuditAction = "TEAM_CREATED"
	AuditTeamUpdated       AuditAction = "TEAM_UPDATED"
	AuditTeamDeleted       AuditAction = "TEAM_DELETED"
	AuditLabelCreated      AuditAction = "LABEL_CREATED"
	AuditLabelUpdated      AuditAction = "LABEL_UPDATED"
	AuditLabelDeleted      AuditAction = "LABEL_DELETED"
	AuditArticleCreated    AuditAction = "ARTICLE_CREATED"
	AuditArticleUpdated    AuditAction = "ARTICLE_UPDATED"
	AuditArticleDeleted    AuditAction = "ARTICLE_DELETED"
)

// AuditSubject is the kind of what a setting belongs to.
type AuditSubject string

// The subjects of the audit log.
const (
	AuditChannel AuditSubject = "CHANNEL"
	AuditRule    AuditSubject = "RULE"
	AuditAgent   AuditSubject = "AGENT"
	AuditAiAgent AuditSubject = "AI_AGENT"
	AuditTeam    AuditSubject = "TEAM"
	AuditLabel   AuditSubject = "LABEL"
	AuditArticle AuditSubject = "ARTICLE"
)

// AuditEntry says who changed which setting, from what to what. It holds no secrets and no texts of customers.
type AuditEntry struct {
	AccountID   int64
	ID          ID
	At          time.Time
	ActorID     ID     // the agent; empty for the desk itself
	System      string // the named part of the desk; empty for an agent
	Action      AuditAction
	SubjectKind AuditSubject
	SubjectID   ID
	ChannelID   ID              // whose setting it is; empty for one of the account
	Before      json.RawMessage // nil: there was nothing
	After       json.RawMessage // nil: nothing is left
}

// Audit notes that the viewer changes what is before into what is after. Before is nil for what is new, after for what
// is gone, and both for what must not be shown. It returns nil when there are two that are the same.
func (v *Viewer) Audit(at time.Time, e AuditEntry, before, after any) (*AuditEntry, error) {
	e.AccountID, e.ID, e.At, e.ActorID, e.System = v.Account, NewIDAt(KindAuditEntry, at), at, v.Agent, v.System
	var err error
	if e.Before, err = shown(before); err == nil {
		e.After, err = shown(after)
	}
	if err != nil {
		return nil, fmt.Errorf("note %s: %w", e.Action, err)
	}
	if e.Before != nil && bytes.Equal(e.Before, e.After) {
		return nil, nil
	}
	return &e, nil
}

func shown(value any) (json.RawMessage, error) {
	if value == nil {
		return nil, nil
	}
	return json.Marshal(value)
}
