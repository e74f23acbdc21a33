package server

import (
	"net/http"
	"strings"
	"testing"
)

// A provider tries a 503 again for hours. What can be no key is not asked of the database, which would not take it.
func TestWebhookKeyThatIsNoText(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, last := range []string{"%00", "%ff", "%c3", "A"} {
		address := strings.TrimSuffix(d.webhook, d.webhook[len(d.webhook)-1:]) + last
		if got := d.knock(knock{address: address, form: d.form("hello")}).status; got != http.StatusNotFound {
			t.Errorf("a key that ends in %s is answered %d", last, got)
		}
	}
}
