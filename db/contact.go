package db

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

const noContact = "There is no such contact."

// LockContact reads a contact that the viewer may see, which for an agent is one with a conversation on their channels,
// and keeps it from others until the end of the transaction.
func (s *Store) LockContact(ctx context.Context, v *model.Viewer, id model.ID) (*model.Contact, error) {
	c := &model.Contact{}
	q := s.NewSelect().Model(c).Where("account_id = ? AND id = ?", v.Account, id)
	if !v.SeesAll() {
		q = q.Where(`EXISTS (SELECT 1 FROM conversations c JOIN channel_agents x ON x.account_id = c.account_id AND x.channel_id = c.channel_id
			WHERE c.account_id = contact.account_id AND c.contact_id = contact.id AND x.agent_id = ?)`, v.Agent)
	}
	if err := q.For("NO KEY UPDATE").Scan(ctx); err != nil {
		return nil, missing(err, noContact, "contactId")
	}
	return c, nil
}

// OwnsContact tells whether the agent owns a conversation with the contact that is still going on.
func (s *Store) OwnsContact(ctx context.Context, account int64, agent, contact model.ID) (bool, error) {
	var owns bool
	err := s.hot.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM conversations WHERE account_id = $1 AND contact_id = $2 AND agent_id = $3
		AND status IN ('OPEN','AI_REPLYING','SNOOZED'))`, account, string(contact), null(agent)).Scan(&owns)
	if err != nil {
		return false, fmt.Errorf("look who answers contact %s: %w", contact, err)
	}
	return owns, nil
}

// SaveContact stores name and block, and tells of the contact's conversations that are not CLOSED, so that screens
// that show them are refreshed.
func (s *Store) SaveContact(ctx context.Context, c *model.Contact) error {
	_, err := s.hot.Exec(ctx, `WITH saved AS (UPDATE contacts SET name = $3, blocked_at = $4 WHERE account_id = $1 AND id = $2)
		INSERT INTO event_outbox (account_id, kind, channel_id, conversation_id)
		SELECT account_id, 'CONVERSATION_CHANGED', channel_id, id FROM conversations WHERE account_id = $1 AND contact_id = $2 AND status <> 'CLOSED' ORDER BY id`,
		c.AccountID, string(c.ID), c.ProfileName, c.BlockedAt)
	if err != nil {
		return fmt.Errorf("save contact %s: %w", c.ID, err)
	}
	return nil
}
