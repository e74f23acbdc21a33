package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// place is a migrated database of its own with one account and its admin.
type place struct {
	stage   *stage
	url     string
	db      *db.DB
	account int64
	admin   model.ID
}

// newPlace makes a database in the stage's cluster, migrates it and opens an account in it.
func (s *stage) newPlace(ctx context.Context, name string) (*place, error) {
	if err := s.createDatabase(ctx, name); err != nil {
		return nil, err
	}
	u, err := url.Parse(s.pg.URL())
	if err != nil {
		return nil, err
	}
	u.Path = "/" + name
	return s.openPlace(ctx, u.String())
}

// openPlace opens an account in the database at the URL, which is migrated first.
func (s *stage) openPlace(ctx context.Context, address string) (*place, error) {
	p, err := s.connect(ctx, address)
	if err != nil {
		return nil, err
	}
	if err := p.db.Migrate(ctx); err != nil {
		return nil, err
	}
	p.admin = model.NewID(model.KindAgent)
	err = p.db.Pool().QueryRow(ctx, `WITH a AS (INSERT INTO accounts (name) VALUES ('Bench') RETURNING id),
		f AS (INSERT INTO account_feed (account_id) SELECT id FROM a)
		INSERT INTO agents (account_id, id, name, email, role, max_load) SELECT id, $1, 'Admin', 'admin@livedesk.local', 'ADMIN', 1000 FROM a RETURNING account_id`,
		string(p.admin)).Scan(&p.account)
	if err != nil {
		return nil, fmt.Errorf("open an account: %w", err)
	}
	return p, nil
}

// connect opens a database as it is.
func (s *stage) connect(ctx context.Context, address string) (*place, error) {
	d, err := db.Open(ctx, address, db.Options{MaxConns: 16, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	p := &place{stage: s, url: address, db: d}
	s.places = append(s.places, p)
	return p, nil
}

func (s *stage) createDatabase(ctx context.Context, name string) error {
	d, err := db.Open(ctx, s.pg.URL(), db.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.Pool().Exec(ctx, "CREATE DATABASE "+name)
	return err
}

// channel makes a WhatsApp channel by number and returns it with the path of its webhook.
func (p *place) channel(ctx context.Context, name, number string) (model.ID, hook, error) {
	id, key := model.NewID(model.KindChannel), model.NewKey(p.account)
	sealed, err := p.stage.keys.Seal([]byte(`{"authToken":"`+twiliotest.AuthToken+`"}`), db.SealedAt("channels", "secret", p.account, id))
	if err != nil {
		return "", hook{}, err
	}
	_, err = p.db.Pool().Exec(ctx, `WITH c AS (INSERT INTO channels (account_id, id, name, kind, provider, sender_account, sender_phone, secret)
			VALUES ($1, $2, $3, 'WHATSAPP', 'TWILIO', $4, $5, $6))
		INSERT INTO webhook_keys (account_id, key, channel_id) VALUES ($1, $7, $2)`,
		p.account, string(id), name, twiliotest.AccountSid, model.CleanAddress(number), sealed, key)
	if err != nil {
		return "", hook{}, fmt.Errorf("make a channel: %w", err)
	}
	return id, hook{Path: "/webhooks/twilio/" + key, To: number}, nil
}

// agents makes n agents of the role, members of the channel unless that is "".
func (p *place) agents(ctx context.Context, n int, role model.Role, channel model.ID) ([]model.ID, error) {
	ids := make([]model.ID, n)
	names := make([]string, n)
	for i := range ids {
		ids[i] = model.NewID(model.KindAgent)
		names[i] = fmt.Sprintf("Agent %d", i+1)
	}
	_, err := p.db.Pool().Exec(ctx, `WITH a AS (
			INSERT INTO agents (account_id, id, name, email, role, availability, max_load)
			SELECT $1, i::uuid, n, i || '@bench.invalid', $4, 'ONLINE', 1000 FROM unnest($2::text[], $3::text[]) AS x(i, n) RETURNING id)
		INSERT INTO channel_agents (account_id, channel_id, agent_id) SELECT $1, nullif($5, '')::uuid, id FROM a WHERE $5 <> ''`,
		p.account, texts(ids), names, string(role), string(channel))
	if err != nil {
		return nil, fmt.Errorf("make agents: %w", err)
	}
	return ids, nil
}

// sessions signs the agents in and returns their tokens.
func (p *place) sessions(ctx context.Context, agents ...model.ID) ([]string, error) {
	tokens, hashes, ids := make([]string, len(agents)), make([][]byte, len(agents)), make([]string, len(agents))
	for i := range agents {
		tokens[i], hashes[i] = newToken(p.account)
		ids[i] = string(model.NewID(model.KindSession))
	}
	_, err := p.db.Pool().Exec(ctx, `INSERT INTO sessions (account_id, id, agent_id, token_hash, expires_at)
		SELECT $1, s, a, h, now() + interval '1 day' FROM unnest($2::uuid[], $3::uuid[], $4::bytea[]) AS x(s, a, h)`, p.account, ids, texts(agents), hashes)
	if err != nil {
		return nil, fmt.Errorf("make sessions: %w", err)
	}
	return tokens, nil
}

func texts(ids []model.ID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}

// verify fails when an invariant of the database does not hold.
func (p *place) verify(ctx context.Context) error {
	violations, err := p.db.Verify(ctx, 3)
	if err != nil {
		return err
	}
	var all []error
	for _, v := range violations {
		all = append(all, fmt.Errorf("%s: %s (%s)", v.Invariant.Name, v.Where, v.Invariant.Means))
	}
	return errors.Join(all...)
}

// settle learns the tables' sizes and cleans up, so that this does not fall into a measurement.
func (p *place) settle(ctx context.Context) error {
	if _, err := p.db.Pool().Exec(ctx, "VACUUM (ANALYZE)"); err != nil {
		return fmt.Errorf("vacuum: %w", err)
	}
	return nil
}
