package db

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedesk/livedesk/model"
)

// History is what was decided about conversations of a channel, for a draft to be tried on.
type History struct {
	Past    []model.Past // in the order of their time
	Skipped int          // conversations of which it is forgotten what their decision was made from
	More    bool         // there are older ones, beyond the limit
}

// PresentAutomation reads the present version of the channel for who decides nothing by it.
func (s *Store) PresentAutomation(ctx context.Context, account int64, channel model.ID) (*Automation, error) {
	return s.automation(ctx, account, channel, "")
}

// History reads the first decision from all stages about each conversation of the channel in [from, to), of the newest
// ones up to limit, and looks at 20 times as many decisions at most. People are as they were; AI Agents besides the
// channel's, teams, and labels on older conversations of a customer, are as they are now: when somebody joined or left, or
// a label was put on, is not kept.
func (s *Store) History(ctx context.Context, account int64, channel model.ID, from, to time.Time, limit int, draft *model.RuleSet) (*History, error) {
	teams, err := s.teamsOfAgents(ctx, account, draft.TeamIDs())
	if err != nil {
		return nil, err
	}
	ais, err := s.ids(ctx, `SELECT b.id::text FROM ai_agents b WHERE b.account_id = $1 AND b.id = ANY ($2::uuid[]) AND b.disabled_at IS NULL AND b.deleted_at IS NULL`, account, texts(draft.AiAgentIDs()))
	if err != nil {
		return nil, err
	}
	rows, err := s.hot.Query(ctx, firstDecisions, account, string(channel), from, to, idFrom(from), idFrom(to.Add(time.Millisecond)), limit+1, texts(draft.LabelIDs()), looked*limit)
	if err != nil {
		return nil, fmt.Errorf("read what was decided on channel %s: %w", channel, err)
	}
	list, err := pgx.CollectRows(rows, pastOf)
	if err != nil {
		return nil, fmt.Errorf("read what was decided on channel %s: %w", channel, err)
	}
	h := &History{More: len(list) > limit}
	if !h.More {
		if h.More, err = s.decidedMore(ctx, account, channel, from, to, looked*limit); err != nil {
			return nil, err
		}
	}
	for _, p := range list[:min(len(list), limit)] {
		if p == nil {
			h.Skipped++
			continue
		}
		p.Snapshot.Candidates = draftCandidates(p.Snapshot.Candidates, draft.AgentIDs(), teams)
		p.Snapshot.OtherAis = append(p.Snapshot.OtherAis, ais...)
		h.Past = append(h.Past, *p)
	}
	slices.Reverse(h.Past)
	return h, nil
}

// looked is how many decisions are looked at for each that is wanted: on a channel that reopens conversations most are
// not the first ones.
const looked = 20

// inTime are the decisions in [$3, $4) from all stages, newest first: the ids of decisions begin with their time, in
// milliseconds.
const inTime = `SELECT * FROM decisions WHERE account_id = $1 AND channel_id = $2 AND stage = 'ALL' AND id >= $5::uuid AND id < $6::uuid AND decided_at >= $3 AND decided_at < $4 ORDER BY id DESC`

const firstDecisions = `SELECT d.conversation_id::text, coalesce(d.agent_id::text, ''), coalesce(d.ai_agent_id::text, ''), d.record,
		coalesce((SELECT m.text FROM messages m WHERE m.account_id = d.account_id AND m.id = d.message_id), ''),
		CASE WHEN cardinality($8::uuid[]) = 0 THEN '{}' ELSE ARRAY(SELECT DISTINCT l.label_id::text FROM conversations v JOIN conversation_labels l ON l.account_id = v.account_id AND l.conversation_id = v.id
			WHERE v.account_id = c.account_id AND v.contact_id = c.contact_id AND v.opened_at < c.opened_at AND l.label_id = ANY ($8::uuid[])) END,
		(SELECT min(h.at) FROM conversation_changes h WHERE h.account_id = d.account_id AND h.conversation_id = d.conversation_id AND h.at > d.decided_at
			AND (h.status NOT IN ('OPEN', 'AI_REPLYING') OR d.agent_id IS NOT NULL AND h.agent_id IS DISTINCT FROM d.agent_id))
	FROM (` + inTime + ` LIMIT $9) d JOIN conversations c ON c.account_id = d.account_id AND c.id = d.conversation_id
	WHERE NOT EXISTS (SELECT 1 FROM decisions e WHERE e.account_id = d.account_id AND e.conversation_id = d.conversation_id AND e.stage = 'ALL'
			AND e.decided_at >= $3 AND (e.decided_at, e.id) < (d.decided_at, d.id))
	ORDER BY d.id DESC LIMIT $7`

// decidedMore tells whether there are more decisions in that time than are looked at.
func (s *Store) decidedMore(ctx context.Context, account int64, channel model.ID, from, to time.Time, than int) (more bool, err error) {
	err = s.hot.QueryRow(ctx, `SELECT EXISTS (`+inTime+` OFFSET $7)`, account, string(channel), from, to, idFrom(from), idFrom(to.Add(time.Millisecond)), than).Scan(&more)
	if err != nil {
		return false, fmt.Errorf("count what was decided on channel %s: %w", channel, err)
	}
	return more, nil
}

// idFrom sorts before all ids that are made at the time or later, and after all of earlier milliseconds.
func idFrom(t time.Time) string {
	hex := fmt.Sprintf("%012x", min(max(0, t.UnixMilli()), 1<<48-1))
	return hex[:8] + "-" + hex[8:] + "-0000-0000-000000000000"
}

// pastOf is nil for what is forgotten.
func pastOf(row pgx.CollectableRow) (*model.Past, error) {
	p := &model.Past{}
	var conversation, text string
	var record []byte
	var labels []model.ID
	var ended *time.Time
	if err := row.Scan(&conversation, (*string)(&p.AgentID), (*string)(&p.AiAgentID), &record, &text, &labels, &ended); err != nil || record == nil {
		return nil, err
	}
	if ended != nil {
		p.EndedAt = *ended
	}
	var r model.Record
	if err := json.Unmarshal(record, &r); err != nil {
		return nil, fmt.Errorf("read what was decided about conversation %s: %w", conversation, err)
	}
	var err error
	p.Snapshot, err = r.Snapshot(model.Automation{Version: r.Version}, text)
	p.Snapshot.Contact.LabelIDs = append(p.Snapshot.Contact.LabelIDs, labels...)
	return p, err
}

// draftCandidates are the candidates with their teams, and besides them whom the draft names and who did not work there.
func draftCandidates(then []model.Candidate, named []model.ID, teams map[model.ID][]model.ID) []model.Candidate {
	for _, id := range named {
		if !slices.ContainsFunc(then, func(c model.Candidate) bool { return c.AgentID == id }) {
			then = append(then, model.Candidate{AgentID: id, Availability: model.Offline})
		}
	}
	for i := range then {
		then[i].TeamIDs = teams[then[i].AgentID]
	}
	return then
}

func (s *Store) teamsOfAgents(ctx context.Context, account int64, ids []model.ID) (map[model.ID][]model.ID, error) {
	rows, err := s.hot.Query(ctx, `SELECT agent_id::text, team_id::text FROM team_agents WHERE account_id = $1 AND team_id = ANY ($2::uuid[])`, account, texts(ids))
	teams := map[model.ID][]model.ID{}
	if err == nil {
		var agent, team model.ID
		_, err = pgx.ForEachRow(rows, []any{(*string)(&agent), (*string)(&team)}, func() error { teams[agent] = append(teams[agent], team); return nil })
	}
	if err != nil {
		return nil, fmt.Errorf("read who is in teams: %w", err)
	}
	return teams, nil
}

// People reads who could get a new conversation of the channel now, by any of the automations.
func (s *Store) People(ctx context.Context, account int64, channel model.ID, by ...*model.RuleSet) (model.Snapshot, error) {
	p := model.Snapshot{Stage: model.StageAll}
	var agents, teams, ais []model.ID
	for _, rules := range by {
		agents, teams = append(agents, rules.AgentIDs()...), append(teams, rules.TeamIDs()...)
		ais = append(ais, rules.AiAgentIDs()...)
	}
	slices.Sort(agents)
	batch := &pgx.Batch{}
	batch.Queue(`SELECT coalesce(h.ai_agent_id::text, ''), `+aiAnswers+`, `+otherAis+`($3::uuid[])) FROM channels h WHERE h.account_id = $1 AND h.id = $2`, account, string(channel), texts(ais)).QueryRow(func(row pgx.Row) error {
		return row.Scan((*string)(&p.AiAgentID), &p.AiStarted, &p.OtherAis)
	})
	agents = slices.Compact(agents)
	r := &placingReader{roster: model.NewRoster()}
	batch.Queue(placingCandidates, account, texts([]model.ID{channel}), texts(nil), texts(slices.Repeat([]model.ID{channel}, len(agents))), texts(agents), texts(teams)).Query(r.takeCandidates)
	if err := s.hot.SendBatch(ctx, batch).Close(); err != nil {
		return p, fmt.Errorf("read who is on channel %s: %w", channel, err)
	}
	p.Candidates = r.roster.Candidates[channel]
	return p, nil
}

// NamesPlaced returns the names of all that a draft, and what it would have done, may name.
func (s *Store) NamesPlaced(ctx context.Context, account int64, by *Automation, placed []*model.Placed) (model.Names, error) {
	rules := by.Automation.Rules
	ids := slices.Concat(rules.LabelIDs(), rules.TeamIDs(), rules.AgentIDs())
	for _, p := range placed {
		for _, id := range []model.ID{p.Decision.AgentID, p.Decision.AiAgentID, p.Decision.Target.ID} {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return s.Names(ctx, account, by, slices.Compact(ids))
}
