package desk_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/dbtest"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/ai"
	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/desk"
)

const (
	adminEmail    = "admin@example.com"
	adminPassword = "correct horse battery"
)

// office is a desk with one account, its admin, a clock to wind and a provider to instruct.
type office struct {
	*desk.Desk
	t       testing.TB
	db      *db.DB
	ahead   atomic.Int64 // how far the clock was wound
	account int64
	admin   model.ID
	carrier *carrier
	models  *aitest.Server
	told    atomic.Int64
	stored  atomic.Int64 // conversations
}

func sealingKeys(t testing.TB, text string) *db.KeyRing {
	t.Helper()
	keys, err := db.ParseKeyRing(text)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func sealingKey(id string, fill byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32))
}

// openOffice is an office in which nobody is set up yet.
func openOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, db: dbtest.New(t), carrier: &carrier{}, models: aitest.Start(aitest.Options{})}
	t.Cleanup(o.models.Close)
	o.Desk = o.deskWith(sealingKeys(t, sealingKey("1", 'a')))
	return o
}

// deskWith is another process of the same office.
func (o *office) deskWith(keys *db.KeyRing) *desk.Desk {
	d := desk.New(desk.Options{DB: o.db, Keys: keys, Providers: []channel.Provider{o.carrier}, Public: &url.URL{Scheme: "https", Host: "desk.example.com", Path: "/base"},
		Ai: o.asksModels(), Now: o.now, Told: func(int64) { o.told.Add(1) }})
	o.t.Cleanup(d.EndReceiving)
	return d
}

// asksModels is a client of language models that lets nothing wait.
func (o *office) asksModels() ai.Client {
	transport := &http.Transport{DisableKeepAlives: true}
	return ai.New(transport, ai.Options{Wait: func(context.Context, time.Duration) error { return nil }})
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := openOffice(t)
	if _, created, err := o.FirstAdmin(t.Context(), adminEmail, adminPassword); err != nil || !created {
		t.Fatal(created, err)
	}
	o.one(&o.account, `SELECT id FROM accounts`)
	o.one((*string)(&o.admin), `SELECT id::text FROM agents`)
	return o
}

func (o *office) now() time.Time           { return time.Now().Add(time.Duration(o.ahead.Load())) }
func (o *office) wind(by time.Duration)    { o.ahead.Add(int64(by)) }
func (o *office) asAdmin() context.Context { return o.as(o.admin, model.Admin) }

// as is a request of the agent, who had the role when it came in.
func (o *office) as(agent model.ID, role model.Role) context.Context {
	return model.WithViewer(o.t.Context(), &model.Viewer{Account: o.account, Agent: agent, Session: model.NewID(model.KindSession), Role: role})
}

// hire adds an agent whose e-mail address is made of the name.
func (o *office) hire(name string, role model.Role) *model.Agent {
	o.t.Helper()
	a, _, err := o.CreateAgent(o.asAdmin(), desk.NewAgent{Name: name, Email: name + "@example.com", Role: role})
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

// connect makes a channel with the number.
func (o *office) connect(number string) *model.Channel {
	o.t.Helper()
	c, _, err := o.CreateChannel(o.asAdmin(), twilioChannel("Line "+number, number))
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

func twilioChannel(name, number string) desk.NewChannel {
	return desk.NewChannel{Name: name, Kind: model.WhatsApp, Provider: model.Twilio, Sender: model.Sender{ProviderAccount: "AC1", PhoneNumber: number},
		Secret: model.Secret{"authToken": "0123456789abcdef0123456789abcdef"}, CredentialsPath: []string{"credentials", "twilioWhatsapp"}}
}

// conversation stores one in the status, owned by the agent if one is given. Later ones have higher ids.
func (o *office) conversation(c *model.Channel, status model.ConversationStatus, owner model.ID) model.ID {
	o.t.Helper()
	n := o.stored.Add(1)
	contact, id := model.NewID(model.KindContact), model.NewIDAt(model.KindConversation, time.UnixMilli(n))
	o.exec(`INSERT INTO contacts (account_id, id, address, created_at) VALUES ($1, $2, $3, now())`, o.account, contact, string(contact))
	var agent *string
	if owner != "" {
		agent = (*string)(&owner)
	}
	o.exec(`INSERT INTO conversations (account_id, id, channel_id, contact_id, status, agent_id, opened_at, last_activity_at)
		VALUES ($1, $2, $3, $4, $5, $6, now(), now())`, o.account, id, c.ID, contact, status, agent)
	return id
}

func (o *office) exec(sql string, args ...any) {
	o.t.Helper()
	if _, err := o.db.Pool().Exec(o.t.Context(), sql, args...); err != nil {
		o.t.Fatalf("%s: %v", sql, err)
	}
}

func (o *office) one(into any, sql string, args ...any) {
	o.t.Helper()
	if err := o.db.Pool().QueryRow(o.t.Context(), sql, args...).Scan(into); err != nil {
		o.t.Fatalf("%s: %v", sql, err)
	}
}

// count fails unless so many rows are FROM the text.
func (o *office) count(want int, from string, args ...any) {
	o.t.Helper()
	var n int
	o.one(&n, `SELECT count(*) FROM `+from, args...)
	if n != want {
		o.t.Errorf("%d %s, want %d", n, from, want)
	}
}

// events numbers what was told since the last call and returns it.
func (o *office) events() []*model.Event {
	o.t.Helper()
	var list []*model.Event
	if err := o.db.NewRaw(`SELECT * FROM sequence_events(?, 100000)`, o.account).Scan(o.t.Context(), &list); err != nil {
		o.t.Fatal(err)
	}
	return list
}

// wantEvents fails unless exactly these were told since the last call, written by show.
func (o *office) wantEvents(want ...string) {
	o.t.Helper()
	got := []string{}
	for _, e := range o.events() {
		got = append(got, show(*e))
	}
	if !slices.Equal(got, want) {
		o.t.Errorf("told\n %q, want\n %q", got, want)
	}
}

func show(e model.Event) string {
	return fmt.Sprint(e.Kind, " channel=", e.ChannelID, " conversation=", e.ConversationID, " agent=", e.AgentID, " session=", e.SessionID)
}

// wantCode fails unless err is a refusal with the code about the value at the path.
func wantCode(t testing.TB, err error, code model.Code, path ...string) {
	t.Helper()
	e, ok := err.(*model.Error)
	if !ok || e.Code != code || !slices.Equal(e.Field, path) {
		t.Errorf("error %v (%#v), want %s at %q", err, err, code, path)
	}
}
