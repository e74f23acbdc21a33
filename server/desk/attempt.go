package desk

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"strings"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// How often somebody may try within attemptWindow: with one e-mail address, whether an agent has it or not, and from
// one network address.
const (
	attemptsPerLogin   = 10
	attemptsPerAddress = 50
	attemptWindow      = 15 * time.Minute
)

func loginLimit(email string) db.AttemptLimit {
	sum := sha256.Sum256([]byte("login|" + strings.ToLower(strings.TrimSpace(email))))
	return db.AttemptLimit{Key: sum[:], Max: attemptsPerLogin}
}

// addressLimit counts a whole /64 of IPv6 as one: whoever has one address of it has all of them.
func addressLimit(address string) db.AttemptLimit {
	if a, err := netip.ParseAddr(address); err == nil {
		a = a.Unmap().WithZone("")
		if a.Is6() {
			a = netip.PrefixFrom(a, 64).Masked().Addr()
		}
		address = a.String()
	}
	sum := sha256.Sum256([]byte("address|" + address))
	return db.AttemptLimit{Key: sum[:], Max: attemptsPerAddress}
}

// attempt counts a try to prove who one is, before it is looked at. It is committed at once: tries that run together,
// or in one request, all count. RATE_LIMITED when there were too many.
func (d *Desk) attempt(ctx context.Context, limits ...db.AttemptLimit) error {
	var ok bool
	err := d.db.Tx(ctx, func(s *db.Store) (err error) {
		ok, err = s.CountAttempt(ctx, limits, d.now(), attemptWindow)
		return err
	})
	if err == nil && !ok {
		return model.Refuse(model.RateLimited, "Too many attempts. Wait 15 minutes and try again.")
	}
	return err
}

// callerAddress is the address given, else the one of the request.
func callerAddress(ctx context.Context, given string) string {
	if given != "" {
		return given
	}
	return model.AddressFrom(ctx)
}

// ForgetExpired deletes sessions, attempts, links, webhook keys and former secrets whose time is over. It is run now
// and then; nothing depends on when.
func (d *Desk) ForgetExpired(ctx context.Context) error {
	return d.db.ForgetExpired(ctx, d.now(), attemptWindow)
}
