package desk_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/blob"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/desk"
)

// courier is a provider that does with each message what the test scripted, and takes it when nothing is scripted.
type courier struct {
	*carrier
	mu     sync.Mutex
	script []func(context.Context, *channel.Outgoing) (string, error)
	sent   []*channel.Outgoing
	sids   int
	found  func(known func(string) bool) *model.StatusReport
	since  time.Time // from when on Find was to look
	media  func() (*channel.Media, error)
}

var (
	_ channel.Finder       = (*courier)(nil)
	_ channel.MediaFetcher = (*courier)(nil)
	_ channel.MediaLimiter = (*courier)(nil)
)

func (*courier) MaxMedia(kind model.ChannelKind) int {
	if kind == model.WhatsApp {
		return 1
	}
	return 10
}

func (c *courier) Send(ctx context.Context, _ *model.Channel, _ model.Secret, m *channel.Outgoing) (string, error) {
	c.mu.Lock()
	c.sent = append(c.sent, m)
	do := take
	if len(c.script) > 0 {
		do, c.script = c.script[0], c.script[1:]
	}
	c.sids++
	id := sid(c.sids)
	c.mu.Unlock()
	got, err := do(ctx, m)
	if got == "" && err == nil {
		return id, nil
	}
	return got, err
}

func (c *courier) Find(_ context.Context, _ *model.Channel, _ model.Secret, _ *channel.Outgoing, since time.Time, known func(string) bool) (*model.StatusReport, error) {
	c.since = since
	if c.found == nil {
		return nil, nil
	}
	return c.found(known), nil
}

func (c *courier) FetchMedia(context.Context, *model.Channel, model.Secret, string) (*channel.Media, error) {
	return c.media()
}

// sid is the provider's id of the n-th message that was handed over.
func sid(n int) string {
	return "SM" + strings.Repeat("0", 30) + string(rune('0'+n/10)) + string(rune('0'+n%10))
}

func take(context.Context, *channel.Outgoing) (string, error) { return "", nil }

func failing(e channel.SendError) func(context.Context, *channel.Outgoing) (string, error) {
	return func(context.Context, *channel.Outgoing) (string, error) { return "", &e }
}

// will scripts what happens to the next messages.
func (c *courier) will(script ...func(context.Context, *channel.Outgoing) (string, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.script = append(c.script, script...)
}

// texts are those of all messages handed over, in order.
func (c *courier) texts() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []string{}
	for _, m := range c.sent {
		list = append(list, m.Text)
	}
	return list
}

// line is an office with one WhatsApp channel, an agent on it, and a provider to script.
type line struct {
	*office
	courier *courier
	channel *model.Channel
	hana    *model.Agent
	blobs   *blob.Store
}

func newLine(t *testing.T) *line {
	t.Helper()
	l := &line{office: newOffice(t)}
	l.courier = &courier{carrier: l.carrier}
	blobs, err := blob.Open(t.Context(), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	l.blobs = blobs
	l.Desk = l.process()
	l.channel = l.connect("+4930111")
	l.hana = l.hire("hana", model.AgentRole)
	l.joins(l.hana)
	return l
}

// process is a server process of this office.
func (l *line) process() *desk.Desk { return l.processWith(l.courier) }

func (l *line) processWith(p channel.Provider) *desk.Desk {
	d := desk.New(l.options(p, time.Millisecond))
	l.t.Cleanup(d.EndReceiving)
	return d
}

// options are those of a process whose AI Agents wait so long for a customer to pause.
func (l *line) options(p channel.Provider, pause time.Duration) desk.Options {
	l.t.Helper()
	public := &url.URL{Scheme: "https", Host: "desk.example.com"}
	signer, err := blob.NewSigner(public, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		l.t.Fatal(err)
	}
	return desk.Options{DB: l.db, Keys: sealingKeys(l.t, sealingKey("1", 'a')), Providers: []channel.Provider{p}, Public: public,
		Blobs: l.blobs, Signer: signer, Ai: l.asksModels(), Now: l.now, Told: func(int64) { l.told.Add(1) }, AiPause: pause}
}

// joins makes agents members of the channel.
func (l *line) joins(agents ...*model.Agent) {
	l.t.Helper()
	ids := []model.ID{}
	for _, a := range agents {
		ids = append(ids, a.ID)
	}
	if _, err := l.AddChannelAgents(l.asAdmin(), l.channel.ID, ids); err != nil {
		l.t.Fatal(err)
	}
}

func (l *line) asHana() context.Context { return l.as(l.hana.ID, model.AgentRole) }

// writes is a message of the customer with the number.
func (l *line) writes(number, text string) (conversation, message model.ID) {
	l.t.Helper()
	in := model.Incoming{ExternalID: string(model.NewID(model.KindRequest)), Addresses: []string{number}, Kind: model.TextMessage, Text: text, At: l.now()}
	if err := l.Receive(l.t.Context(), l.channel, []model.Incoming{in}); err != nil {
		l.t.Fatal(err)
	}
	row := l.db.Pool().QueryRow(l.t.Context(), `SELECT conversation_id::text, id::text FROM messages WHERE external_id = $1`, in.ExternalID)
	if err := row.Scan((*string)(&conversation), (*string)(&message)); err != nil {
		l.t.Fatal(err)
	}
	return conversation, message
}

// replies is hana's answer.
func (l *line) replies(conversation model.ID, text string) *model.Message {
	l.t.Helper()
	m, _, err := l.Reply(l.asHana(), desk.Reply{Conversation: conversation, Text: text})
	if err != nil {
		l.t.Fatal(err)
	}
	return m
}

// deliver runs the sender of the conversation once.
func (l *line) deliver(conversation model.ID) {
	l.t.Helper()
	if err := l.Deliver(l.t.Context(), l.account, conversation); err != nil {
		l.t.Fatal(err)
	}
}

// resumes ends the waiting of the conversation, as time would, and runs its sender.
func (l *line) resumes(conversation model.ID) {
	l.t.Helper()
	l.exec(`UPDATE send_leases SET not_before = now() - interval '1 s', expires_at = now() - interval '1 s' WHERE conversation_id = $1`, conversation)
	l.wind(2 * time.Minute) // past every brake
	l.deliver(conversation)
}

// message reads a message as it is stored.
func (l *line) message(id model.ID) *model.Message {
	l.t.Helper()
	m := &model.Message{}
	if err := l.db.NewSelect().Model(m).Where("id = ?", id).Scan(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	return m
}

func (l *line) conversationNow(id model.ID) *model.Conversation {
	l.t.Helper()
	c := &model.Conversation{}
	if err := l.db.NewSelect().Model(c).Where("id = ?", id).Scan(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	return c
}

// wantStatus fails unless the message has the status.
func (l *line) wantStatus(id model.ID, want model.DeliveryStatus) *model.Message {
	l.t.Helper()
	m := l.message(id)
	if m.Status != want {
		l.t.Errorf("message %q is %s (%s %s), want %s", m.Text, m.Status, m.ErrorCode, m.ErrorText, want)
	}
	return m
}

// wantKinds fails unless events of exactly these kinds were told since the last call.
func (l *line) wantKinds(want ...model.EventKind) {
	l.t.Helper()
	got := []model.EventKind{}
	for _, e := range l.events() {
		got = append(got, e.Kind)
	}
	if len(got) != len(want) {
		l.t.Errorf("told %v, want %v", got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			l.t.Errorf("told %v, want %v", got, want)
			return
		}
	}
}

// wantRefusal fails unless err is a refusal with the code whose text holds the words.
func wantRefusal(t *testing.T, err error, code model.Code, words string) {
	t.Helper()
	var e *model.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Text, words) {
		t.Errorf("error %v, want %s with %q", err, code, words)
	}
}

// tracks is a report of the provider.
func (l *line) tracks(r model.StatusReport) {
	l.t.Helper()
	if err := l.Track(l.t.Context(), l.channel, r); err != nil {
		l.t.Fatal(err)
	}
}

// settles is the job that asks about a lost answer.
func (l *line) settles(m *model.Message, asked int) {
	l.t.Helper()
	err := l.Settle(l.t.Context(), db.SettleMessage{Account: l.account, Message: m.ID, Attempt: m.Attempt, Asked: asked})
	if err != nil {
		l.t.Fatal(err)
	}
}
