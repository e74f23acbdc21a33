package graph

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// What an operation may cost. Depth, aliases and root fields are limited by transport.Limits.
const (
	maxTokens       = 1000
	maxComplexity   = 10_000
	maxTime         = 15 * time.Second
	cachedDocuments = 1000
	maxNodes        = 100
	reportPrice     = 500 // of counting once
	seriesLength    = 31  // how many buckets a series is taken for
	shortList       = 5   // how many objects a list without pages is taken for
	memberList      = 20  // how many members a channel or team, or channels an agent, is taken to have
	bodyPrice       = 100 // an article's body weighs as much as a hundred fields
	maxLongBody     = 12 << 20
	maxListed       = 20_000 // objects in all lists without pages of one response
)

// longBody lets those who may import articles send 5 MB of them, however their JSON is written: a client that escapes
// every character that is not ASCII sends twice as much, and line ends are two characters.
func longBody(r *http.Request) int64 {
	if v, err := model.ViewerFrom(r.Context()); err == nil && v.SeesAll() {
		return maxLongBody
	}
	return 0
}

// price sets what fields cost: 1 for each, and for a list what one of its objects costs times how many are asked for.
func price(c *exec.ComplexityRoot) {
	priceQueries(c)
	priceLists(c)
	priceReports(c)
	c.Contact.Conversations = priceOf
	c.Conversation.Messages = priceOf
	c.Conversation.History = priceOf
	c.Conversation.Surveys = priceOf
	c.Conversation.RoutingDecisions = priceOf
}

func priceQueries(c *exec.ComplexityRoot) {
	c.Query.Nodes = func(child int, ids []model.ID) int { return 1 + min(len(ids), maxNodes)*child }
	c.Query.Agents = priceOf
	c.Query.AiAgents = priceOf
	c.Query.Teams = priceOf
	c.Query.Labels = priceOf
	c.Query.Channels = priceOf
	c.Query.AuditLog = func(child int, _ *exec.AuditFilter, first *int, after *string, last *int, before *string) int {
		return priceOf(child, first, after, last, before)
	}
	c.Query.Articles = func(child int, _ *exec.ArticleFilter, first *int, after *string, last *int, before *string) int {
		return priceOf(child, first, after, last, before)
	}
	c.Query.SearchArticles = func(child int, _ string, first int) int { return 1 + min(max(0, first), db.MaxFound)*child }
	c.Query.Contacts = func(child int, _ *exec.ContactFilter, first *int, after *string, last *int, before *string) int {
		return priceOf(child, first, after, last, before)
	}
	c.Query.Conversations = func(child int, _ *exec.ConversationFilter, _ *exec.ConversationOrder, first *int, after *string, last *int, before *string) int {
		return priceOf(child, first, after, last, before)
	}
}

// priceReports prices reports: each is a pass over what happened, whatever is selected of it.
func priceReports(c *exec.ComplexityRoot) {
	report := func(child int, _ model.ReportFilter) int { return reportPrice + child }
	parts := func(child int) int { return 1 + memberList*child }
	series := func(child int, _ model.ReportBucket) int { return 1 + seriesLength*child }
	c.Query.CsatReport, c.Query.ConversationReport = report, report
	c.CsatReport.Series, c.ConversationReport.Series = series, series
	c.CsatReport.ByAgent, c.CsatReport.ByAiAgent, c.CsatReport.ByTeam, c.CsatReport.ByChannel = parts, parts, parts, parts
	c.ConversationReport.ByAgent, c.ConversationReport.ByAiAgent, c.ConversationReport.ByTeam, c.ConversationReport.ByChannel = parts, parts, parts, parts
	c.LiveNumbers.Channels, c.LiveNumbers.Teams, c.LiveNumbers.Agents = parts, parts, parts
	c.CsatReport.Distribution = func(child int) int { return 1 + shortList*child }
	c.CsatReport.Surveys = func(child int, _ *bool, first *int, after *string, last *int, before *string) int {
		return priceOf(child, first, after, last, before)
	}
	c.ConversationReport.Conversations = func(child int, _ *model.ReportFigure, first *int, after *string, last *int, before *string) int {
		return priceOf(child, first, after, last, before)
	}
}

// priceLists prices lists without pages. They are short in a desk as it should be, but members and channels hold each
// other, as deep as a query likes: what such lists really hold is counted too, by listed.
func priceLists(c *exec.ComplexityRoot) {
	c.Article.Body = func(int) int { return bodyPrice }
	c.ImportArticlesPayload.Imported = func(child int) int { return 1 + memberList*child }
	short := func(child int) int { return 1 + shortList*child }
	members := func(child int) int { return 1 + memberList*child }
	c.Agent.Channels, c.Channel.Agents, c.Team.Agents = members, members, members
	c.Channel.Rules = members
	c.RoutingRule.Conditions, c.RoutingCondition.ContactLabels, c.RoutingAction.Labels = short, short, short
	c.Hours.Weekly, c.Hours.Exceptions, c.Hours.Week = short, short, short
	c.Csat.AskLabels, c.Csat.SkipLabels = short, short
	c.DayHours.Intervals, c.HoursException.Intervals, c.DayPlan.Open = short, short, short
	c.RoutingExplanation.Rules, c.RoutingExplanation.Candidates = members, members
	c.RoutingExplanation.WouldFree, c.ExplainedRule.Conditions, c.RoutingRemedy.Agents = short, short, short
	c.RoutingSimulation.UnusedRules, c.RoutingSimulation.Loads = members, members
	c.RoutingSimulation.Placements = func(child, first int, _ bool) int { return 1 + min(max(0, first), desk.MaxSimulated)*child }
	c.Contact.Identities, c.Conversation.Labels = short, short
	c.MessageAi.Articles, c.AiPreview.ToolCalls = short, short
	c.Message.Attachments, c.Message.Contacts, c.Delivery.Attempts, c.Template.Variables = short, short, short, short
}

// listed counts the objects of lists without pages against maxListed: a price is a guess, and members of channels of
// members multiply. Beyond it lists stay empty, and limitLists refuses the response; an error here would be one for
// each of thousands of parents.
func listed[T any](ctx context.Context, lists [][]T, err error) ([][]T, error) {
	n := 0
	for _, list := range lists {
		n += len(list)
	}
	if err != nil || responseOf(ctx).spend(n) {
		return lists, err
	}
	return make([][]T, len(lists)), nil
}

// limitLists refuses a response whose lists were cut.
func limitLists(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	response := next(ctx)
	if response == nil || responseOf(ctx).spend(0) {
		return response
	}
	return &graphql.Response{Errors: gqlerror.List{{Message: fmt.Sprintf("the response would list more than %d objects", maxListed),
		Extensions: map[string]any{"code": transport.CodeComplexity}}}, Data: []byte("null")}
}

// priceOf is the price of a page. What is no size costs as much as the usual page.
func priceOf(child int, first *int, _ *string, last *int, _ *string) int {
	n := 0
	for _, size := range []*int{first, last} {
		if size != nil {
			n = max(n, min(*size, model.MaxPage))
		}
	}
	if first == nil && last == nil {
		n = usualPage
	}
	return 1 + n*child
}
