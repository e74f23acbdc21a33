//go:build browser

package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

const ana = "whatsapp:+447700900101" // a customer whom every emulator knows

// The operations of the first document, by their place in the chooser.
const (
	liveOperation = iota + 1
	inboxOperation
	answerOperation
)

// graphiQL opens GraphiQL and waits until it can be used.
func (w *world) graphiQL(t *testing.T, b *chromium, width, height int64, fragment string) *tab {
	t.Helper()
	p := b.open(t, width, height, w.url()+"/"+fragment)
	p.until("document.querySelector('.graphiql-execute-button')")
	return p
}

func (p *tab) signIn(email, password string) {
	p.t.Helper()
	p.write("#email", email)
	p.submit("#password", password)
}

// runs chooses an operation beside the play button, which has a menu once GraphiQL has read the document. Before, it
// sends the document without the name of an operation, which is refused.
func (p *tab) runs(operation int) {
	p.t.Helper()
	p.click(".graphiql-execute-button[aria-haspopup=menu]")
	p.click(".graphiql-dropdown-content [role=menuitem]:nth-child(" + string(rune('0'+operation)) + ")")
}

func testGraphiQL(t *testing.T, b *chromium) {
	w := newWorld(t)
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	p := w.graphiQL(t, b, 1280, 800, "")
	p.signIn(adminEmail, "wrong password")
	p.sees("#sign-in output", "The e-mail address or the password is wrong.")
	p.picture("graphiql refused")
	p.submit("#password", testPassword) // the wrong one is selected
	p.sees("#signed-in", "Signed in as Admin (admin)")

	p.runs(liveOperation)
	p.sees(".result-window", `"cursor": `) // with no event, or with that of their own connecting
	w.customerSays(ana, "Is anybody there?", twiliotest.WhatsAppNumber, false)
	p.sees(".result-window", `"text": "Is anybody there?"`)
	p.picture("graphiql live")
	p.click(".graphiql-execute-button") // stop

	p.runs(inboxOperation)
	p.sees(".result-window", `"conversations"`)
	id := value[string](p, `JSON.parse(document.querySelector(".result-window .CodeMirror").CodeMirror.getValue()).data.conversations.nodes[0].id`)
	p.variables(map[string]string{"conversation": id, "text": "We are.", "key": "1"})
	p.runs(answerOperation)
	p.sees(".result-window", `"userErrors": []`)
	w.customerReceives(ana, "We are.")

	p.runs(liveOperation) // goes on while the session ends
	p.sees(".result-window", `"cursor": `)
	token := value[string](p, `sessionStorage.getItem("livedesk-token")`)
	p.click("#signed-in button")
	p.until(`!document.querySelector("#sign-in").hidden && sessionStorage.length === 0`)
	p.until("document.querySelector('.graphiql-execute-button')")
	if w.viewerOf(token) != "null" {
		t.Error("the token works after signing out")
	}
}

// variables fills the editor below the query.
func (p *tab) variables(v map[string]string) {
	p.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	p.do(chromedp.Click(chromedp.CSS(".graphiql-editor-tools button:first-child")))
	value[bool](p, `document.querySelector(".graphiql-editor-tool .CodeMirror").CodeMirror.setValue(`+inScript(string(text))+`), true`)
}

// viewerOf asks as whom the desk knows a token.
func (w *world) viewerOf(token string) string {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url()+"/graphql", strings.NewReader(`{"query":"{ viewer { name } }"}`))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct{ Viewer json.RawMessage }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		w.t.Fatal(err)
	}
	return string(answer.Data.Viewer)
}

func testGraphiQLNarrow(t *testing.T, b *chromium) {
	w := newWorld(t)
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	p := w.graphiQL(t, b, 390, 844, "")
	p.fits()
	p.signIn(adminEmail, testPassword)
	p.sees("#signed-in", "Admin")
	p.runs(liveOperation)
	p.sees(".result-window", `"cursor": `)
	w.customerSays(ana, "From my phone", twiliotest.WhatsAppNumber, false)
	p.sees(".result-window", "From my phone")
	p.fits()
	p.picture("graphiql narrow")
	if value[float64](p, `document.querySelector(".result-window").getBoundingClientRect().height`) < 150 {
		t.Error("there is no room for the answer")
	}
}

func testTokenHandedOver(t *testing.T, b *chromium) {
	w := newWorld(t)
	p := w.graphiQL(t, b, 1280, 800, "#token="+w.admin.token)
	p.sees("#signed-in", "Signed in as Admin (admin)")
	if got := value[string](p, "location.href"); got != w.url()+"/" {
		t.Errorf("the address is still %s", got)
	}
	p.do(chromedp.Reload())
	p.sees("#signed-in", "Signed in as Admin (admin)") // for as long as the tab is open
	p.runs(liveOperation)
	p.sees(".result-window", `"cursor": `)
}
