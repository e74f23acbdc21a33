package db

import (
	"context"
	"sync"

	"github.com/livedesk/livedesk/model"
)

// Loads reads what belongs to objects that are in sight: each object once, and in one query what is asked for while
// another query of its kind runs. It serves one response, or everybody who is told of one batch of events; what it has
// read it does not read again, so it is not kept for longer.
type Loads struct {
	Agents        Load[model.ID, *model.Agent]
	AiAgents      Load[model.ID, *model.AiAgent]
	Teams         Load[model.ID, *model.Team]
	Channels      Load[model.ID, *model.Channel]
	Contacts      Load[model.ID, *model.Contact]
	Conversations Load[model.ID, *model.Conversation]
	Messages      Load[model.ID, *model.Message]
	Quoted        Load[Quote, *model.Message]
	LastMessages  Load[model.ID, *model.Message]        // by conversation
	Labels        Load[model.ID, []*model.Label]        // by conversation
	Identities    Load[model.ID, []*model.Identity]     // by contact
	Attachments   Load[model.ID, []*model.Attachment]   // by message
	Attempts      Load[model.ID, []*model.SendAttempt]  // by message
	ChannelAgents Load[model.ID, []*model.Agent]        // by channel
	TeamAgents    Load[model.ID, []*model.Agent]        // by team
	AgentChannels Load[model.ID, []*model.Channel]      // by agent
	Greetings     Load[model.ID, *model.Greeting]       // by channel
	ChannelAis    Load[model.ID, *model.ChannelAiAgent] // by channel
	AiChannels    Load[model.ID, []*model.Channel]      // by AI Agent
	Csat          Load[model.ID, *model.Csat]           // by channel
	Hours         Load[model.ID, *model.Hours]          // by channel
	Rules         Load[model.ID, []*model.Rule]         // by channel
	RuleMatches   Load[model.ID, int]                   // by rule
	LabelsByID    Load[model.ID, *model.Label]
	Articles      Load[model.ID, *model.Article]
	ArticleBodies Load[model.ID, string] // by article
}

// Loads returns an empty set of loads for the account.
func (s *Store) Loads(account int64) *Loads {
	l := &Loads{}
	l.Agents.from(account, s.AgentsByID)
	l.AiAgents.from(account, s.AiAgentsByID)
	l.Teams.from(account, s.TeamsByID)
	l.Channels.from(account, s.ChannelsByID)
	l.Contacts.from(account, s.ContactsByID)
	l.Conversations.from(account, s.ConversationsByID)
	l.Messages.from(account, s.MessagesByID)
	l.Quoted.from(account, s.MessagesByQuote)
	l.LastMessages.from(account, s.LastMessages)
	l.Labels.from(account, s.LabelsOn)
	l.Identities.from(account, s.Identities)
	l.Attachments.from(account, s.AttachmentsOf)
	l.Attempts.from(account, s.SendAttempts)
	l.ChannelAgents.from(account, s.ChannelAgents)
	l.TeamAgents.from(account, s.TeamAgents)
	l.AgentChannels.from(account, s.AgentChannels)
	l.Greetings.from(account, s.Greetings)
	l.ChannelAis.from(account, s.ChannelAis)
	l.AiChannels.from(account, s.AiChannels)
	l.Csat.from(account, s.CsatOf)
	l.Hours.from(account, s.HoursOf)
	l.Rules.from(account, s.RulesOf)
	l.RuleMatches.from(account, s.RuleMatches)
	l.LabelsByID.from(account, s.LabelsByID)
	l.Articles.from(account, s.ArticlesByID)
	l.ArticleBodies.from(account, s.ArticleBodies)
	return l
}

// Load reads values of one kind by their keys.
type Load[K comparable, V any] struct {
	read func(ctx context.Context, keys []K) (map[K]V, error)

	mu      sync.Mutex
	known   map[K]V       // also keys that have no value
	wanted  map[K]bool    // to be read by the next query
	running chan struct{} // closed when the query under way has ended; nil when there is none
}

func (l *Load[K, V]) from(account int64, read func(ctx context.Context, account int64, keys []K) (map[K]V, error)) {
	l.read = func(ctx context.Context, keys []K) (map[K]V, error) { return read(ctx, account, keys) }
	l.known, l.wanted = map[K]V{}, map[K]bool{}
}

// Get returns the value of each key, in the order of the keys; the zero value where there is none.
func (l *Load[K, V]) Get(ctx context.Context, keys []K) ([]V, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.want(keys) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if l.running != nil {
			l.wait(ctx)
			continue
		}
		if err := l.lead(ctx); err != nil {
			return nil, err
		}
	}
	values := make([]V, len(keys))
	for i, k := range keys {
		values[i] = l.known[k]
	}
	return values, nil
}

// Want notes keys that will likely be asked for: the next query of their kind reads them, too.
func (l *Load[K, V]) Want(keys ...K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.want(keys)
}

// want notes which keys are not known yet, and tells whether there are any.
func (l *Load[K, V]) want(keys []K) bool {
	missing := false
	for _, k := range keys {
		if _, ok := l.known[k]; !ok {
			l.wanted[k], missing = true, true
		}
	}
	return missing
}

// wait lets the query under way end. It gives up mu meanwhile.
func (l *Load[K, V]) wait(ctx context.Context) {
	running := l.running
	l.mu.Unlock()
	defer l.mu.Lock()
	select {
	case <-running:
	case <-ctx.Done():
	}
}

// lead reads what everybody wants by now. It gives up mu meanwhile. What fails is wanted again by those who still need
// it, so that a caller who left does not fail the others.
func (l *Load[K, V]) lead(ctx context.Context) error {
	keys := make([]K, 0, len(l.wanted))
	for k := range l.wanted {
		if _, ok := l.known[k]; !ok { // another query may have read it since
			keys = append(keys, k)
		}
	}
	clear(l.wanted)
	l.running = make(chan struct{})
	l.mu.Unlock()
	found, err := l.read(ctx, keys)
	l.mu.Lock()
	close(l.running)
	l.running = nil
	if err != nil {
		return err
	}
	for _, k := range keys {
		l.known[k] = found[k]
	}
	return nil
}

// Put makes values known that were read otherwise.
func (l *Load[K, V]) Put(k K, v V) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[k] = v
}
