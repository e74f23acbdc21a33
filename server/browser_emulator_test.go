//go:build browser

package server

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// phones opens the emulator's page, beside a desk whose agent hana works on WhatsApp.
func (w *world) phones(t *testing.T, b *chromium, width, height int64) *tab {
	t.Helper()
	w.channel("WhatsApp", twiliotest.WhatsAppNumber)
	w.agent("hana", "WhatsApp")
	host := httptest.NewServer(w.twilio.Handler()) // not the one that checks the desk's requests: it holds events back
	t.Cleanup(func() { host.CloseClientConnections(); host.Close() })
	p := b.open(t, width, height, host.URL+"/")
	p.until("document.querySelector('#hook-state').textContent === 'set'")
	return p
}

// answers lets hana see what a customer wrote, take the conversation and answer.
func (p *person) answers(question, text string) {
	p.t.Helper()
	p.seesMessage(question)
	p.assign(p.id)
	p.reply(text, "")
}

// row waits for a webhook in the log with an outcome.
func (p *tab) row(kind, text, outcome string) {
	p.t.Helper()
	p.until(`[...document.querySelectorAll("#log > li")].some((li) => li.querySelector(".kind").textContent === ` + inScript(kind) +
		` && li.querySelector(".what").textContent.startsWith(` + inScript(text) + `) && li.querySelector(".pill").textContent.startsWith(` + inScript(outcome) + `))`)
}

// bubble waits for a message on the phone with what became of it.
func (p *tab) bubble(text, fate string) {
	p.t.Helper()
	p.until(`[...document.querySelectorAll("#chat > li")].some((li) => li.querySelector(".bubble")?.textContent === ` + inScript(text) +
		` && li.querySelector(".meta").textContent.includes(` + inScript(fate) + `))`)
}

func testEmulator(t *testing.T, b *chromium) {
	w := newWorld(t)
	p := w.phones(t, b, 1280, 800)
	p.write("#person", "Ben")
	p.until("document.querySelector('#avatar').textContent === 'BO'")
	p.submit("#text", "Where is my parcel?")
	p.bubble("Where is my parcel?", "✓✓taken by the desk")
	p.row("message", "Where is my parcel?", "204")
	hana := w.agents["hana"]
	hana.answers("Where is my parcel?", "It arrives today.")
	p.bubble("It arrives today.", "✓✓read")
	p.row("status", "delivered", "204")
	p.row("status", "read", "204")
	hana.seesDelivery("It arrives today.", "READ")
	p.picture("emulator")
}

func testEmulatorNarrow(t *testing.T, b *chromium) {
	w := newWorld(t)
	p := w.phones(t, b, 390, 844)
	p.write("#text", "Where is my parcel?")
	p.click(".send")
	p.bubble("Where is my parcel?", "taken by the desk")
	w.agents["hana"].answers("Where is my parcel?", "It arrives today, between two and four. Somebody has to be there and sign for it.")
	p.bubble("It arrives today, between two and four. Somebody has to be there and sign for it.", "read")
	p.fits()
	p.picture("emulator narrow")
	p.click("[data-show=wire]")
	p.row("message", "Where is my parcel?", "204")
	p.fits()
	p.picture("emulator narrow log")
}

// testEmulatorByKeyboard sends messages and a location without a mouse, and looks for the focus at every stop.
func testEmulatorByKeyboard(t *testing.T, b *chromium) {
	w := newWorld(t)
	p := w.phones(t, b, 1280, 800)
	p.tabTo("#person")
	p.keys("Ben")
	p.tabTo("#text")
	p.keys("By Enter")
	p.enter()
	p.bubble("By Enter", "taken by the desk")
	p.keys("By button")
	p.tabTo(".send")
	p.keys(" ")
	p.bubble("By button", "taken by the desk")
	p.tabTo("[popovertarget=attach]")
	p.enter()
	p.tabTo("[data-send=place]")
	p.enter()
	p.until("document.activeElement.closest('dialog')")
	p.enter()
	p.sees("#chat", "Old Town Bakery")
	for _, text := range []string{"By Enter", "By button"} {
		w.agents["hana"].seesMessage(text)
	}
}

// tabTo presses Tab until the element has the focus. Each stop must be named and show that it has the focus.
func (p *tab) tabTo(selector string) {
	p.t.Helper()
	for range 60 {
		p.keys("\t")
		stop := value[string](p, `(() => {
			const at = document.activeElement, name = at.ariaLabel || at.labels?.[0]?.textContent || at.textContent.trim() || at.getAttribute("aria-labelledby");
			if (at === document.body) return "";
			return at.outerHTML.slice(0, 120) + (name ? "" : " without a name") + (getComputedStyle(at).outlineStyle === "none" ? " without a focus ring" : "");
		})()`)
		if strings.Contains(stop, " without a ") {
			p.t.Errorf("at %s", stop)
		}
		if value[bool](p, "document.activeElement.matches("+inScript(selector)+")") {
			return
		}
	}
	p.t.Fatalf("Tab does not lead to %s", selector)
}

func testEmulatorFailures(t *testing.T, b *chromium) {
	w := newWorld(t)
	p := w.phones(t, b, 1280, 800)
	good := value[string](p, "document.querySelector('#hook-url').value")
	p.hook(strings.Replace(good, "#", "x#", 1))
	p.submit("#text", "Is this the right address?")
	p.bubble("Is this the right address?", "the desk answered 404")
	p.click("[data-filter=failed]")
	p.row("message", "Is this the right address?", "404")
	p.hook(good)

	p.click("#add-person")
	p.do(chromedp.SetValue(chromedp.CSS("#dialog-number"), "+447700930003"))
	p.submit("#dialog-name", "Uma Unreachable")
	p.until("document.querySelector('#avatar').textContent === 'UU'")
	p.submit("#text", "My phone is off")
	p.bubble("My phone is off", "taken by the desk")
	p.click(".trouble summary")
	p.do(chromedp.SetValue(chromedp.CSS("#fault-kind"), "rate-limited"))
	p.click("#fault button")
	p.sees("#trouble-said", "The next send of the desk: answer 429.")
	w.agents["hana"].answers("My phone is off", "Then we write a letter.") // sent again after the 429
	p.bubble("Then we write a letter.", "did not arrive · 30003 Unreachable destination handset")
	w.agents["hana"].seesDelivery("Then we write a letter.", "FAILED")
	p.click("[data-filter=status]")
	p.row("status", "undelivered · 30003", "204")
	p.picture("emulator failures")
}

// hook sets the webhook of the chosen number in the page.
func (p *tab) hook(address string) {
	p.t.Helper()
	p.do(chromedp.SetValue(chromedp.CSS("#hook-url"), address))
	p.click("#hook button")
	p.until("document.querySelector('#hook-url').dataset.was === " + inScript(address))
}
