package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/livedesk/livedesk/model"
)

// Automation is one version of what a channel decides by, ready to be asked. It never changes, so it may be kept.
type Automation struct {
	model.Automation
	Calendar *model.Calendar
	Zone     *time.Location // of the hours, whether they are on or not
	Rules    []model.Rule   // as they were stored
}

// automationBody is how a version is kept.
type automationBody struct {
	Mode  model.AssignmentMode `json:"mode"`
	Hours *model.Hours         `json:"hours,omitempty"`
	Rules []model.Rule         `json:"rules,omitempty"`
}

// Automation reads the present version of the channel, in one statement so that it is one version, and keeps it for those
// who make its decisions again.
func (s *Store) Automation(ctx context.Context, account int64, channel model.ID) (*Automation, error) {
	return s.automation(ctx, account, channel, `,
		kept AS (INSERT INTO automations (account_id, channel_id, version, body) SELECT account_id, id, automation_version, body FROM present ON CONFLICT DO NOTHING)`)
}

func (s *Store) automation(ctx context.Context, account int64, channel model.ID, keep string) (*Automation, error) {
	var version int64
	var body []byte
	err := s.hot.QueryRow(ctx, `WITH present AS (
			SELECT h.account_id, h.id, h.automation_version, jsonb_strip_nulls(jsonb_build_object('mode', h.assignment_mode, 'hours', h.hours, 'rules', (
				SELECT jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name, 'enabled', r.enabled, 'position', r.position, 'match', r.match,
					'conditions', r.conditions, 'action', r.action, 'fallback', r.fallback) ORDER BY r.position)
				FROM rules r WHERE r.account_id = $1 AND r.channel_id = $2))) AS body
			FROM channels h WHERE h.account_id = $1 AND h.id = $2)`+keep+`
		SELECT automation_version, body FROM present`, account, string(channel)).Scan(&version, &body)
	if err != nil {
		return nil, missing(err, noChannel, "channelId")
	}
	return readyAutomation(account, channel, version, body)
}

// NextAutomation counts the channel's version up: what it decides by has changed. Those who wait are decided about again.
func (s *Store) NextAutomation(ctx context.Context, account int64, channel model.ID) error {
	if _, err := s.hot.Exec(ctx, `UPDATE channels SET automation_version = automation_version + 1 WHERE account_id = $1 AND id = $2`, account, string(channel)); err != nil {
		return fmt.Errorf("count the version of channel %s up: %w", channel, err)
	}
	return s.PlaceAfresh(ctx, account, channel)
}

// PastAutomation reads a version that decisions were made by.
func (s *Store) PastAutomation(ctx context.Context, account int64, channel model.ID, version int64) (*Automation, error) {
	var body []byte
	err := s.hot.QueryRow(ctx, `SELECT body FROM automations WHERE account_id = $1 AND channel_id = $2 AND version = $3`, account, string(channel), version).Scan(&body)
	if err != nil {
		return nil, fmt.Errorf("read version %d of what channel %s decides by: %w", version, channel, err)
	}
	return readyAutomation(account, channel, version, body)
}

// readyAutomation takes hours that cannot be read for none: a conversation is placed all the same.
func readyAutomation(account int64, channel model.ID, version int64, text []byte) (*Automation, error) {
	var body automationBody
	if err := json.Unmarshal(text, &body); err != nil {
		return nil, fmt.Errorf("read what a channel decides by: %w", err)
	}
	for i := range body.Rules {
		body.Rules[i].AccountID, body.Rules[i].ChannelID = account, channel
	}
	a := &Automation{Rules: body.Rules, Zone: time.UTC}
	a.Automation = model.Automation{Version: version, Mode: body.Mode, Rules: model.CompileRules(body.Rules)}
	if body.Hours == nil {
		return a, nil
	}
	if zone, err := time.LoadLocation(body.Hours.TimeZone); err == nil {
		a.Zone = zone
	}
	a.Calendar, _ = model.NewCalendar(body.Hours)
	return a, nil
}
