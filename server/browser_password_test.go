//go:build browser

package server

import (
	"testing"

	"github.com/chromedp/chromedp"
)

func testInvitation(t *testing.T, b *chromium) {
	w := newWorld(t)
	made := w.admin.mutate("createAgent", `{"name":"Hana Sato","email":"hana@example.org","role":"AGENT"}`, "invitation { url }")
	var a struct{ Invitation struct{ URL string } }
	decode(t, made, &a)
	p := b.open(t, 390, 844, a.Invitation.URL)
	p.fits()
	p.until("document.activeElement.id === 'password' && document.activeElement.labels.length === 1")
	p.picture("password")
	p.keys("too short")
	p.enter()
	p.until("document.querySelector('#password:invalid') && location.href === " + inScript(a.Invitation.URL))
	p.keys(" by far, this one is longer")
	p.enter()
	p.do(chromedp.WaitNotPresent(chromedp.CSS("form")))
	p.sees("main", "Your password is set.")
	p.picture("password set")

	p.expects("422") // the second use
	p.do(chromedp.Navigate(a.Invitation.URL))
	p.submit("#password", "another password")
	p.do(chromedp.WaitVisible(chromedp.CSS("[role=alert]")))
	p.sees("[role=alert]", "link")
	p.picture("password link used")

	desk := w.graphiQL(t, b, 1280, 800, "")
	desk.signIn("hana@example.org", "another password")
	desk.sees("#sign-in output", "wrong")
	desk.submit("#password", "too short by far, this one is longer")
	desk.sees("#signed-in", "Signed in as Hana Sato (agent)")
}
