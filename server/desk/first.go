package desk

import (
	"context"
	"crypto/rand"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// firstAccountName is what the first account is called.
const firstAccountName = "My company"

// FirstAdmin makes the first account with an admin, unless there is an account already; created tells. Without a
// password it generates one, which it returns this once. Several processes may call it at the same time.
func (d *Desk) FirstAdmin(ctx context.Context, email, password string) (generated string, created bool, err error) {
	if has, err := d.db.HasAccounts(ctx); has || err != nil {
		return "", false, err
	}
	if password == "" {
		generated = rand.Text()
		password = generated
	}
	var account int64
	err = d.db.Tx(ctx, func(s *db.Store) (err error) {
		if account, err = s.FirstAccount(ctx, firstAccountName); account == 0 || err != nil {
			return err
		}
		admin, err := d.newAgent(ctx, account, NewAgent{Name: "Admin", Email: email, Role: model.Admin, Password: &password})
		if err != nil {
			return err
		}
		admin.Availability = model.Online
		if err := s.AddAgent(ctx, admin); err != nil {
			return err
		}
		return s.Tell(ctx, account, model.Event{Kind: model.AgentChanged, AgentID: admin.ID})
	})
	if err != nil || account == 0 {
		return "", false, err
	}
	d.told(account)
	return generated, true, nil
}
