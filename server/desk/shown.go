package desk

import "github.com/livedesk/livedesk/model"

// shown is what the audit log shows of an object: its settings, no secrets, and nothing that changes by itself.
type shown map[string]any

func shownChannel(c *model.Channel) shown {
	is := shown{"name": c.Name, "kind": c.Kind, "provider": c.Provider, "providerAccount": c.Sender.ProviderAccount,
		"phoneNumber": c.Sender.PhoneNumber, "messagingServiceSid": c.Sender.Service, "paused": c.Paused}
	if c.Sender.NumberID != "" {
		is["phoneNumberId"] = c.Sender.NumberID
	}
	return is
}

func shownAiAgent(a *model.AiAgent) shown {
	return shown{"name": a.Name, "instructions": a.Instructions, "model": a.Model, "baseUrl": a.BaseURL, "keyHeader": a.KeyHeader, "temperature": a.Temperature,
		"maxTokens": a.MaxTokens, "timeoutSeconds": a.TimeoutSeconds, "maxTurns": a.MaxTurns, "handOverTopics": a.HandOverTopics, "closingText": a.ClosingText,
		"disabled": a.DisabledAt != nil}
}

func shownChannelAi(a *model.ChannelAiAgent) shown {
	return shown{"aiAgentId": a.AgentID, "started": a.Started}
}

func shownAssignment(c *model.Channel) shown {
	return shown{"mode": c.AssignmentMode, "reopenPolicy": c.ReopenPolicy, "reopenWithinHours": c.ReopenWithinHours}
}

func shownAgent(a *model.Agent) shown {
	return shown{"name": a.Name, "email": a.Email, "role": a.Role, "maxLoad": a.MaxLoad, "disabled": a.DisabledAt != nil}
}

// shownAvailability has the number of conversations only when some were passed on.
func shownAvailability(is model.Availability, passedOn int64) shown {
	if passedOn == 0 {
		return shown{"availability": is}
	}
	return shown{"availability": is, "passedOn": passedOn}
}

func shownTeam(t *model.Team, agents []*model.Agent) shown {
	return shown{"name": t.Name, "agentIds": idsOf(agents)}
}

func shownLabel(l *model.Label) shown { return shown{"name": l.Name, "color": l.Color} }

// ofAccount is an entry about an object that belongs to the account.
func ofAccount(action model.AuditAction, kind model.AuditSubject, id model.ID) model.AuditEntry {
	return model.AuditEntry{Action: action, SubjectKind: kind, SubjectID: id}
}
