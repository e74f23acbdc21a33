package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/livedesk/livedesk/model"
)

// ErrMissed says that one of the agents can no longer take what they were to get. Nothing is stored, and the transaction
// is lost: all is to be read and decided again.
var ErrMissed = errors.New("an agent can no longer take a conversation")

// Placed is a decision about a conversation that LockPlacings has locked.
type Placed struct {
	placing  *Placing
	decision *model.Decision
	record   []byte
}

// Decided keeps what the decision was made from, before the next one changes that.
func (p *Placing) Decided(d *model.Decision) (Placed, error) {
	record, err := json.Marshal(model.NewRecord(p.Snapshot, d))
	if err != nil {
		return Placed{}, fmt.Errorf("write the record of a decision: %w", err)
	}
	return Placed{p, d, record}, nil
}

// SavePlacings stores what was decided, and tells of it.
func (s *Store) SavePlacings(ctx context.Context, account int64, list []Placed) error {
	if len(list) == 0 {
		return nil
	}
	var a placedArrays
	for i := range list {
		a.add(&list[i])
	}
	_, err := s.hot.Exec(ctx, `SELECT save_placings($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)`,
		account, a.ids.text(), a.channels.text(), a.at, a.changed, a.agents.text(), a.ais.text(), a.teams.text(), a.formers.text(), a.priorities.text(), a.waitsKinds.text(), a.waitsIDs.text(), a.turns,
		a.owners.text(), a.labelled.text(), a.labels.text(), a.decisions.text(), a.versions, a.stages.text(), a.outcomes.text(), a.reasons.text(), a.rules.text(), a.kinds.text(), a.targets.text(), a.messages.text(), a.records)
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && pg.Code == "LD001":
		return ErrMissed
	case err != nil:
		return fmt.Errorf("place %d conversations: %w", len(list), err)
	}
	return nil
}

// KeepPlaced stores that conversations which were to be placed stay as they are.
func (s *Store) KeepPlaced(ctx context.Context, account int64, conversations ...model.ID) error {
	if len(conversations) == 0 {
		return nil
	}
	_, err := s.hot.Exec(ctx, `UPDATE conversations SET to_place = NULL, target_kind = NULL, target_id = NULL WHERE account_id = $1 AND id = ANY ($2::uuid[])`, account, texts(conversations))
	if err != nil {
		return fmt.Errorf("keep conversations as they are: %w", err)
	}
	return nil
}

// placedArrays are the arguments of save_placings, one element for each decision.
type placedArrays struct {
	ids, channels, agents, ais, teams, formers, priorities, waitsKinds, waitsIDs, owners, labelled, labels column
	decisions, stages, outcomes, reasons, rules, kinds, targets, messages                                  column

	at             []time.Time
	changed, turns []bool
	versions       []int32
	records        []string
}

func (a *placedArrays) add(p *Placed) {
	c, d := p.placing.Conversation, p.decision
	var waits, team model.Target
	if d.Outcome == model.OutcomeWaiting {
		waits = d.Target
	}
	if d.Target.Kind == model.ToTeam {
		team = d.Target
	}
	former := c.FormerAgentID
	if c.AgentID != "" && c.AgentID != d.AgentID {
		former = c.AgentID
	}
	if c.AgentID != "" {
		a.owners.add(c.AgentID)
	}
	priority := c.Priority
	if d.Priority != "" {
		priority = d.Priority
	}
	a.ids.add(c.ID)
	a.channels.add(c.ChannelID)
	a.agents.add(d.AgentID)
	a.ais.add(d.AiAgentID)
	a.teams.add(team.ID)
	a.formers.add(former)
	a.waitsKinds.add(model.ID(waits.Kind))
	a.waitsIDs.add(waits.ID)
	a.priorities.add(model.ID(priority))
	a.changed = append(a.changed, priority != c.Priority || d.AgentID != c.AgentID || d.AiAgentID != c.AiAgentID || team.ID != c.TeamID)
	for _, label := range d.LabelIDs {
		a.labelled.add(c.ID)
		a.labels.add(label)
	}
	a.addDecision(p)
}

func (a *placedArrays) addDecision(p *Placed) {
	d := p.decision
	a.at = append(a.at, d.At)
	a.turns = append(a.turns, d.TakesTurn())
	a.decisions.add(model.NewIDAt(model.KindDecision, d.At))
	a.versions = append(a.versions, int32(p.placing.Automation.Version))
	a.stages.add(model.ID(d.Stage))
	a.outcomes.add(model.ID(d.Outcome))
	a.reasons.add(model.ID(d.Reason))
	a.rules.add(d.RuleID)
	a.kinds.add(model.ID(d.Target.Kind))
	a.targets.add(d.Target.ID)
	a.messages.add(p.placing.Message.ID)
	a.records = append(a.records, string(p.record))
}

// column is an array of ids or of enum values, null where they are empty, as the text of an SQL array.
type column struct{ b strings.Builder }

func (c *column) add(id model.ID) {
	if c.b.Len() > 0 {
		c.b.WriteByte(',')
	}
	if id == "" {
		id = "NULL"
	}
	c.b.WriteString(string(id))
}

func (c *column) text() string { return "{" + c.b.String() + "}" }
