package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

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

// Reply is a message that answers a survey.
type Reply struct {
	Survey  model.ID
	Message model.Message
}

// SurveyReplies returns the messages of a conversation after the number that answer surveys, oldest first.
func (s *Store) SurveyReplies(ctx context.Context, account int64, conversation model.ID, after int64) ([]*Reply, error) {
	rows, err := rowsOf(ctx, s, `SELECT `+messageColumns+`, m.data ->> 'survey' FROM messages m
		WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.seq > $3 AND m.direction = 'INBOUND' AND m.data ? 'survey' ORDER BY m.seq`,
		[]any{account, string(conversation), after}, func(r *Reply) []any { return append(partsOf(&r.Message), (*string)(&r.Survey)) })
	if err != nil {
		return nil, fmt.Errorf("read answers in conversation %s: %w", conversation, err)
	}
	return rows, nil
}

// Vote is an answer to a survey.
type Vote struct {
	Account int64
	Survey  model.ID
	Score   int
	Comment *string // nil: the present one stays
	By      model.AnswerWay
	At      time.Time
}

// SaveVote stores the answer in place of the one before, if there is one, and returns the survey as it then is. The same
// answer again changes nothing but how it was given.
func (s *Store) SaveVote(ctx context.Context, v Vote) (*model.Survey, error) {
	saved, err := one(rowsOf(ctx, s, `UPDATE surveys s SET score = $3, answered_by = $5, answered_at = coalesce(s.answered_at, $6),
			comment = CASE WHEN $4::text IS NULL THEN s.comment ELSE nullif($4, '') END,
			changes = s.changes + CASE WHEN s.score IS NULL OR s.score = $3 AND ($4::text IS NULL OR nullif($4, '') IS NOT DISTINCT FROM s.comment) THEN 0 ELSE 1 END
		WHERE s.account_id = $1 AND s.id = $2 RETURNING `+surveyColumns, []any{v.Account, string(v.Survey), v.Score, v.Comment, string(v.By), v.At}, surveyFields))
	if err == nil && saved == nil {
		err = model.Refuse(model.NotFound, "There is no such survey.")
	}
	if err != nil {
		return nil, fmt.Errorf("store the answer to survey %s: %w", v.Survey, err)
	}
	return saved, nil
}

// Thank notes that the customer is thanked for answering the survey, and is false when they were before.
func (s *Store) Thank(ctx context.Context, v *model.Survey, at time.Time) (bool, error) {
	tag, err := s.hot.Exec(ctx, `UPDATE surveys SET thanked_at = $3 WHERE account_id = $1 AND id = $2 AND thanked_at IS NULL`, v.AccountID, string(v.ID), at)
	if err != nil {
		return false, fmt.Errorf("note the thanks for survey %s: %w", v.ID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// LockAnswered reads the conversation of the survey, locked, for who answers it without being signed in.
func (s *Store) LockAnswered(ctx context.Context, account int64, conversation model.ID) (*model.Conversation, error) {
	c := &model.Conversation{}
	err := s.hot.QueryRow(ctx, `SELECT `+conversationColumns+` FROM conversations c WHERE c.account_id = $1 AND c.id = $2 FOR NO KEY UPDATE`,
		account, string(conversation)).Scan(fieldsOf(c)...)
	if err != nil {
		return nil, missing(err, noConversation)
	}
	return c, nil
}

// SurveyOf returns the survey whose token has the hash, with what its channel asks and the channel's hours; nil: there
// is none.
func (s *Store) SurveyOf(ctx context.Context, account int64, tokenHash []byte) (*model.Survey, *model.Csat, *model.Hours, error) {
	v, hours := &model.Survey{}, model.NoHours()
	var csat, week *string
	err := s.hot.QueryRow(ctx, `SELECT `+surveyColumns+`, h.csat::text, h.hours::text FROM surveys s JOIN channels h ON h.account_id = s.account_id AND h.id = s.channel_id
		WHERE s.account_id = $1 AND s.token_hash = $2`, account, tokenHash).Scan(append(surveyFields(v), &csat, &week)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, nil, nil
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read the survey of a link: %w", err)
	}
	if week != nil {
		if err := json.Unmarshal([]byte(*week), hours); err != nil {
			return nil, nil, nil, fmt.Errorf("read the hours of channel %s: %w", v.ChannelID, err)
		}
	}
	settings, err := csatFrom(v.ChannelID, csat)
	return v, settings, hours, err
}
