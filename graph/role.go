package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/livedesk/livedesk/model"
)

// needs says which role each root field asks for at least. It is the second fence: the desk and the store have the
// first. A field that is not named here is closed to everybody.
var needs = map[string]model.Role{
	"signIn":      everybody,
	"setPassword": everybody,

	// What the schema is may be asked by everybody during development.
	"__schema": model.AgentRole, "__type": model.AgentRole,

	"node": model.AgentRole, "nodes": model.AgentRole, "viewer": model.AgentRole,
	"agents": model.AgentRole, "agent": model.AgentRole, "teams": model.AgentRole, "team": model.AgentRole,
	"aiAgents": model.AgentRole, "aiAgent": model.AgentRole,
	"labels": model.AgentRole, "label": model.AgentRole, "channels": model.AgentRole, "channel": model.AgentRole,
	"contacts": model.AgentRole, "contact": model.AgentRole,
	"conversations": model.AgentRole, "conversation": model.AgentRole, "message": model.AgentRole, "explainRouting": model.AgentRole,
	"liveNumbers": model.AgentRole,
	"articles":    model.AgentRole, "article": model.AgentRole,
	"events": model.AgentRole, "messageAdded": model.AgentRole,

	"signOut": model.AgentRole, "changePassword": model.AgentRole, "setAvailability": model.AgentRole,
	"sendMessage": model.AgentRole, "retryMessage": model.AgentRole, "addNote": model.AgentRole,
	"assignConversation": model.AgentRole, "setConversationStatus": model.AgentRole,
	"updateConversation": model.AgentRole, "markRead": model.AgentRole, "updateContact": model.AgentRole,

	"createTeam": model.Supervisor, "updateTeam": model.Supervisor, "deleteTeam": model.Supervisor,
	"createLabel": model.Supervisor, "updateLabel": model.Supervisor, "deleteLabel": model.Supervisor,
	"addChannelAgents": model.Supervisor, "removeChannelAgents": model.Supervisor, "setChannelAgents": model.Supervisor,
	"updateGreeting": model.Supervisor, "updateHours": model.Supervisor, "updateCsat": model.Supervisor, "auditLog": model.Supervisor,
	"csatReport": model.Supervisor, "conversationReport": model.Supervisor, "exportReport": model.Supervisor,
	"createRoutingRule": model.Supervisor, "updateRoutingRule": model.Supervisor, "deleteRoutingRule": model.Supervisor, "orderRoutingRules": model.Supervisor, "simulateRouting": model.Supervisor,
	"searchArticles": model.Supervisor, "createArticle": model.Supervisor, "updateArticle": model.Supervisor, "deleteArticle": model.Supervisor, "importArticles": model.Supervisor,
	"setChannelAiAgent": model.Supervisor, "previewAiAgent": model.Supervisor,

	"createAgent": model.Admin, "updateAgent": model.Admin, "resetPassword": model.Admin,
	"createChannel": model.Admin, "updateChannel": model.Admin, "removeChannel": model.Admin,
	"createAiAgent": model.Admin, "updateAiAgent": model.Admin, "deleteAiAgent": model.Admin, "testAiAgent": model.Admin,
	"rotateWebhookUrl": model.Admin, "updateAssignment": model.Admin,
}

// everybody is the need of what works without a sign-in.
const everybody model.Role = ""

var ranks = []model.Role{everybody, model.AgentRole, model.Supervisor, model.Admin}

// admit refuses a root field to whoever lacks the role for it.
func (r *Resolver) admit(ctx context.Context, field string) error {
	need, known := needs[field]
	if known && need == everybody || r.open && strings.HasPrefix(field, "__") {
		return nil
	}
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return err
	}
	if !known || slices.Index(ranks, v.Role) < slices.Index(ranks, need) {
		return model.Refuse(model.Forbidden, "Your role may not do this.")
	}
	return nil
}

// guardField is run around each root field of a query or a mutation.
func (r *Resolver) guardField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if err := r.admit(ctx, field.Name); err != nil {
		graphql.AddError(ctx, &gqlerror.Error{Err: err, Path: ast.Path{ast.PathName(field.Alias)}})
		return graphql.Null
	}
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Mutation {
		defer responseOf(ctx).forget()
	}
	return r.planned(ctx, next)
}

// guardStream is run around each operation, for those that subscribe: gqlgen runs nothing around their field.
func (r *Resolver) guardStream(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation != ast.Subscription {
		return next(ctx)
	}
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"}) {
		if err := r.admit(ctx, field.Name); err != nil {
			path := ast.Path{ast.PathName(field.Alias)}
			return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{r.show(ctx, &gqlerror.Error{Err: err, Path: path})}})
		}
	}
	return next(ctx)
}
