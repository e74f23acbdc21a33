package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/db/dbtest"
	"github.com/livedesk/livedesk/server/ai/aitest"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest/openapi"
)

// TestMain runs the tests, or is the program itself for those that start it.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	dbtest.Main(m)
}

// patience is how long a story waits for something that must happen. It is never waited for in vain on purpose.
const patience = 20 * time.Second

const (
	adminEmail   = "admin@example.org"
	testPassword = "correct horse battery"
)

// world is a running desk with its fake Twilio and its people.
type world struct {
	t        testing.TB
	line     string
	server   *Server
	address  string // of another process that people use instead; empty: the server's
	twilio   *twiliotest.Twilio
	company  company        // of the channels that stories connect
	models   *aitest.Server // answers for AI Agents
	admin    *person
	agents   map[string]*person
	channels map[string]string // name to id
	teams    map[string]string // name to id
	senders  map[string]string // the channel's address at Twilio, to name
	survey   string            // the link of the survey that came last
	token    string
}

// newServer starts a desk on a database of its own against a Twilio at the address.
func newServer(t testing.TB, databaseURL, twilioURL string, changes ...func(*Config)) *Server {
	t.Helper()
	return newServerLogging(t, testLog{t}, databaseURL, twilioURL, changes...)
}

func newServerLogging(t testing.TB, log io.Writer, databaseURL, twilioURL string, changes ...func(*Config)) *Server {
	t.Helper()
	c := &Config{Addr: "127.0.0.1:0", DatabaseURL: databaseURL, DataDir: t.TempDir(), TwilioURL: twilioURL,
		AdminEmail: adminEmail, AdminPassword: testPassword, EventRetention: 24 * time.Hour}
	for _, change := range changes {
		change(c)
	}
	if err := c.Complete(); err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), c, NewLog(log, Development))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background()) }()
	t.Cleanup(func() {
		s.Stop(context.Background())
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

// testLog shows the desk's log with a test that fails.
type testLog struct{ t testing.TB }

func (l testLog) Write(line []byte) (int, error) {
	if os.Getenv("LIVEDESK_TEST_LOG") != "" {
		l.t.Log(strings.TrimSpace(string(line)))
	}
	return len(line), nil
}

func newWorld(t testing.TB, changes ...func(*Config)) *world {
	t.Helper()
	return newWorldLogging(t, testLog{t}, changes...)
}

func newWorldLogging(t testing.TB, log io.Writer, changes ...func(*Config)) *world {
	t.Helper()
	twilio := twiliotest.New(twiliotest.Options{})
	twilio.AddDefault()
	host := httptest.NewServer(openapi.Around(t, twilio.Handler()))
	models := aitest.Start(aitest.Options{})
	t.Cleanup(func() { twilio.Close(); host.Close(); models.Close() })
	changes = append([]func(*Config){func(c *Config) { c.PrivateHosts = []string{models.Address}; c.AiPause = 200 * time.Millisecond }}, changes...)
	w := &world{t: t, twilio: twilio, models: models, agents: map[string]*person{}, channels: map[string]string{}, teams: map[string]string{}, senders: map[string]string{}, token: twiliotest.AuthToken}
	w.company = &twilioCompany{}
	w.server = newServerLogging(t, log, dbtest.URL(t), host.URL, changes...)
	slog.SetLogLoggerLevel(slog.LevelError)
	w.admin = w.signIn("admin", adminEmail)
	return w
}

func (w *world) url() string {
	if w.address != "" {
		return w.address
	}
	return w.server.url()
}

// url is where the server listens, whatever its public address is.
func (s *Server) url() string { return "http://" + s.Addr().String() }

// channel connects a number or a service of the company's fake.
func (w *world) channel(name, address string) { w.company.connect(w, name, address) }

// created takes the channel that the API made into the world.
func (w *world) created(name, address string, made json.RawMessage) (webhookURL, verifyToken string) {
	var c struct {
		Channel struct{ ID, WebhookURL, VerifyToken string }
	}
	decode(w.t, made, &c)
	w.channels[name], w.senders[address] = c.Channel.ID, name
	return c.Channel.WebhookURL, c.Channel.VerifyToken
}

// agent adds an agent, lets them work on a channel and connects them.
func (w *world) agent(name, channel string) {
	email := name + "@example.org"
	made := w.admin.must("createAgent", `{"name":"`+name+`","email":"`+email+`","role":"AGENT","password":"`+testPassword+`"}`)
	var a struct{ Agent struct{ ID string } }
	decode(w.t, made, &a)
	w.admin.must("addChannelAgents", `{"channelId":"`+w.channels[channel]+`","agentIds":["`+a.Agent.ID+`"]}`)
	w.agents[name] = w.signIn(name, email)
	w.agents[name].connect()
}

func (w *world) customerSays(from, text, to string, picture bool) {
	status, err := w.company.customerSays(w.t.Context(), from, text, to, picture)
	if err != nil || status != w.company.taken() {
		w.t.Fatalf("%s: the desk answered %d, %v", w.line, status, err)
	}
}

func (w *world) customerReceives(who, text string) {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := w.company.customerReceives(ctx, who, text); err != nil {
		w.t.Fatalf("%s: %v", w.line, err)
	}
}

func (w *world) redeliver(times string) {
	n, err := strconv.Atoi(times)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, status := range w.company.redeliver(w.t.Context(), n) {
		if status != w.company.taken() {
			w.t.Errorf("%s: a duplicate was answered %d", w.line, status)
		}
	}
}

func (w *world) mendCredentials(name string) {
	for address, n := range w.senders {
		if n == name {
			w.admin.must("updateChannel", `{"channelId":"`+w.channels[name]+`","credentials":`+w.company.credentials(w, address)+`}`)
		}
	}
}

// age makes what customers wrote a day older, which shuts WhatsApp's window.
func (w *world) age() {
	if _, err := w.server.db.Pool().Exec(w.t.Context(), `UPDATE conversations SET last_inbound_at = last_inbound_at - interval '25 hours'`); err != nil {
		w.t.Fatal(err)
	}
}

func decode(t testing.TB, data json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}
