package desk

import (
	"cmp"
	"log/slog"
	"net/url"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai"
	"github.com/livedesk/livedesk/server/blob"
	"github.com/livedesk/livedesk/server/channel"
)

// Desk is what happens on a live desk: one method per verb, a file per group of verbs.
type Desk struct {
	db        *db.DB
	keys      *db.KeyRing
	providers map[model.ProviderName]channel.Provider
	ai        ai.Client
	blobs     *blob.Store
	signer    *blob.Signer
	public    *url.URL
	now       func() time.Time
	log       *slog.Logger
	told      func(account int64)
	hashing   *hasher
	intake    *db.Intake
	hooks     hooks
	health    channelHealth
	brakes    brakes
	rules     automations
	reactions reactions
	tries     simulations
	meetings  meetings
	pace      db.AiPace
	turned    func(*model.AiTurn)
}

// Options are what a desk is made of. All fields but Now, Log, Told, AiPause, Turned and Feed are
// needed.
type Options struct {
	DB        *db.DB
	Keys      *db.KeyRing        // seals channel secrets
	Providers []channel.Provider // those that the program has
	Ai        ai.Client          // asks language models
	Blobs     *blob.Store
	Signer    *blob.Signer
	Public    *url.URL            // the address under which customers' providers and browsers reach the desk
	Now       func() time.Time    // nil: time.Now
	Log       *slog.Logger        // nil: the default logger
	Told      func(account int64) // called after a commit that left events in the outbox; must not block; may be nil
	AiPause   time.Duration       // how long a customer must not write before an AI Agent answers; 0: AiPause
	Turned    func(*model.AiTurn) // called after each turn of an AI Agent that ended; must not block; may be nil
	Feed      *db.Feed            // lets the intake number its events itself; nil: it leaves them in the outbox, too
}

// New makes a desk.
func New(o Options) *Desk {
	d := &Desk{db: o.DB, keys: o.Keys, ai: o.Ai, blobs: o.Blobs, signer: o.Signer, public: o.Public, now: o.Now, log: o.Log, told: o.Told,
		providers: map[model.ProviderName]channel.Provider{}, hashing: newHasher()}
	for _, p := range o.Providers {
		d.providers[p.Name()] = p
	}
	if d.now == nil {
		d.now = time.Now
	}
	d.hooks.byKey = map[string]known{}
	d.health.notes = map[model.ID]*db.ChannelNote{}
	d.brakes.by = map[model.ID]*brake{}
	d.rules.of = map[model.ID]*db.Automation{}
	d.reactions = newReactions()
	d.tries.running = map[int64]bool{}
	d.meetings.of = map[int64]*meeting{}
	if d.log == nil {
		d.log = slog.Default()
	}
	if d.told == nil {
		d.told = func(int64) {}
	}
	d.pace = db.AiPace{Pause: cmp.Or(o.AiPause, AiPause), Longest: 4 * cmp.Or(o.AiPause, AiPause), Lease: AiLease}
	d.turned = o.Turned
	if d.turned == nil {
		d.turned = func(*model.AiTurn) {}
	}
	d.intake = db.NewIntake(d.db, d.now, d.told, o.Feed)
	return d
}
