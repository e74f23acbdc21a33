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

// How often somebody may try in vain within attemptWindow: with one e-mail address, whether an agent has it or not, and from
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

// attempt is a try to prove who one is, as it was counted.
type attempt struct {
	limits []db.AttemptLimit
	at     time.Time
}

// attempt counts a try before it is looked at. It is committed at once: tries that run together, or in one request, all
// count. RATE_LIMITED when there were too many. One that succeeds is taken back: behind one address there may be a
// whole office, and whoever knows one password is no nearer to another.
func (d *Desk) attempt(ctx context.Context, limits ...db.AttemptLimit) (attempt, error) {
	try, ok := attempt{limits, d.now()}, false
	err := d.db.Tx(ctx, func(s *db.Store) (err error) {
		ok, err = s.CountAttempt(ctx, limits, try.at, attemptWindow)
		return err
	})
	if err == nil && !ok {
		return try, model.Refuse(model.RateLimited, "Too many attempts. Wait 15 minutes and try again.")
	}
	return try, err
}

func (a attempt) takeBack(ctx context.Context, s *db.Store) error {
	return s.TakeBackAttempt(ctx, a.limits, a.at)
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
