package db

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

const surveyColumns = `s.account_id, s.id::text, s.conversation_id::text, s.version, s.channel_id::text, coalesce(s.agent_id::text, ''), coalesce(s.ai_agent_id::text, ''),
	coalesce(s.team_id::text, ''), coalesce(s.message_id::text, ''), coalesce(s.not_delivered, ''), s.created_at, s.sent_at, s.expires_at,
	coalesce(s.score, 0), coalesce(s.comment, ''), s.answered_at, coalesce(s.answered_by, ''), s.changes`

func surveyFields(s *model.Survey) []any {
	return []any{&s.AccountID, (*string)(&s.ID), (*string)(&s.ConversationID), &s.Version, (*string)(&s.ChannelID), (*string)(&s.AgentID), (*string)(&s.AiAgentID),
		(*string)(&s.TeamID), (*string)(&s.MessageID), (*string)(&s.NotDelivered), &s.CreatedAt, &s.SentAt, &s.ExpiresAt,
		&s.Score, &s.Comment, &s.AnsweredAt, (*string)(&s.AnsweredBy), &s.Changes}
}

// AddSurvey stores a survey of a conversation that is locked, and false when there is one of this resolve. The hash is
// that of the token with which the customer answers; nil when nobody is asked.
func (s *Store) AddSurvey(ctx context.Context, v *model.Survey, tokenHash []byte) (bool, error) {
	tag, err := s.hot.Exec(ctx, `WITH asked AS (
			INSERT INTO surveys (account_id, id, conversation_id, version, channel_id, agent_id, ai_agent_id, team_id, token_hash, message_id, not_delivered, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (account_id, conversation_id, version) DO NOTHING
			RETURNING account_id, conversation_id, message_id, expires_at),
		kept AS (UPDATE conversations c SET closes_at = a.expires_at FROM asked a WHERE c.account_id = a.account_id AND c.id = a.conversation_id AND a.message_id IS NOT NULL)
		SELECT 1 FROM asked`,
		v.AccountID, string(v.ID), string(v.ConversationID), v.Version, string(v.ChannelID), null(v.AgentID), null(v.AiAgentID), null(v.TeamID),
		tokenHash, null(v.MessageID), nullText(string(v.NotDelivered)), v.CreatedAt, v.ExpiresAt)
	if err != nil {
		return false, fmt.Errorf("store a survey of conversation %s: %w", v.ConversationID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// SurveyToken returns the hash of the token that the survey was last sent with.
func (s *Store) SurveyToken(ctx context.Context, account int64, survey model.ID) (hash []byte, err error) {
	if err = s.hot.QueryRow(ctx, `SELECT token_hash FROM surveys WHERE account_id = $1 AND id = $2`, account, string(survey)).Scan(&hash); err != nil {
		return nil, fmt.Errorf("read the token of survey %s: %w", survey, err)
	}
	return hash, nil
}

// SetSurveyToken replaces the token of a survey.
func (s *Store) SetSurveyToken(ctx context.Context, account int64, survey model.ID, hash []byte) error {
	if _, err := s.hot.Exec(ctx, `UPDATE surveys SET token_hash = $3 WHERE account_id = $1 AND id = $2`, account, string(survey), hash); err != nil {
		return fmt.Errorf("replace the token of survey %s: %w", survey, err)
	}
	return nil
}

// SurveysByID returns those of the surveys that the account has.
func (s *Store) SurveysByID(ctx context.Context, account int64, ids []model.ID) (map[model.ID]*model.Survey, error) {
	rows, err := rowsOf(ctx, s, `SELECT `+surveyColumns+` FROM surveys s WHERE s.account_id = $1 AND s.id = ANY ($2::uuid[])`, []any{account, texts(ids)}, surveyFields)
	return keyed(rows, err, func(v *model.Survey) model.ID { return v.ID })
}

// SeeSurveys returns those of the surveys whose conversation the viewer may see.
func (s *Store) SeeSurveys(ctx context.Context, v *model.Viewer, ids []model.ID) (map[model.ID]*model.Survey, error) {
	rows, err := rowsOf(ctx, s, `SELECT `+surveyColumns+` FROM surveys s WHERE s.account_id = $1 AND s.id = ANY ($2::uuid[]) AND `+inSight(v, "s.channel_id", "$3"),
		[]any{v.Account, texts(ids), eyes(v)}, surveyFields)
	return keyed(rows, err, func(v *model.Survey) model.ID { return v.ID })
}
