//go:build browser

package server

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// serveApp serves the small app of testdata/browser from an origin of its own: another port is another origin.
func serveApp(t *testing.T) string {
	t.Helper()
	host := httptest.NewServer(http.FileServerFS(os.DirFS("testdata/browser")))
	t.Cleanup(host.Close)
	return host.URL
}

func allowing(origins ...string) func(*Config) {
	return func(c *Config) { c.AllowedOrigins = origins }
}

// app opens the app and tells it where the desk is and who signed in.
func (w *world) app(t *testing.T, b *chromium, origin string) *tab {
	t.Helper()
	p := b.open(t, 800, 600, origin+"/", w.url())
	w.introduce(p)
	return p
}

func (w *world) introduce(p *tab) {
	w.t.Helper()
	value[bool](p, "app.desk = "+inScript(w.url())+", app.token = "+inScript(w.admin.token)+", true")
}

// The whole of what an app does, from an origin that the settings name.
func testAllowedOrigin(t *testing.T, b *chromium) {
	origin := serveApp(t)
	w := newWorld(t, allowing("https://elsewhere.example", origin))
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	p := w.app(t, b, origin)
	if got := value[string](p, `app.ask("{ viewer { name } }")`); got != `{"data":{"viewer":{"name":"Admin"}}}` {
		t.Errorf("POST /graphql gave %s", got)
	}
	if p.preflighted() == 0 {
		t.Error("the browser did not ask first, so this test shows nothing")
	}
	if got := value[string](p, "app.live("+inScript(liveDocument)+")"); got != "acknowledged" {
		t.Fatalf("the websocket was %s", got)
	}
	p.until("app.heard.length > 0") // the cursor of now

	w.customerSays(ana, "", twiliotest.WhatsAppNumber, true)
	p.until(`app.heard.some((m) => m.includes('"state":"READY"'))`)
	got := value[string](p, `app.download(JSON.parse(app.heard.find((m) => m.includes('"state":"READY"'))).payload.data.events.event.message.attachments[0].url)`)
	if want := base64.StdEncoding.EncodeToString(pixel) + " attachment; filename="; !strings.HasPrefix(got, want) {
		t.Errorf("GET /media gave %s", got)
	}
	w.replyFrom(p, "This is what I see.")
}

// replyFrom uploads a picture in the page and sends it to the customer who wrote.
func (w *world) replyFrom(p *tab, text string) {
	w.t.Helper()
	var file struct{ ID, FileName, ContentType string }
	got := value[string](p, `app.upload("Grüße.png", "image/png", "`+base64.StdEncoding.EncodeToString(pixel)+`")`)
	if decode(w.t, json.RawMessage(got), &file); file.ID == "" || file.FileName != "Grüße.png" || file.ContentType != "image/png" {
		w.t.Fatalf("POST /uploads gave %s", got)
	}
	got = value[string](p, `app.ask("mutation($input: SendMessageInput!) { sendMessage(input: $input) { userErrors { code message } } }", { input: {
		conversationId: JSON.parse(app.heard.find((m) => m.includes("MessageAdded"))).payload.data.events.event.conversation.id,
		clientKey: "1", text: `+inScript(text)+`, attachmentIds: [`+inScript(file.ID)+`] } })`)
	if got != `{"data":{"sendMessage":{"userErrors":[]}}}` {
		w.t.Fatalf("the answer was not taken: %s", got)
	}
	w.customerReceives(ana, text)
}

// A page of an origin that the settings do not name reads nothing and changes nothing, even with a token in its hands.
func testOtherOrigin(t *testing.T, b *chromium) {
	w := newWorld(t, allowing("https://elsewhere.example"))
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	w.admin.connect()
	w.customerSays(ana, "", twiliotest.WhatsAppNumber, true)
	w.admin.seesAttachment("READY")
	p := w.app(t, b, serveApp(t))
	before := w.traces()
	w.refuses(p)
	mutation := `mutation { signIn(input: {email: "` + adminEmail + `", password: "` + testPassword + `"}) { token } }`
	body := inScript(`{"query":` + inScript(mutation) + `}`)
	for what, script := range map[string]string{
		"mutation": "app.ask(" + inScript(mutation) + ")",
		"upload":   `app.upload("x.png", "image/png", "eA==")`,
		"file":     "app.download(" + inScript(w.admin.picture()) + ")",
	} {
		if got := value[string](p, script); got != "TypeError" {
			t.Errorf("%s: the page got %s", what, got)
		}
	}
	for what, script := range map[string]string{
		"as text":   `app.slip("/graphql", { method: "POST", body: ` + body + ` })`,
		"as a form": `app.slip("/graphql", { method: "POST", body: new URLSearchParams({ query: ` + inScript(mutation) + ` }) })`,
		"as GET":    `app.slip("/graphql?" + new URLSearchParams({ query: ` + inScript(mutation) + ` }))`,
		"as a file": `app.slip("/uploads", { method: "POST", body: new Blob(["x"]) })`,
	} {
		if got := value[string](p, script); got != "opaque" {
			t.Errorf("%s: the page got %s", what, got)
		}
	}
	if after := w.traces(); after != before {
		t.Errorf("the page left traces: %s, before %s", after, before)
	}
}

// refuses shows that the page can neither ask nor listen.
func (w *world) refuses(p *tab) {
	w.t.Helper()
	p.expects("blocked by CORS policy")
	p.expects("Unexpected response code: 403")
	p.expects("Failed to load resource")
	if got := value[string](p, `app.ask("{ viewer { name } }")`); got != "TypeError" {
		w.t.Errorf("the page may ask: %s", got)
	}
	if got := value[string](p, "app.live("+inScript(liveDocument)+")"); got != "closed 1006" {
		w.t.Errorf("the websocket was %s", got)
	}
}

// accepts shows that the page can ask and listen.
func (w *world) accepts(p *tab) {
	w.t.Helper()
	if got := value[string](p, `app.ask("{ viewer { name } }")`); got != `{"data":{"viewer":{"name":"Admin"}}}` {
		w.t.Errorf("the page may not ask: %s", got)
	}
	if got := value[string](p, "app.live("+inScript(liveDocument)+")"); got != "acknowledged" {
		w.t.Errorf("the websocket was %s", got)
	}
	p.until("app.heard.length > 0")
}

// traces counts what a request could have left behind.
func (w *world) traces() (counts string) {
	w.t.Helper()
	err := w.server.db.Pool().QueryRow(w.t.Context(), `SELECT concat_ws(' ', (SELECT count(*) FROM sessions),
		(SELECT count(*) FROM attachments), (SELECT count(*) FROM connections))`).Scan(&counts)
	if err != nil {
		w.t.Fatal(err)
	}
	return counts
}

// picture is the address of the last picture that the person saw.
func (p *person) picture() (address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.seen {
		if m := e.Event.Message; m != nil && len(m.Attachments) > 0 {
			address = m.Attachments[0].URL
		}
	}
	return address
}

func testLocalOriginsInDevelopment(t *testing.T, b *chromium) {
	w := newWorld(t)
	origin := serveApp(t)
	w.accepts(w.app(t, b, origin))
	w.accepts(w.app(t, b, strings.Replace(origin, "127.0.0.1", "localhost", 1)))
}

func testOwnOriginInProduction(t *testing.T, b *chromium) {
	w := newWorld(t, func(c *Config) { c.Mode = Production })
	w.refuses(w.app(t, b, serveApp(t)))
	script, err := os.ReadFile("testdata/browser/app.js")
	if err != nil {
		t.Fatal(err)
	}
	own := b.open(t, 800, 600, w.url()+"/healthz")
	own.forgives("/favicon.ico") // the browser wants one for every site
	value[bool](own, string(script)+"; globalThis.app = app; true")
	w.introduce(own)
	w.accepts(own)
}
