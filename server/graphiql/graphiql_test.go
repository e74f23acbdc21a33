package graphiql

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// Everything that the page names must be there, and come from its own host.
func TestThePageIsComplete(t *testing.T) {
	t.Parallel()
	page := httptest.NewRecorder()
	Page(page, httptest.NewRequest(http.MethodGet, "/", nil))
	if page.Code != http.StatusOK || !strings.Contains(page.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Fatalf("the page: %d, %v", page.Code, page.Header())
	}
	names := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page.Body.String(), -1)
	if len(names) < 6 {
		t.Fatalf("the page loads %d files", len(names))
	}
	for _, name := range names {
		asset := httptest.NewRecorder()
		Assets().ServeHTTP(asset, httptest.NewRequest(http.MethodGet, name[1], nil))
		if !strings.HasPrefix(name[1], "/assets/") || asset.Code != http.StatusOK || asset.Body.Len() == 0 {
			t.Errorf("%s: %d, %d bytes", name[1], asset.Code, asset.Body.Len())
		}
	}
}
