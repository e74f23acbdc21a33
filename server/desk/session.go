package desk

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// SignIn is who wants to sign in.
type SignIn struct {
	Email    string
	Password string
	Address  string // of the network; empty: the one in the context
}

// SignedIn is a new session. The token is told this once and stored nowhere.
type SignedIn struct {
	Token     string
	ExpiresAt time.Time
	Agent     *model.Agent
}

// touchEvery is how exactly a session's last use is known.
const touchEvery = time.Minute

var wrongCredentials = model.Refuse(model.WrongCredentials, "The e-mail address or the password is wrong.")

// SignIn begins a session. WRONG_CREDENTIALS does not tell, by its text or its time, whether there is such an agent;
// RATE_LIMITED comes after too many attempts, OVERLOADED when too many sign in at this moment.
func (d *Desk) SignIn(ctx context.Context, in SignIn) (*SignedIn, error) {
	try, err := d.attempt(ctx, loginLimit(in.Email), addressLimit(callerAddress(ctx, in.Address)))
	if err != nil {
		return nil, err
	}
	email, _ := cleanEmail(in.Email) // "" is nobody's
	agent, err := d.db.AgentByEmail(ctx, email)
	if err != nil {
		return nil, err
	}
	if agent == nil {
		agent = &model.Agent{}
	}
	ok, err := d.hashing.matches(ctx, agent.PasswordHash, in.Password)
	if model.CodeOf(err) == model.Overloaded { // nothing was looked at
		return nil, orElse(try.takeBack(ctx, d.db.Store), err)
	}
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, wrongCredentials
	}
	return d.begin(ctx, agent, try)
}

// begin opens a session for an agent whose password was right, unless it was changed or they were disabled meanwhile.
func (d *Desk) begin(ctx context.Context, verified *model.Agent, try attempt) (in *SignedIn, err error) {
	err = d.db.Tx(ctx, func(s *db.Store) error {
		agents, err := s.LockAgents(ctx, verified.AccountID, []model.ID{verified.ID})
		if err != nil {
			return err
		}
		if len(agents) == 0 || agents[0].DisabledAt != nil || agents[0].PasswordHash != verified.PasswordHash {
			return wrongCredentials
		}
		if in, err = d.newSession(ctx, s, agents[0]); err != nil {
			return err
		}
		return try.takeBack(ctx, s)
	})
	return in, err
}

func (d *Desk) newSession(ctx context.Context, s *db.Store, a *model.Agent) (*SignedIn, error) {
	now, token := d.now(), model.NewKey(a.AccountID)
	n := &model.Session{AccountID: a.AccountID, ID: model.NewIDAt(model.KindSession, now), AgentID: a.ID, TokenHash: hashToken(token),
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(model.SessionLife)}
	if err := s.AddSession(ctx, n); err != nil {
		return nil, err
	}
	return &SignedIn{Token: token, ExpiresAt: n.ExpiresAt, Agent: a}, nil
}

// hashToken needs no salt and no cost: a token is 256 random bits.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// SignOut ends the session of the request, with its sockets.
func (d *Desk) SignOut(ctx context.Context) error {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return err
	}
	return d.commit(ctx, v.Account, func(s *db.Store) error {
		if err := s.EndSession(ctx, v.Account, v.Session); err != nil {
			return err
		}
		return s.Tell(ctx, v.Account, model.Event{Kind: model.SessionEnded, AgentID: v.Agent, SessionID: v.Session})
	})
}

// Authenticate finds who holds the token and until when it can work at the longest, and counts as a use of the
// session. UNAUTHENTICATED when the token is none, or its session ended. Nothing is remembered between calls: what
// ends a session ends it for the next request.
func (d *Desk) Authenticate(ctx context.Context, token string) (*model.Viewer, time.Time, error) {
	refused := model.Refuse(model.Unauthenticated, "The session has ended. Sign in again.")
	account := model.AccountOfKey(token)
	if account == 0 {
		return nil, time.Time{}, refused
	}
	now := d.now()
	n, role, err := d.db.SessionByToken(ctx, account, hashToken(token), now)
	if err != nil {
		return nil, time.Time{}, err
	}
	if n == nil {
		return nil, time.Time{}, refused
	}
	if now.Sub(n.SeenAt) >= touchEvery {
		if err := d.db.TouchSession(ctx, account, n.ID, now); err != nil {
			return nil, time.Time{}, err
		}
	}
	return &model.Viewer{Account: account, Agent: n.AgentID, Session: n.ID, Role: role}, n.ExpiresAt, nil
}
