package graph

import (
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

// conditionsOf reads what a rule is to ask. transport.OneOf has seen to it that each asks one thing.
func conditionsOf(in []*exec.RoutingConditionInput) []model.Condition {
	list := make([]model.Condition, len(in))
	for i, c := range in {
		list[i] = model.Condition{MessageKind: c.MessageKind, ContactAddress: c.ContactAddress, ContactName: c.ContactName, ContactLabels: c.ContactLabelIds,
			ContactHistory: given(c.ContactHistory), BusinessHours: given(c.BusinessHours), LocalTime: c.LocalTime, Language: c.Language}
		if t := c.MessageText; t != nil {
			list[i].MessageText = &model.TextCondition{Contains: given(t.Contains), Equals: given(t.Equals), StartsWith: given(t.StartsWith), Matches: given(t.Matches)}
		}
		if a := c.AdReferral; a != nil {
			list[i].AdReferral = &model.AdCondition{Any: given(a.Any), SourceID: given(a.SourceID)}
		}
	}
	return list
}

// actionOf reads what a rule is to do; nil when it is left out.
func actionOf(in *exec.RoutingActionInput) *model.Action {
	if in == nil {
		return nil
	}
	to := in.AssignTo
	return &model.Action{Priority: given(in.Priority), LabelIDs: in.LabelIds,
		AssignTo: model.AssignTo{AgentID: given(to.AgentID), TeamID: given(to.TeamID), AiAgentID: given(to.AiAgentID), HumanAgents: given(to.HumanAgents)}}
}
