package graph

import (
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
)

// usualPage is how many objects a page holds when the request does not say.
const usualPage = 50

// page reads the arguments of a list. A size beyond what a page holds is cut to it.
func page(first *int, after *string, last *int, before *string) model.Page {
	p := model.Page{First: cut(first), Last: cut(last), After: after, Before: before}
	if first == nil && last == nil {
		n := usualPage
		p.First = &n
	}
	return p
}

func cut(size *int) *int {
	if size == nil || *size <= model.MaxPage {
		return size
	}
	n := model.MaxPage
	return &n
}

func pageInfo[T any](s *model.Slice[T]) *exec.PageInfo {
	info := &exec.PageInfo{HasNextPage: s.HasNext, HasPreviousPage: s.HasPrevious}
	if n := len(s.Cursors); n > 0 {
		info.StartCursor, info.EndCursor = &s.Cursors[0], &s.Cursors[n-1]
	}
	return info
}

// edges pairs the objects of a page with their cursors, E being the schema's type for it.
func edges[E, T any](s *model.Slice[T], edge func(cursor string, node T) E) []E {
	list := make([]E, len(s.Nodes))
	for i, node := range s.Nodes {
		list[i] = edge(s.Cursors[i], node)
	}
	return list
}

func agentConnection(s *model.Slice[*model.Agent], err error) (*exec.AgentConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.Agent) *exec.AgentEdge {
		return &exec.AgentEdge{Cursor: cursor, Node: node}
	}
	return &exec.AgentConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func aiAgentConnection(s *model.Slice[*model.AiAgent], err error) (*exec.AiAgentConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.AiAgent) *exec.AiAgentEdge {
		return &exec.AiAgentEdge{Cursor: cursor, Node: node}
	}
	return &exec.AiAgentConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func teamConnection(s *model.Slice[*model.Team], err error) (*exec.TeamConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.Team) *exec.TeamEdge {
		return &exec.TeamEdge{Cursor: cursor, Node: node}
	}
	return &exec.TeamConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func labelConnection(s *model.Slice[*model.Label], err error) (*exec.LabelConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.Label) *exec.LabelEdge {
		return &exec.LabelEdge{Cursor: cursor, Node: node}
	}
	return &exec.LabelConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func channelConnection(s *model.Slice[*model.Channel], err error) (*exec.ChannelConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.Channel) *exec.ChannelEdge {
		return &exec.ChannelEdge{Cursor: cursor, Node: node}
	}
	return &exec.ChannelConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func contactConnection(s *model.Slice[*model.Contact], err error) (*exec.ContactConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.Contact) *exec.ContactEdge {
		return &exec.ContactEdge{Cursor: cursor, Node: node}
	}
	return &exec.ContactConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func conversationConnection(s *model.Slice[*model.Conversation], err error) (*exec.ConversationConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.Conversation) *exec.ConversationEdge {
		return &exec.ConversationEdge{Cursor: cursor, Node: node}
	}
	return &exec.ConversationConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func articleConnection(s *model.Slice[*model.Article], err error) (*exec.ArticleConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.Article) *exec.ArticleEdge {
		return &exec.ArticleEdge{Cursor: cursor, Node: node}
	}
	return &exec.ArticleConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func messageConnection(s *model.Slice[*model.Message], err error) (*exec.MessageConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.Message) *exec.MessageEdge {
		return &exec.MessageEdge{Cursor: cursor, Node: node}
	}
	return &exec.MessageConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func changeConnection(s *model.Slice[*model.ConversationChange], err error) (*exec.ConversationChangeConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.ConversationChange) *exec.ConversationChangeEdge {
		return &exec.ConversationChangeEdge{Cursor: cursor, Node: node}
	}
	return &exec.ConversationChangeConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func surveyConnection(s *model.Slice[*model.Survey], err error) (*exec.SurveyConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.Survey) *exec.SurveyEdge {
		return &exec.SurveyEdge{Cursor: cursor, Node: node}
	}
	return &exec.SurveyConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

func decisionConnection(s *model.Slice[*model.RoutingDecision], err error) (*exec.RoutingDecisionConnection, error) {
	if err != nil {
		return nil, err
	}
	edge := func(cursor string, node *model.RoutingDecision) *exec.RoutingDecisionEdge {
		return &exec.RoutingDecisionEdge{Cursor: cursor, Node: node}
	}
	return &exec.RoutingDecisionConnection{Edges: edges(s, edge), Nodes: s.Nodes, PageInfo: pageInfo(s)}, nil
}

// connections makes a connection for each parent of pages that were read for several at once.
func connections[P, C, T any](parents []P, idOf func(P) model.ID, pages map[model.ID]*model.Slice[*T], err error, with func(*model.Slice[*T], error) (*C, error)) ([]*C, error) {
	if err != nil {
		return nil, err
	}
	list := make([]*C, len(parents))
	for i, p := range parents {
		if list[i], err = with(pages[idOf(p)], nil); err != nil {
			return nil, err
		}
	}
	return list, nil
}
