//go:build browser

package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is one page, watched: a request to a host that it may not ask, or a complaint in its console that the test did
// not expect, fails the test.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	asked      []string // the addresses of all requests and websockets
	preflights int
	complaints []string // warnings, errors and exceptions in the console
	expected   []string // parts of complaints that must come
	forgiven   []string // parts of complaints that may come
}

// open shows an address in a new tab. The page may ask its own host and those of the other addresses.
func (b *chromium) open(t *testing.T, width, height int64, address string, others ...string) *tab {
	t.Helper()
	p := &tab{t: t}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.hear))
	p.ctx = ctx
	t.Cleanup(func() {
		if t.Failed() {
			p.picture("failed " + t.Name())
		}
		cancel()
		p.check(append(others, address))
	})
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context of its first step
		t.Fatalf("open a tab: %v", err)
	}
	p.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(address))
	return p
}

func (p *tab) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.asked = append(p.asked, e.Request.URL)
		if e.Request.Method == http.MethodOptions {
			p.preflights++
		}
	case *network.EventWebSocketCreated:
		p.asked = append(p.asked, e.URL)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			p.complaints = append(p.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			p.complaints = append(p.complaints, spoken(e.Args))
		}
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, e.ExceptionDetails.Text+" "+spoken([]*runtime.RemoteObject{e.ExceptionDetails.Exception}))
	}
}

func spoken(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		if a != nil {
			words = append(words, string(a.Value)+a.Description)
		}
	}
	return strings.Join(words, " ")
}

// expects says that the page will complain of something, in the browser's words.
func (p *tab) expects(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, part)
}

// forgives says that the page may complain of something.
func (p *tab) forgives(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forgiven = append(p.forgiven, part)
}

func (p *tab) check(allowed []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	hosts := map[string]bool{}
	for _, a := range allowed {
		hosts[hostOf(a)] = true
	}
	for _, a := range p.asked {
		if !hosts[hostOf(a)] && !strings.HasPrefix(a, "data:") && !strings.HasPrefix(a, "blob:") {
			p.t.Errorf("the page asked %s", a)
		}
	}
	for _, c := range p.complaints {
		if !slices.ContainsFunc(slices.Concat(p.expected, p.forgiven), func(part string) bool { return strings.Contains(c, part) }) {
			p.t.Errorf("the page complained: %s", c)
		}
	}
	for _, part := range p.expected {
		if !slices.ContainsFunc(p.complaints, func(c string) bool { return strings.Contains(c, part) }) {
			p.t.Errorf("the page did not complain of %q", part)
		}
	}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// value runs a script in the page and returns what it gives, or what its promise becomes.
func value[T any](p *tab, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// until waits until the script gives something true.
func (p *tab) until(script string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool]("Boolean("+script+")", chromedp.WithPollingTimeout(patience))); err != nil {
		p.t.Fatalf("%s: %v; the page shows: %s", script, err, value[string](p, "document.body.innerText"))
	}
}

// sees waits until the text stands in an element.
func (p *tab) sees(selector, text string) {
	p.t.Helper()
	p.until("document.querySelector(" + inScript(selector) + ")?.innerText.includes(" + inScript(text) + ")")
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

func (p *tab) write(selector, text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// keys presses keys where the focus is.
func (p *tab) keys(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// enter presses Enter as a keyboard does: a page that takes the key leaves no line break behind.
func (p *tab) enter() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, at *chromedp.Target) error {
		for _, e := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Text: "\r"}, {Type: input.DispatchKeyEventTypeKeyUp}} {
			e.Key, e.Code, e.WindowsVirtualKeyCode = "Enter", "Enter", 13
			if _, err := cdp.Call(ctx, at, input.DispatchKeyEvent, e); err != nil {
				return err
			}
		}
		return nil
	}))
}

// submit writes into a field and presses Enter.
func (p *tab) submit(selector, text string) {
	p.t.Helper()
	p.write(selector, text)
	p.enter()
}

// picture keeps what the tab shows in the folder LIVEDESK_SCREENSHOTS, for eyes to look at.
func (p *tab) picture(name string) {
	p.t.Helper()
	folder := os.Getenv("LIVEDESK_SCREENSHOTS")
	if folder == "" {
		folder = p.t.TempDir()
	}
	image, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, strings.NewReplacer("/", " ", " ", "-").Replace(name)+".png"), image, 0o644)
	}
	if err != nil {
		p.t.Errorf("take a picture: %v", err)
	}
}

// fits finds what is wider than the screen.
func (p *tab) fits() {
	p.t.Helper()
	if wide := value[bool](p, "document.documentElement.scrollWidth > innerWidth"); wide {
		p.t.Error("the page is wider than the screen")
	}
}

// inScript writes a text as JavaScript does.
func inScript(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a form
	}
	return string(text)
}

// preflighted counts how often the browser asked whether it may ask.
func (p *tab) preflighted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.preflights
}
