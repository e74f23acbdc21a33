package graph

import (
	"context"
	"fmt"

	"github.com/livedesk/livedesk/model"
)

type accountResolver struct{}

// kindAccount marks an account's id in the API. Accounts are numbered where they are stored.
const kindAccount model.Kind = 0xff

// accountID is the account's number in the form of all ids.
func accountID(account int64) model.ID {
	return model.ID(fmt.Sprintf("00000000-0000-7000-8%03x-%010x%02x", account>>40&0xfff, account&(1<<40-1), byte(kindAccount)))
}

// ID is the account's opaque id.
func (*accountResolver) ID(_ context.Context, account *model.Account) (model.ID, error) {
	return accountID(account.ID), nil
}
