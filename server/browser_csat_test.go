//go:build browser

package server

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// contrast finds text and borders of fields that stand out too little from what is behind them (WCAG 2.2 AA: 4.5 to 1,
// and 3 to 1).
const contrast = `(() => {
	const rgb = (c) => c.match(/[\d.]+/g).map(Number);
	const lum = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] !== 0) return c } return [255, 255, 255] };
	const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05) };
	const bad = [];
	for (const e of document.querySelectorAll("main *")) {
		const style = getComputedStyle(e);
		if ([...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && ratio(rgb(style.color), behind(e)) < 4.5) bad.push(e.outerHTML);
		if (e.matches(".score, textarea") && ratio(rgb(style.borderTopColor), behind(e.parentElement)) < 3) bad.push("border of " + e.outerHTML);
	}
	return bad.join("\n");
})()`

// reads looks whether everybody can read and hit what is there.
func (p *tab) reads() {
	p.t.Helper()
	p.fits()
	if bad := value[string](p, contrast); bad != "" {
		p.t.Errorf("too little contrast: %s", bad)
	}
	if small := value[string](p, `[...document.querySelectorAll(".scores label, button, textarea")].filter((e) => e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44).map((e) => e.outerHTML).join()`); small != "" {
		p.t.Errorf("too small to be hit: %s", small)
	}
	if cut := value[string](p, `[...document.querySelectorAll(".score span, .score b")].filter((e) => e.scrollWidth > e.clientWidth + 1 && e.tagName === "SPAN").map((e) => e.textContent).join()`); cut != "" {
		p.t.Errorf("cut off: %s", cut)
	}
	if bare := value[string](p, `[...document.querySelectorAll("input, textarea")].filter((e) => e.labels.length !== 1).map((e) => e.outerHTML).join()`); bare != "" {
		p.t.Errorf("without a label: %s", bare)
	}
}

// darkens shows the page as to those who have set their browser to dark colours.
func (p *tab) darkens() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, at *chromedp.Target) error {
		_, err := cdp.Call(ctx, at, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
		return err
	}))
}

// thanked waits until the answer was taken.
func (p *tab) thanked() {
	p.t.Helper()
	p.do(chromedp.WaitVisible(chromedp.CSS("[role=status]")))
}

func testSurveyPage(t *testing.T, b *chromium) {
	w := asked(t, "")
	p := b.open(t, 390, 844, w.survey)
	p.reads()
	p.picture("survey en 390")
	p.click("button")
	p.until("document.querySelector('input:invalid')")
	p.do(chromedp.Click(chromedp.CSS(".scores label:nth-child(5)")))
	p.write("#comment", "Very quick, thank you.")
	p.picture("survey en 390 chosen")
	p.click("button")
	p.thanked()
	p.sees("[role=status]", "You gave 5 of 5: Excellent.")
	p.until("document.querySelector('#comment').value === 'Very quick, thank you.'")
	p.reads()
	p.picture("survey en 390 thanks")
	if got := w.vote(); got != "5 Very quick, thank you. PAGE 0" {
		t.Errorf("stored %q", got)
	}
	wide := b.open(t, 1280, 800, w.survey)
	wide.reads()
	wide.picture("survey en 1280 thanks")
	wide.darkens()
	wide.reads()
	wide.picture("survey en 1280 dark")
	w.sql(`UPDATE surveys SET score = NULL, comment = NULL, answered_at = NULL, answered_by = NULL`)
	wide.do(chromedp.Navigate(w.survey))
	wide.picture("survey en 1280")
	w.sql(`UPDATE surveys SET created_at = now() - interval '2 hours', expires_at = now()`)
	for _, one := range []*tab{p, wide} {
		one.expects("410")
		one.do(chromedp.Navigate(w.survey))
		one.sees("h1", "This survey has ended.")
		one.reads()
	}
	p.picture("survey en 390 expired")
	wide.picture("survey en 1280 expired")
	wide.expects("404")
	wide.do(chromedp.Navigate(w.survey + "0"))
	wide.sees("h1", "This link does not work.")
	wide.picture("survey en 1280 missing")
}

// testSurveyPageByKeyboard answers without a mouse.
func testSurveyPageByKeyboard(t *testing.T, b *chromium) {
	w := asked(t, "")
	p := b.open(t, 1280, 800, w.survey)
	p.keys("\t")
	p.until("document.activeElement.name === 'score'")
	p.keys(" ")
	p.keys(kb.ArrowRight)
	p.until("document.querySelector('input:checked').value === '2' && document.activeElement.value === '2'")
	p.picture("survey en 1280 keyboard")
	p.keys("\t")
	p.until("document.activeElement.id === 'comment'")
	p.keys("slow")
	p.keys("\t")
	p.until("document.activeElement.tagName === 'BUTTON'")
	p.enter()
	p.thanked()
	p.sees("[role=status]", "You gave 2 of 5: Poor.")
	if got := w.vote(); got != "2 slow PAGE 0" {
		t.Errorf("stored %q", got)
	}
}

func testSurveyPageInJapanese(t *testing.T, b *chromium) {
	w := asked(t, `,"language":"JA"`)
	p, wide := b.open(t, 390, 844, w.survey), b.open(t, 1280, 800, w.survey)
	p.reads()
	wide.reads()
	p.picture("survey ja 390")
	wide.picture("survey ja 1280")
	narrow := b.open(t, 320, 640, w.survey)
	narrow.reads()
	narrow.picture("survey ja 320")
	p.do(chromedp.Click(chromedp.CSS(".scores label:nth-child(2)")))
	p.click("button")
	p.thanked()
	p.sees("[role=status]", "ご回答ありがとうございました。")
	p.reads()
	p.picture("survey ja 390 thanks")
	wide.do(chromedp.Navigate(w.survey))
	wide.picture("survey ja 1280 thanks")
	for _, l := range []string{"ZH_HANS", "ZH_HANT"} {
		w.admin.must("updateCsat", `{"channelId":"`+w.channels["WhatsApp"]+`","enabled":true,"language":"`+l+`"}`)
		p.do(chromedp.Navigate(w.survey))
		p.reads()
		p.picture("survey " + l + " 390")
	}
}
