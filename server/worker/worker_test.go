package worker_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/db/dbtest"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/blob"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/desk"
	"github.com/livedesk/livedesk/server/worker"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// post is a provider that takes every message and says so.
type post struct {
	channel.Provider
	sent chan *channel.Outgoing
}

func (*post) Name() model.ProviderName { return model.Twilio }
func (*post) Route() string            { return "twilio" }
func (*post) Fragment() string         { return "" }

func (*post) Check(context.Context, *model.Channel, model.Secret) (channel.Checked, error) {
	return channel.Checked{}, nil
}

func (p *post) Send(_ context.Context, _ *model.Channel, _ model.Secret, m *channel.Outgoing) (string, error) {
	p.sent <- m
	return "SM" + string(m.MessageID), nil
}

// shift is a desk with a worker that runs, one channel and its admin.
type shift struct {
	*desk.Desk
	db      *db.DB
	post    *post
	channel *model.Channel
	admin   context.Context

	mu   sync.Mutex
	done map[string]int // jobs that ended well, by kind
	seen chan struct{}  // gets one for each job that ended
}

func newShift(t *testing.T) *shift {
	t.Helper()
	s := &shift{db: dbtest.New(t), post: &post{sent: make(chan *channel.Outgoing, 100)}, done: map[string]int{}, seen: make(chan struct{}, 1000)}
	s.Desk = makeDesk(t, s.db, s.post)
	if _, _, err := s.FirstAdmin(t.Context(), "admin@example.com", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	v := &model.Viewer{Role: model.Admin}
	if err := s.db.Pool().QueryRow(t.Context(), `SELECT account_id, id::text FROM agents`).Scan(&v.Account, (*string)(&v.Agent)); err != nil {
		t.Fatal(err)
	}
	s.admin = model.WithViewer(t.Context(), v)
	var err error
	s.channel, _, err = s.CreateChannel(s.admin, desk.NewChannel{Name: "Line", Kind: model.WhatsApp, Provider: model.Twilio,
		Sender: model.Sender{ProviderAccount: "AC1", PhoneNumber: "+4930111"}, Secret: model.Secret{"authToken": "0123456789abcdef"}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func makeDesk(t *testing.T, d *db.DB, p channel.Provider) *desk.Desk {
	t.Helper()
	keys, err := db.ParseKeyRing("1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	public := &url.URL{Scheme: "https", Host: "desk.example.com"}
	signer, err := blob.NewSigner(public, bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return desk.New(desk.Options{DB: d, Keys: keys, Providers: []channel.Provider{p}, Public: public, Signer: signer, Log: slog.New(slog.DiscardHandler)})
}

// starts sets a worker to work until the test ends.
func (s *shift) starts(t *testing.T) {
	t.Helper()
	w, err := worker.New(worker.Options{DB: s.db, Desk: s.Desk, Log: slog.New(slog.DiscardHandler), Observe: s.observe})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func (s *shift) observe(kind, outcome string, _ time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if outcome == "ok" {
		s.done[kind]++
	}
	s.seen <- struct{}{}
}

// await waits until each of the kinds was done.
func (s *shift) await(t *testing.T, kinds ...string) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		s.mu.Lock()
		missing := ""
		for _, kind := range kinds {
			if s.done[kind] == 0 {
				missing = kind
			}
		}
		s.mu.Unlock()
		if missing == "" {
			return
		}
		select {
		case <-s.seen:
		case <-late:
			t.Fatalf("no %s was done", missing)
		}
	}
}

// writes is a customer's message, and the conversation it began.
func (s *shift) writes(t *testing.T, number string) model.ID {
	t.Helper()
	in := model.Incoming{ExternalID: number, Addresses: []string{number}, Kind: model.TextMessage, Text: "hello", At: time.Now()}
	if err := s.Receive(t.Context(), s.channel, []model.Incoming{in}); err != nil {
		t.Fatal(err)
	}
	var id model.ID
	if err := s.db.Pool().QueryRow(t.Context(), `SELECT conversation_id::text FROM messages WHERE external_id = $1`, number).Scan((*string)(&id)); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAReplyIsSentAtOnce(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.starts(t)
	c := s.writes(t, "+4915100")
	var quickest time.Duration
	for i := range 5 {
		start := time.Now()
		m, _, err := s.Reply(s.admin, desk.Reply{Conversation: c, Text: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		out := <-s.post.sent
		took := time.Since(start)
		if out.MessageID != m.ID || out.To != "+4915100" {
			t.Errorf("sent %+v", out)
		}
		if i == 0 || took < quickest {
			quickest = took
		}
	}
	// Without being woken the workers look once a second, so that of five replies hardly one would be this quick.
	if quickest > 400*time.Millisecond {
		t.Errorf("the quickest of five replies took %s to leave", quickest)
	}
	t.Logf("the quickest of five replies left after %s", quickest)
}

func TestTheClockRuns(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	c := s.writes(t, "+4915100")
	if _, err := s.db.Pool().Exec(t.Context(), `UPDATE conversations SET status = 'SNOOZED', snoozed_until = now() WHERE id = $1`, c); err != nil {
		t.Fatal(err)
	}
	s.starts(t)
	s.await(t, "wake_snoozed", "close_resolved", "sweep", "keep_partitions", "forget_expired", "drop_uploads", "forget_records", "catch_up")
	var status string
	if err := s.db.Pool().QueryRow(t.Context(), `SELECT status FROM conversations WHERE id = $1`, c).Scan(&status); err != nil {
		t.Fatal(err)
	}
	if status != "OPEN" {
		t.Errorf("the snoozed conversation is %s", status)
	}
}

func TestAMessageOfADeadProcessIsSent(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	c := s.writes(t, "+4915100")
	m, _, err := s.Reply(s.admin, desk.Reply{Conversation: c, Text: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	// The job went with the process that had taken it; the message is all that is left.
	for _, q := range []string{`DELETE FROM river_job`, `UPDATE messages SET created_at = now() - interval '1 minute'`} {
		if _, err := s.db.Pool().Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	s.starts(t)
	select {
	case out := <-s.post.sent:
		if out.MessageID != m.ID {
			t.Errorf("sent %+v", out)
		}
	case <-time.After(30 * time.Second):
		t.Error("the message was never sent")
	}
}

func TestStopLeavesNothingRunning(t *testing.T) {
	s := newShift(t)
	before := goleak.IgnoreCurrent()
	w, err := worker.New(worker.Options{DB: s.db, Desk: s.Desk, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := s.writes(t, "+4915100")
	if _, _, err := s.Reply(s.admin, desk.Reply{Conversation: c, Text: "hi"}); err != nil {
		t.Fatal(err)
	}
	<-s.post.sent
	if err := w.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.db.Close()
	goleak.VerifyNone(t, before)
}
