//go:build browser

package twiliotest_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// browser opens the page in Chromium. What the page writes to its console fails the test.
func (w *world) browser(t *testing.T, width, height int64) context.Context {
	t.Helper()
	server := httptest.NewServer(w.Twilio) // without the check: it holds back the events of the page
	t.Cleanup(server.CloseClientConnections)
	t.Cleanup(server.Close)
	ctx, cancel := chromedp.NewExecAllocator(w.ctx, chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-sync", true))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	messages := chromedp.Console(ctx)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate(server.URL)); err != nil {
		t.Fatalf("this test needs Chromium: %v", err)
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		for m, err := range messages {
			if err != nil {
				return
			}
			t.Errorf("console: %s", m)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-told
	})
	return ctx
}

// sees waits until the text stands in the element.
func sees(t *testing.T, ctx context.Context, selector, text string) {
	t.Helper()
	expression := "document.querySelector(" + quote(selector) + ")?.innerText.includes(" + quote(text) + ")"
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(10*time.Second))); err != nil {
		shown, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.querySelector("+quote(selector)+")?.innerText ?? ''"))
		t.Fatalf("%s does not show %q but %q: %v", selector, text, shown, err)
	}
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "\\'") + "'" }

func act(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// picture keeps a screenshot in the folder LIVEDESK_SCREENSHOTS, if there is one, for eyes to look at.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("LIVEDESK_SCREENSHOTS")
	if folder == "" {
		return
	}
	image, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), image, 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestPlayingTheCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	ctx := w.browser(t, 1280, 800)
	sees(t, ctx, "#hook-state", "set")
	act(t, ctx, chromedp.SendKeys(chromedp.CSS("#text"), "Is anybody there?\r"))
	sees(t, ctx, "#chat", "taken by the desk")
	sees(t, ctx, "#log", "Is anybody there?")
	w.sends(t, "To", "whatsapp:+447700900101", "Body", "Yes, how can we help?", "StatusCallback", w.desk.URL+"/status")
	sees(t, ctx, "#chat", "Yes, how can we help?")
	sees(t, ctx, "#chat", "read")
	w.sends(t, "To", "whatsapp:+447700900101", "Body", "", "ContentSid", twiliotest.TemplateSid)
	sees(t, ctx, "#chat", "your appointment is on Monday")
	w.sends(t, "From", twiliotest.SMSNumber, "To", "+447700900102", "Body", "hello Ben")
	sees(t, ctx, "#notice", "Open")
	act(t, ctx, chromedp.Click(chromedp.CSS("#notice button")))
	sees(t, ctx, "#chat", "hello Ben")
	act(t, ctx, chromedp.Click(chromedp.CSS("#log summary")))
	sees(t, ctx, "#log .inside", "MessageSid")
	picture(t, ctx, "emulator-wide")
	if got := w.desk.received()[0]; got.Get("Body") != "Is anybody there?" || got.Get("ProfileName") != "Ana Lima" {
		t.Errorf("the desk received %v", got)
	}
}

func TestPlayingOnANarrowScreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.SetWebhook(twiliotest.WhatsAppNumber, "")
	ctx := w.browser(t, 390, 844)
	act(t, ctx, chromedp.Click(chromedp.CSS("[data-show=wire]")))
	sees(t, ctx, "#hook-state", "not set")
	act(t, ctx, chromedp.SendKeys(chromedp.CSS("#hook-url"), w.desk.URL+"/webhooks\r"))
	sees(t, ctx, "#hook-state", "set")
	act(t, ctx, chromedp.Click(chromedp.CSS("[data-show=phone]")), chromedp.Click(chromedp.CSS("[popovertarget]")),
		chromedp.Click(chromedp.CSS("[data-send=place]")), chromedp.Click(chromedp.CSS("#dialog-ok")))
	sees(t, ctx, "#chat", "Old Town Bakery")
	sees(t, ctx, "#chat", "taken by the desk")
	picture(t, ctx, "emulator-narrow")
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth"))
	if err != nil || wide > 390 {
		t.Errorf("the page is %d wide, %v", wide, err)
	}
	unlabelled := `[...document.querySelectorAll("button, input, select, textarea")]
		.filter((e) => !e.labels?.length && !e.textContent.trim() && !e.getAttribute("aria-label")).map((e) => e.id).join()`
	if names, err := chromedp.Run(ctx, chromedp.Evaluate[string](unlabelled)); err != nil || names != "" {
		t.Errorf("without a label: %q, %v", names, err)
	}
}
