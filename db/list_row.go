package db

import (
	"context"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// Row is a conversation with what the list of conversations shows of it, no more of each object than that. What was
// not asked for, or is not there, has no id.
type Row struct {
	model.Conversation
	Contact model.Contact
	Channel model.Channel
	Agent   model.Agent
	AiAgent model.AiAgent
	Team    model.Team
	Last    model.Message
	Labels  []*model.Label

	labels [][]string
}

// Parts says what is asked for besides the conversations themselves.
type Parts struct{ Contact, Channel, Owner, Team, Last, Labels bool }

// ConversationRows is Conversations with the parts, in one query: the page is taken first and then joined, so that each
// row costs a look-up by key. A query for each part took more time to be sent and answered than to be run.
func (s *Store) ConversationRows(ctx context.Context, v *model.Viewer, f ConversationFilter, p model.Page, parts Parts) (*model.Slice[*Row], error) {
	joined := parts.joined()
	columns, joins := []string{conversationColumns}, ""
	for _, j := range joined {
		columns, joins = append(columns, j.columns), joins+j.from
	}
	fields := func(r *Row) []any {
		list := fieldsOf(&r.Conversation)
		for _, j := range joined {
			list = append(list, j.fields(r)...)
		}
		return list
	}
	itself := func(r *Row) *model.Conversation { return &r.Conversation }
	return conversationPage(ctx, s, v, f, p, itself, func(q *query) ([]*Row, error) {
		rows, err := rowsOf(ctx, s, "SELECT "+strings.Join(columns, ", ")+" FROM (SELECT c.* FROM "+q.String()+") c"+joins+q.last, q.args, fields)
		for _, r := range rows {
			r.complete(parts)
		}
		return rows, err
	})
}

// join is one part of the rows: its columns, what they come from, and where they are scanned to.
type join struct {
	columns, from string
	fields        func(*Row) []any
}

func (p Parts) joined() (list []join) {
	for _, part := range []struct {
		wanted bool
		join
	}{{p.Contact, contactJoin}, {p.Channel, channelJoin}, {p.Owner, ownerJoin}, {p.Team, teamJoin}, {p.Last, lastJoin}, {p.Labels, labelsJoin}} {
		if part.wanted {
			list = append(list, part.join)
		}
	}
	return list
}

var (
	contactJoin = join{`k.name, coalesce(k.phone_number, ''), k.address, k.blocked_at, k.created_at`,
		` JOIN contacts k ON k.account_id = $1 AND k.id = c.contact_id`,
		func(r *Row) []any {
			return []any{&r.Contact.ProfileName, &r.Contact.Phone, &r.Contact.Address, &r.Contact.BlockedAt, &r.Contact.CreatedAt}
		}}
	channelJoin = join{`h.name, h.kind, h.provider, h.paused, h.credentials_bad_at, h.removed_at`,
		` JOIN channels h ON h.account_id = $1 AND h.id = c.channel_id`,
		func(r *Row) []any {
			return []any{&r.Channel.Name, (*string)(&r.Channel.Kind), (*string)(&r.Channel.Provider), &r.Channel.Paused, &r.Channel.CredentialsBadAt, &r.Channel.RemovedAt}
		}}
	ownerJoin = join{`coalesce(a.name, ''), coalesce(a.availability, ''), coalesce(a.connected, false), coalesce(b.name, '')`,
		` LEFT JOIN agents a ON a.account_id = $1 AND a.id = c.agent_id LEFT JOIN ai_agents b ON b.account_id = $1 AND b.id = c.ai_agent_id`,
		func(r *Row) []any {
			return []any{&r.Agent.Name, (*string)(&r.Agent.Availability), &r.Agent.Connected, &r.AiAgent.Name}
		}}
	teamJoin = join{`coalesce(t.name, '')`, ` LEFT JOIN teams t ON t.account_id = $1 AND t.id = c.team_id`,
		func(r *Row) []any { return []any{&r.Team.Name} }}
	lastJoin = join{`coalesce(m.id::text, ''), coalesce(m.version, 0), coalesce(m.direction, ''), coalesce(m.kind, ''), coalesce(m.text, ''), coalesce(m.created_at, 'epoch')`,
		` LEFT JOIN messages m ON m.account_id = $1 AND m.conversation_id = c.id AND m.seq = c.last_seq`,
		func(r *Row) []any {
			return []any{(*string)(&r.Last.ID), &r.Last.Version, (*string)(&r.Last.Direction), (*string)(&r.Last.Kind), &r.Last.Text, &r.Last.CreatedAt}
		}}
	labelsJoin = join{`ARRAY(SELECT ARRAY[l.id::text, l.name, l.color] FROM conversation_labels x JOIN labels l ON l.account_id = $1 AND l.id = x.label_id
			WHERE x.account_id = $1 AND x.conversation_id = c.id ORDER BY lower(l.name), l.id)`, ``,
		func(r *Row) []any { return []any{&r.labels} }}
)

// complete fills in what the conversation says of its parts.
func (r *Row) complete(parts Parts) {
	if parts.Contact {
		r.Contact.ID = r.ContactID
	}
	if parts.Channel {
		r.Channel.ID = r.ChannelID
	}
	if parts.Owner {
		r.Agent.ID, r.AiAgent.ID = r.AgentID, r.AiAgentID
	}
	if parts.Team {
		r.Team.ID = r.TeamID
	}
	r.Labels = labelsFrom(r.AccountID, r.labels)
}

// labelsFrom reads what the column of labels holds.
func labelsFrom(account int64, rows [][]string) (labels []*model.Label) {
	for _, l := range rows {
		labels = append(labels, &model.Label{AccountID: account, ID: model.ID(l[0]), Name: l[1], Color: l[2]})
	}
	return labels
}
