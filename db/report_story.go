package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// storyBatch is how many conversations are read at a time.
const storyBatch = 2000

// packFacts makes the facts of all that happened from a moment up to another, and tells to how many conversations.
func (s *Store) packFacts(ctx context.Context, account int64, from, to time.Time) (*model.Packs, int, error) {
	ids, err := s.touched(ctx, account, from, to)
	if err != nil {
		return nil, 0, err
	}
	packs := &model.Packs{}
	return packs, len(ids), s.eachStory(ctx, account, ids, func(story *model.Story, hours model.Calendars) {
		packs.Add(story.Conversation, story.Facts(hours), from, to)
	})
}

// touched are the conversations to which something happened.
func (s *Store) touched(ctx context.Context, account int64, from, to time.Time) ([]model.Key, error) {
	rows, err := s.hot.Query(ctx, `SELECT conversation_id FROM messages WHERE account_id = $1 AND created_at >= $2 AND created_at < $3
		UNION SELECT conversation_id FROM conversation_changes WHERE account_id = $1 AND at >= $2 AND at < $3`, account, from, to)
	if err != nil {
		return nil, fmt.Errorf("look for what happened: %w", err)
	}
	defer rows.Close()
	var ids []model.Key
	for rows.Next() {
		var id model.Key
		if err := rows.Scan((*[16]byte)(&id)); err != nil {
			return nil, fmt.Errorf("look for what happened: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// eachStory reads what happened to each of the conversations that are in reports.
func (s *Store) eachStory(ctx context.Context, account int64, ids []model.Key, tell func(*model.Story, model.Calendars)) error {
	if len(ids) == 0 {
		return nil
	}
	hours, err := s.pastHours(ctx, account)
	if err != nil {
		return err
	}
	for len(ids) > 0 {
		n := min(storyBatch, len(ids))
		stories, err := s.stories(ctx, account, ids[:n])
		if err != nil {
			return fmt.Errorf("read what happened to conversations: %w", err)
		}
		for _, story := range stories {
			tell(story, hours)
		}
		ids = ids[n:]
	}
	return nil
}

const storyConversations = `SELECT v.id, v.channel_id FROM unnest($2::uuid[]) k(id) JOIN conversations v ON v.account_id = $1 AND v.id = k.id
	WHERE v.closed_reason IS DISTINCT FROM 'MERGED'`

const storyChanges = `SELECT h.conversation_id, h.version, h.at, h.reason, h.status, coalesce(h.actor_agent_id, ` + noKey + `), coalesce(h.agent_id, ` + noKey + `), coalesce(h.ai_agent_id, ` + noKey + `), coalesce(h.team_id, ` + noKey + `),
	h.hand_over IS NOT NULL FROM unnest($2::uuid[]) k(id) JOIN conversation_changes h ON h.account_id = $1 AND h.conversation_id = k.id ORDER BY h.conversation_id, h.version`

const storyMessages = `SELECT m.conversation_id, m.created_at, coalesce(m.agent_id, ` + noKey + `), coalesce(m.ai_agent_id, ` + noKey + `) FROM unnest($2::uuid[]) k(id)
	JOIN messages m ON m.account_id = $1 AND m.conversation_id = k.id
	WHERE ` + toldMessages + ` ORDER BY m.conversation_id, m.seq`

// toldMessages are those that reports know of.
const toldMessages = `(m.direction = 'INBOUND' AND NOT m.blocked OR m.direction = 'OUTBOUND' AND (m.agent_id IS NOT NULL OR m.ai_agent_id IS NOT NULL))`

func (s *Store) stories(ctx context.Context, account int64, ids []model.Key) ([]*model.Story, error) {
	found, args := map[model.Key]*model.Story{}, []any{account, keyTexts(ids)}
	list, err := rowsOf(ctx, s, storyConversations, args, func(p *model.Story) []any { return []any{(*[16]byte)(&p.Conversation), (*[16]byte)(&p.Channel)} })
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		found[p.Conversation] = p
	}
	if err := s.storyChanges(ctx, args, found); err != nil {
		return nil, err
	}
	return list, s.storyMessages(ctx, args, found)
}

func (s *Store) storyChanges(ctx context.Context, args []any, found map[model.Key]*model.Story) error {
	rows, err := s.hot.Query(ctx, storyChanges, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id model.Key
		var c model.StoryChange
		if err := rows.Scan((*[16]byte)(&id), &c.Version, &c.At, (*string)(&c.Reason), (*string)(&c.Status), (*[16]byte)(&c.Actor), (*[16]byte)(&c.Agent), (*[16]byte)(&c.AiAgent),
			(*[16]byte)(&c.Team), &c.HandedOver); err != nil {
			return err
		}
		if p := found[id]; p != nil {
			p.Changes = append(p.Changes, c)
		}
	}
	return rows.Err()
}

func (s *Store) storyMessages(ctx context.Context, args []any, found map[model.Key]*model.Story) error {
	rows, err := s.hot.Query(ctx, storyMessages, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id model.Key
		var m model.StoryMessage
		if err := rows.Scan((*[16]byte)(&id), &m.At, (*[16]byte)(&m.Agent), (*[16]byte)(&m.AiAgent)); err != nil {
			return err
		}
		if p := found[id]; p != nil {
			p.Messages = append(p.Messages, m)
		}
	}
	return rows.Err()
}

// noKey is how a missing id comes to be the zero Key.
const noKey = `'00000000-0000-0000-0000-000000000000'::uuid`

func keyTexts(keys []model.Key) string {
	ids := make([]model.ID, len(keys))
	for i, k := range keys {
		ids[i] = k.ID()
	}
	return texts(ids)
}

// pastHours finds which hours a channel had at a moment.
func (s *Store) pastHours(ctx context.Context, account int64) (model.Calendars, error) {
	type version struct {
		channel model.Key
		since   time.Time
		text    *string
	}
	rows, err := rowsOf(ctx, s, `SELECT channel_id, since, hours::text FROM channel_hours WHERE account_id = $1 ORDER BY channel_id, since`, []any{account},
		func(v *version) []any { return []any{(*[16]byte)(&v.channel), &v.since, &v.text} })
	if err != nil {
		return nil, fmt.Errorf("read past hours: %w", err)
	}
	times, calendars := map[model.Key][]time.Time{}, map[model.Key][]*model.Calendar{}
	for _, v := range rows {
		times[v.channel] = append(times[v.channel], v.since)
		calendars[v.channel] = append(calendars[v.channel], pastCalendar(v.text))
	}
	return func(channel model.Key, at time.Time) *model.Calendar {
		since := times[channel]
		for i := len(since) - 1; i >= 0; i-- {
			if !since[i].After(at) {
				return calendars[channel][i]
			}
		}
		return nil
	}, nil
}

// pastCalendar takes hours that cannot be read for none.
func pastCalendar(text *string) *model.Calendar {
	if text == nil {
		return nil
	}
	h := model.NoHours()
	if json.Unmarshal([]byte(*text), h) != nil {
		return nil
	}
	c, err := model.NewCalendar(h)
	if err != nil {
		return nil
	}
	return c
}
