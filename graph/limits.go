package graph

import (
	"time"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

// What an operation may cost. Depth, aliases and root fields are limited by transport.Limits.
const (
	maxTokens       = 1000
	maxComplexity   = 10_000
	maxTime         = 15 * time.Second
	cachedDocuments = 1000
	maxNodes        = 100
	shortList       = 5 // how many objects a list without pages is taken for
)

// price sets what fields cost: 1 for each, and for a list what one of its objects costs times how many are asked for.
func price(c *exec.ComplexityRoot) {
	priceQueries(c)
	priceLists(c)
	c.Contact.Conversations = priceOf
	c.Conversation.Messages = priceOf
	c.Conversation.History = priceOf
}

func priceQueries(c *exec.ComplexityRoot) {
	c.Query.Nodes = func(child int, ids []model.ID) int { return 1 + min(len(ids), maxNodes)*child }
	c.Query.Agents = priceOf
	c.Query.Teams = priceOf
	c.Query.Labels = priceOf
	c.Query.Channels = priceOf
	c.Query.Contacts = func(child int, _ *exec.ContactFilter, first *int, after *string, last *int, before *string) int {
		return priceOf(child, first, after, last, before)
	}
	c.Query.Conversations = func(child int, _ *exec.ConversationFilter, _ *exec.ConversationOrder, first *int, after *string, last *int, before *string) int {
		return priceOf(child, first, after, last, before)
	}
}

// priceLists prices lists without pages. They are short in a desk as it should be, but each may hold the next.
func priceLists(c *exec.ComplexityRoot) {
	short := func(child int) int { return 1 + shortList*child }
	c.Agent.Channels, c.Channel.Agents, c.Team.Agents = short, short, short
	c.Contact.Identities, c.Conversation.Labels = short, short
	c.Message.Attachments, c.Message.Contacts, c.Delivery.Attempts, c.Template.Variables = short, short, short, short
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
