package graph

import (
	"context"
	"log/slog"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// Resolver answers the fields of the schema: reads from DB, changes through Desk, streams from Feed.
type Resolver struct {
	Desk *desk.Desk
	DB   *db.DB
	Feed *db.Feed
	Log  *slog.Logger
	Now  func() time.Time

	open      bool // the schema may be introspected without a sign-in
	unplanned bool // everything goes through gqlgen
	boards    boards
}

var _ exec.ResolverRoot = (*Resolver)(nil)

// Account is part of gqlgen's root.
func (r *Resolver) Account() exec.AccountResolver { return &accountResolver{} }

// Agent is part of gqlgen's root.
func (r *Resolver) Agent() exec.AgentResolver { return &agentResolver{r} }

// Article is part of gqlgen's root.
func (r *Resolver) Article() exec.ArticleResolver { return &articleResolver{r} }

// AiAgent is part of gqlgen's root.
func (r *Resolver) AiAgent() exec.AiAgentResolver { return &aiAgentResolver{r} }

// Attachment is part of gqlgen's root.
func (r *Resolver) Attachment() exec.AttachmentResolver { return &attachmentResolver{r} }

// AuditEntry is part of gqlgen's root.
func (r *Resolver) AuditEntry() exec.AuditEntryResolver { return &auditEntryResolver{r} }

// Channel is part of gqlgen's root.
func (r *Resolver) Channel() exec.ChannelResolver { return &channelResolver{r} }

// ChannelAiAgent is part of gqlgen's root.
func (r *Resolver) ChannelAiAgent() exec.ChannelAiAgentResolver { return &channelAiResolver{r} }

// Contact is part of gqlgen's root.
func (r *Resolver) Contact() exec.ContactResolver { return &contactResolver{r} }

// Conversation is part of gqlgen's root.
func (r *Resolver) Conversation() exec.ConversationResolver { return &conversationResolver{r} }

// ConversationChange is part of gqlgen's root.
func (r *Resolver) ConversationChange() exec.ConversationChangeResolver { return &changeResolver{r} }

// ConversationReport is part of gqlgen's root.
func (r *Resolver) ConversationReport() exec.ConversationReportResolver {
	return &conversationReportResolver{r}
}

// ConversationsByAgent is part of gqlgen's root.
func (r *Resolver) ConversationsByAgent() exec.ConversationsByAgentResolver { return byAgentResolver{} }

// ConversationsByAiAgent is part of gqlgen's root.
func (r *Resolver) ConversationsByAiAgent() exec.ConversationsByAiAgentResolver {
	return byAiAgentResolver{}
}

// ConversationsByChannel is part of gqlgen's root.
func (r *Resolver) ConversationsByChannel() exec.ConversationsByChannelResolver {
	return byChannelResolver{}
}

// ConversationsByTeam is part of gqlgen's root.
func (r *Resolver) ConversationsByTeam() exec.ConversationsByTeamResolver { return byTeamResolver{} }

// CsatReport is part of gqlgen's root.
func (r *Resolver) CsatReport() exec.CsatReportResolver { return &csatReportResolver{r} }

// Csat is part of gqlgen's root.
func (r *Resolver) Csat() exec.CsatResolver { return &csatResolver{r} }

// Delivery is part of gqlgen's root.
func (r *Resolver) Delivery() exec.DeliveryResolver { return &deliveryResolver{r} }

// EventPayload is part of gqlgen's root.
func (r *Resolver) EventPayload() exec.EventPayloadResolver { return &eventPayloadResolver{} }

// FoundArticlePart is part of gqlgen's root.
func (r *Resolver) FoundArticlePart() exec.FoundArticlePartResolver {
	return &foundArticlePartResolver{r}
}

// Hours is part of gqlgen's root.
func (r *Resolver) Hours() exec.HoursResolver { return &hoursResolver{r} }

// Message is part of gqlgen's root.
func (r *Resolver) Message() exec.MessageResolver { return &messageResolver{r} }

// MessageAi is part of gqlgen's root.
func (r *Resolver) MessageAi() exec.MessageAiResolver { return &messageAiResolver{r} }

// MessageAddedPayload is part of gqlgen's root.
func (r *Resolver) MessageAddedPayload() exec.MessageAddedPayloadResolver {
	return &messageAddedPayloadResolver{}
}

// Mutation is part of gqlgen's root.
func (r *Resolver) Mutation() exec.MutationResolver { return &mutationResolver{r} }

// Query is part of gqlgen's root.
func (r *Resolver) Query() exec.QueryResolver { return &queryResolver{r} }

// RoutingRule is part of gqlgen's root.
func (r *Resolver) RoutingRule() exec.RoutingRuleResolver { return &ruleResolver{r} }

// RoutingSimulation is part of gqlgen's root.
func (r *Resolver) RoutingSimulation() exec.RoutingSimulationResolver { return &simulationResolver{r} }

// RoutingDecision is part of gqlgen's root.
func (r *Resolver) RoutingDecision() exec.RoutingDecisionResolver { return &decisionResolver{r} }

// Subscription is part of gqlgen's root.
func (r *Resolver) Subscription() exec.SubscriptionResolver { return &subscriptionResolver{r} }

// Survey is part of gqlgen's root.
func (r *Resolver) Survey() exec.SurveyResolver { return &surveyResolver{r} }

// Team is part of gqlgen's root.
func (r *Resolver) Team() exec.TeamResolver { return &teamResolver{r} }

type (
	queryResolver    struct{ *Resolver }
	mutationResolver struct{ *Resolver }
)

// viewer is who asks; within a signIn it is who has just signed in.
func viewer(ctx context.Context) (*model.Viewer, error) {
	if v := responseOf(ctx).signedIn; v != nil {
		return v, nil
	}
	return model.ViewerFrom(ctx)
}
