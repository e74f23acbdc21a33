package desk

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai"
)

// aiCheckTime is how long an endpoint may take to say whether it works: less than a request to the API may.
const aiCheckTime = 12 * time.Second

func sealedAiAt(a *model.AiAgent) string {
	return db.SealedAt("ai_agents", "secret", a.AccountID, a.ID)
}

// applyAiKey seals a key that is given. One that is stored never goes to another host than the one it was given for:
// whoever may change the address must not be able to read the key there.
func (d *Desk) applyAiKey(a *model.AiAgent, key *string, from string) error {
	if key == nil {
		if a.Sealed != "" && hostOf(a.BaseURL) != hostOf(from) {
			return model.Refuse(model.Invalid, "Give the key again: the endpoint is another one now.", "apiKey")
		}
		return nil
	}
	plain := strings.TrimSpace(*key)
	if len(plain) > model.MaxAiKey || strings.ContainsFunc(plain, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return model.Refuse(model.Invalid, "A key has letters, digits and signs, without spaces.", "apiKey")
	}
	a.Sealed, a.KeyHint = "", ""
	if plain == "" {
		return nil
	}
	if len(plain) >= 16 {
		a.KeyHint = plain[len(plain)-4:]
	}
	var err error
	a.Sealed, err = d.keys.Seal([]byte(plain), sealedAiAt(a))
	return err
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// aiEndpoint is where the AI Agent's model answers, with the opened key.
func (d *Desk) aiEndpoint(a *model.AiAgent) (ai.Endpoint, error) {
	e := ai.Endpoint{BaseURL: a.BaseURL, KeyHeader: ai.KeyHeader(a.KeyHeader), Model: a.Model}
	if a.Sealed == "" {
		return e, nil
	}
	plain, err := d.keys.Open(a.Sealed, sealedAiAt(a))
	if err != nil {
		return e, fmt.Errorf("AI Agent %s: %w", a.ID, err)
	}
	e.Key = string(plain)
	return e, nil
}

// checkAi asks the model once, at little cost, and refuses what does not answer.
func (d *Desk) checkAi(ctx context.Context, a *model.AiAgent) error {
	e, err := d.aiEndpoint(a)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, aiCheckTime)
	defer cancel()
	return d.ai.Check(ctx, e)
}

// TestAiAgent asks the AI Agent's model now, and says in a sentence whether that works.
func (d *Desk) TestAiAgent(ctx context.Context, id model.ID) (works bool, sentence string, err error) {
	v, err := asAdmin(ctx)
	if err != nil {
		return false, "", err
	}
	a, err := d.db.AiAgent(ctx, v.Account, id)
	if err != nil {
		return false, "", at(err, "aiAgentId")
	}
	err = d.checkAi(ctx, a)
	if e, ok := err.(*model.Error); ok && e.Code.IsUserError() {
		return false, e.Text, nil
	}
	if err != nil {
		return false, "", err
	}
	d.aiWorks(ctx, a)
	return true, "The endpoint, the key and the model " + a.Model + " work together.", nil
}

// aiWorks forgets problems that the AI Agent had. They are forgotten with its next answer, too.
func (d *Desk) aiWorks(ctx context.Context, a *model.AiAgent) {
	told, err := d.db.ClearAiProblems(ctx, a.AccountID, a.ID)
	if err != nil {
		d.log.WarnContext(ctx, "failed to forget a problem of an AI Agent", "account", a.AccountID, "ai", a.ID, "error", err)
	}
	if told {
		d.told(a.AccountID)
	}
}

// rekeyAi seals the keys of up to rekeyBatch AI Agents under the current key, and returns how many there were.
func (d *Desk) rekeyAi(ctx context.Context) (n int, err error) {
	err = d.db.Tx(ctx, func(s *db.Store) error {
		stale, err := s.LockStaleAiKeys(ctx, d.keys.CurrentID(), rekeyBatch)
		n = len(stale)
		for _, a := range stale {
			plain, err := d.keys.Open(a.Sealed, sealedAiAt(a))
			if err != nil {
				return fmt.Errorf("reseal the key of AI Agent %s: %w", a.ID, err)
			}
			if a.Sealed, err = d.keys.Seal(plain, sealedAiAt(a)); err != nil {
				return err
			}
			if err := s.SaveAiKey(ctx, a); err != nil {
				return err
			}
		}
		return err
	})
	return n, err
}
