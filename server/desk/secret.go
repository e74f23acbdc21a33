package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// checkTime is how long a provider may take to say whether credentials work.
const checkTime = 15 * time.Second

// The places that secrets are sealed for.
func sealedAt(c *model.Channel) string { return db.SealedAt("channels", "secret", c.AccountID, c.ID) }
func sealedBeforeAt(c *model.Channel) string {
	return db.SealedAt("channels", "secret_before", c.AccountID, c.ID)
}

// checkCredentials puts the sender into the channel and asks the provider whether it works. It writes nothing.
func (d *Desk) checkCredentials(ctx context.Context, c *model.Channel, in NewChannel) (model.Secret, []string, error) {
	p := d.providers[in.Provider]
	if p == nil {
		return nil, nil, model.Refuse(model.Invalid, "This desk has no such provider.", in.CredentialsPath...)
	}
	if in.Kind != c.Kind || in.Provider != c.Provider {
		return nil, nil, model.Refuse(model.Invalid, "A channel keeps its kind and its provider. Create another channel for these credentials.", in.CredentialsPath...)
	}
	c.Sender = model.Sender{ProviderAccount: strings.TrimSpace(in.Sender.ProviderAccount),
		PhoneNumber: strings.TrimSpace(in.Sender.PhoneNumber), Service: strings.TrimSpace(in.Sender.Service), NumberID: strings.TrimSpace(in.Sender.NumberID)}
	if (c.Sender.PhoneNumber == "") == (c.Sender.Service == "") {
		return nil, nil, model.Refuse(model.Invalid, "Give exactly one of a number and a service.", path(in.CredentialsPath, "sender")...)
	}
	secret := model.Secret{}
	for name, value := range in.Secret {
		secret[name] = strings.TrimSpace(value)
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	checked, err := p.Check(ctx, c, secret)
	if e, ok := err.(*model.Error); ok {
		return nil, nil, model.Refuse(e.Code, e.Text, path(in.CredentialsPath, e.Field...)...)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("check the credentials of channel %s: %w", c.ID, err)
	}
	return secret, checked.Warnings, nil
}

// seal puts the secret into the channel as today's.
func (d *Desk) seal(c *model.Channel, secret model.Secret) (err error) {
	plain, err := json.Marshal(secret)
	if err != nil {
		return fmt.Errorf("seal the secret of channel %s: %w", c.ID, err)
	}
	c.Sealed, err = d.keys.Seal(plain, sealedAt(c))
	c.SecretHint = hint(secret)
	return err
}

// replaceSecret keeps the former secret for webhooks that the provider signed, or will sign for a while, with it.
func (d *Desk) replaceSecret(c *model.Channel, secret model.Secret) error {
	plain, err := d.keys.Open(c.Sealed, sealedAt(c))
	if err != nil {
		return fmt.Errorf("channel %s: %w", c.ID, err)
	}
	var former model.Secret
	if err := json.Unmarshal(plain, &former); err != nil {
		return fmt.Errorf("read the secret of channel %s: %w", c.ID, err)
	}
	if !maps.Equal(former, secret) {
		until := d.now().Add(formerLife)
		if c.SealedBefore, err = d.keys.Seal(plain, sealedBeforeAt(c)); err != nil {
			return err
		}
		c.SealedUntil = &until
	}
	return d.seal(c, secret)
}

// Secrets opens the secrets of a channel: today's, with which to act, and all with which webhooks may be signed now.
func (d *Desk) Secrets(_ context.Context, c *model.Channel) (current model.Secret, all []model.Secret, err error) {
	if current, err = d.openSecret(c, c.Sealed, sealedAt(c)); err != nil {
		return nil, nil, err
	}
	all = []model.Secret{current}
	if c.SealedBefore != "" && c.SealedUntil != nil && d.now().Before(*c.SealedUntil) {
		former, err := d.openSecret(c, c.SealedBefore, sealedBeforeAt(c))
		if err != nil {
			return nil, nil, err
		}
		all = append(all, former)
	}
	return current, all, nil
}

func (d *Desk) openSecret(c *model.Channel, sealed, place string) (secret model.Secret, err error) {
	plain, err := d.keys.Open(sealed, place)
	if err == nil {
		err = json.Unmarshal(plain, &secret)
	}
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", c.ID, err)
	}
	return secret, nil
}

// mainSecrets are the values by which admins tell their credentials apart, one for each provider.
var mainSecrets = []string{"authToken", "accessToken", "devSecret"}

// hint is the end of the secret, none when that would be a good part of it.
func hint(secret model.Secret) string {
	for _, name := range mainSecrets {
		if s := secret[name]; len(s) >= 16 {
			return s[len(s)-4:]
		}
	}
	return ""
}

// rekeyBatch is how many channels, or AI Agents, one transaction reseals.
const rekeyBatch = 100

// Rekey seals every secret of every account under the current key and returns how many channels and AI Agents it changed. It can be
// stopped and run again at any time; afterwards no former key is needed.
func (d *Desk) Rekey(ctx context.Context) (n int, err error) {
	for {
		var batch []*model.Channel
		err := d.db.Tx(ctx, func(s *db.Store) (err error) {
			if batch, err = s.LockStaleSecrets(ctx, d.keys.CurrentID(), rekeyBatch); err != nil {
				return err
			}
			for _, c := range batch {
				if err := d.reseal(c); err != nil {
					return fmt.Errorf("reseal channel %s: %w", c.ID, err)
				}
				if err := s.SaveChannel(ctx, c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		ais, err := d.rekeyAi(ctx)
		if err != nil {
			return n, err
		}
		if n += len(batch) + ais; len(batch)+ais == 0 {
			return n, nil
		}
	}
}

func (d *Desk) reseal(c *model.Channel) error {
	for _, secret := range []struct {
		sealed *string
		place  string
	}{{&c.Sealed, sealedAt(c)}, {&c.SealedBefore, sealedBeforeAt(c)}} {
		if *secret.sealed == "" {
			continue
		}
		plain, err := d.keys.Open(*secret.sealed, secret.place)
		if err != nil {
			return err
		}
		if *secret.sealed, err = d.keys.Seal(plain, secret.place); err != nil {
			return err
		}
	}
	return nil
}

// below says which of the credentials the database refused: it knows the column, not the form of the input.
func below(err error, c *model.Channel, credentials []string) error {
	e, ok := err.(*model.Error)
	if !ok || e.Code != model.Taken || len(e.Field) == 0 || e.Field[0] != "credentials" {
		return err
	}
	field := []string{"phoneNumber"}
	switch {
	case len(e.Field) > 1:
		field = e.Field[1:]
	case c.Sender.Service != "":
		field = []string{"sender", "messagingServiceSid"}
	case c.Provider == model.Twilio:
		field = []string{"sender", "phoneNumber"}
	}
	return model.Refuse(e.Code, e.Text, path(credentials, field...)...)
}

// path joins two parts of a path without touching either.
func path(start []string, rest ...string) []string { return slices.Concat(start, rest) }
