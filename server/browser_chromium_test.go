//go:build browser

package server

import (
	"context"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestInBrowser shows the program to a real browser: one Chromium for all, and storage of its own for each test.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	b := startChromium(t)
	for name, test := range map[string]func(t *testing.T, b *chromium){
		"GraphiQL":                     testGraphiQL,
		"GraphiQL narrow":              testGraphiQLNarrow,
		"token handed over":            testTokenHandedOver,
		"app of an allowed origin":     testAllowedOrigin,
		"app of another origin":        testOtherOrigin,
		"local origins in development": testLocalOriginsInDevelopment,
		"own origin in production":     testOwnOriginInProduction,
		"emulator":                     testEmulator,
		"emulator narrow":              testEmulatorNarrow,
		"emulator by keyboard":         testEmulatorByKeyboard,
		"emulator failures":            testEmulatorFailures,
		"invitation":                   testInvitation,
		"survey":                       testSurveyPage,
		"survey by keyboard":           testSurveyPageByKeyboard,
		"survey in Japanese":           testSurveyPageInJapanese,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, b)
		})
	}
}

// chromium is a running browser.
type chromium struct{ ctx context.Context }

func startChromium(t *testing.T) *chromium {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(findChromium(t)), chromedp.Flag("headless", "new"), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck}
	for _, off := range []string{"quic", "background-networking", "component-update", "sync", "dev-shm-usage"} {
		options = append(options, chromedp.Flag("disable-"+off, true))
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return &chromium{ctx}
}

func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("these tests need Chromium: install the package chromium (Debian: apt-get install chromium), or Google Chrome, and have it in PATH")
	return ""
}
