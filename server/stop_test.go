package server

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/livedesk/livedesk/db/dbtest"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// orderly is how long an orderly end may take.
const orderly = 10 * time.Second

// pound is a desk as a process of its own, under load.
type pound struct {
	*door
	program *serving
	sockets []*websocket.Conn

	mu    sync.Mutex
	acked []string // ids of messages that were answered 204
}

// newPound sets a desk up and goes on with a process of it.
func newPound(t *testing.T) *pound {
	t.Helper()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	d.customerSays(customer, "hello", twiliotest.WhatsAppNumber, false)
	d.agents["hana"].seesMessage("hello")
	d.agents["hana"].cut()
	c := d.server.config
	d.server.Stop(t.Context())
	p := &pound{door: d, program: startProgram(t, "DATABASE_URL="+c.DatabaseURL, "LIVEDESK_DATA_DIR="+c.DataDir, "LIVEDESK_TWILIO_URL="+c.TwilioURL)}
	_, path, _ := strings.Cut(strings.TrimPrefix(d.webhook, "http://"), "/")
	d.address, d.webhook = p.program.url, p.program.url+"/"+path
	for range 5 {
		conn := d.agents["hana"].dial()
		subscribe(t, conn, "live", d.agents["hana"].cursorNow())
		p.sockets = append(p.sockets, conn)
	}
	return p
}

// post sends webhooks until nobody answers, at 50 a second or more.
func (p *pound) post(load *sync.WaitGroup) {
	for range 4 {
		load.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
				form := p.form("under load", "From", "whatsapp:+4477009001"+fmt.Sprint(10+p.sids.Load()%10))
				resp, err := client.Do(p.request(knock{form: form}))
				if err != nil {
					return
				}
				resp.Body.Close()
				p.mu.Lock()
				switch resp.StatusCode {
				case http.StatusNoContent:
					p.acked = append(p.acked, form.Get("MessageSid"))
				case http.StatusServiceUnavailable:
				default:
					p.t.Errorf("under load: answered %d", resp.StatusCode)
				}
				p.mu.Unlock()
			}
		})
	}
}

func (p *pound) count204() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.acked)
}

// SIGTERM under load: what was acknowledged is stored, what is under way ends, sockets are told to come back.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	p := newPound(t)
	called := make(chan struct{})
	var once sync.Once
	p.twilio.Fail(func(c *twiliotest.Call) *twiliotest.Fault {
		if c.Operation != "CreateMessage" {
			return nil
		}
		once.Do(func() { close(called) })
		return &twiliotest.Fault{Kind: twiliotest.Slow, Delay: time.Second}
	})
	var load sync.WaitGroup
	p.post(&load)
	p.eventually("enough load", func() bool { return p.count204() >= 50 })
	hana := p.agents["hana"]
	hana.reply("sent while the desk stops", "")
	<-called
	out, took := p.program.end()
	load.Wait()
	if took > orderly || !strings.Contains(out, "Stopping.") {
		t.Errorf("it ended after %v with %s", took, out)
	}
	for _, conn := range p.sockets {
		if code := p.codeOf(conn); code != 1001 {
			t.Errorf("a socket was closed with %d", code)
		}
	}
	p.checkStored()
	if n := p.number(`SELECT count(*) FROM messages WHERE text = 'sent while the desk stops' AND status = 'SENT'`); n != 1 {
		t.Errorf("%d messages sent; a call to the provider was not awaited", n)
	}
	if n := p.number(`SELECT count(*) FROM connections WHERE NOT closed`); n != 0 {
		t.Errorf("%d leases were not given up", n)
	}
	if code, out, errs := run(t, []string{"DATABASE_URL=" + p.server.config.DatabaseURL}, "verify"); code != 0 {
		t.Errorf("verify: %s%s", out, errs)
	}
	p.twilio.NoDuplicates(t)
}

// A provider that does not answer holds nobody up for long.
func TestStopWhileTheProviderHangs(t *testing.T) {
	t.Parallel()
	p := newPound(t)
	called := make(chan struct{})
	var once sync.Once
	p.twilio.Fail(func(c *twiliotest.Call) *twiliotest.Fault {
		if c.Operation != "CreateMessage" {
			return nil
		}
		once.Do(func() { close(called) })
		return &twiliotest.Fault{Kind: twiliotest.Slow, Delay: time.Minute}
	})
	p.agents["hana"].reply("never answered", "")
	<-called
	if _, took := p.program.end(); took > orderly {
		t.Errorf("it ended after %v", took)
	}
	if n := p.number(`SELECT count(*) FROM messages WHERE text = 'never answered' AND status IN ('SENDING','UNKNOWN')`); n != 1 {
		t.Errorf("the message is not known to be in doubt")
	}
	if code, out, errs := run(t, []string{"DATABASE_URL=" + p.server.config.DatabaseURL}, "verify"); code != 0 {
		t.Errorf("verify: %s%s", out, errs)
	}
}

// codeOf reads a socket to its end.
func (p *pound) codeOf(conn *websocket.Conn) int {
	p.t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			if closed, ok := err.(*websocket.CloseError); ok {
				return closed.Code
			}
			p.t.Error(err)
			return 0
		}
	}
}

// checkStored compares what was acknowledged with what is in the database.
func (p *pound) checkStored() {
	p.t.Helper()
	p.t.Logf("%d webhooks were acknowledged", len(p.acked))
	if n := p.number(`SELECT count(*) FROM unnest($1::text[]) a WHERE (SELECT count(*) FROM messages m WHERE m.external_id = a) <> 1`, p.acked); n != 0 {
		p.t.Errorf("%d acknowledged webhooks are not exactly one message", n)
	}
}

// number asks the database directly: the desk has ended.
func (w *world) number(query string, args ...any) (n int) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.server.config.DatabaseURL)
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(w.t.Context(), query, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// Not parallel, and so alone in the process: what runs afterwards was left by the server.
func TestNothingIsLeftRunning(t *testing.T) {
	database := dbtest.URL(t)
	before := goleak.IgnoreCurrent()
	twilio := twiliotest.New(twiliotest.Options{})
	twilio.AddDefault()
	host := httptest.NewServer(twilio.Handler())
	c := &Config{Addr: "127.0.0.1:0", DatabaseURL: database, DataDir: t.TempDir(), TwilioURL: host.URL, AdminEmail: adminEmail, AdminPassword: testPassword, EventRetention: time.Hour}
	if err := c.Complete(); err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), c, NewLog(testLog{t}, Development))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background()) }()
	w := &world{t: t, server: s, twilio: twilio, agents: map[string]*person{}, channels: map[string]string{}, teams: map[string]string{}, senders: map[string]string{}, token: twiliotest.AuthToken, company: &twilioCompany{}}
	w.admin = w.signIn("admin", adminEmail)
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	w.agent("hana", "WhatsApp")
	w.customerSays(customer, "hello", twiliotest.WhatsAppNumber, true)
	hana := w.agents["hana"]
	hana.seesMessage("hello")
	hana.seesAttachment("READY")
	hana.reply("good bye", "")
	w.customerReceives(customer, "good bye")
	s.Stop(t.Context())
	if err := <-served; err != nil {
		t.Error(err)
	}
	hana.closedWith("1001")
	hana.conn.Close()
	twilio.Close()
	host.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	goleak.VerifyNone(t, before)
}

// A start that fails leaves nothing behind either.
func TestNothingIsLeftOfAFailedStart(t *testing.T) {
	database := dbtest.URL(t)
	before := goleak.IgnoreCurrent()
	for name, change := range map[string]func(*Config){
		"no database":   func(c *Config) { c.DatabaseURL = "postgres://nobody@127.0.0.1:1/none" },
		"no blob store": func(c *Config) { c.BlobURL = "gopher://nowhere" },
		"no port":       func(c *Config) { c.Addr = "192.0.2.1:80" },
	} {
		c := defaults()
		c.Addr, c.DatabaseURL, c.DataDir = "127.0.0.1:0", database, t.TempDir()
		change(c)
		if err := c.Complete(); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), c, NewLog(testLog{t}, Development)); err == nil {
			t.Errorf("%s: started", name)
		}
	}
	goleak.VerifyNone(t, before)
}
