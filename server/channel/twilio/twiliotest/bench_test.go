package twiliotest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// BenchmarkCustomerSends is what one webhook costs the emulator and a desk that does nothing.
func BenchmarkCustomerSends(b *testing.B) {
	desk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	defer desk.Close()
	twilio := twiliotest.New(twiliotest.Options{})
	defer twilio.Close()
	twilio.AddDefault()
	twilio.SetWebhook(twiliotest.WhatsAppNumber, desk.URL+"/x")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p, err := twilio.CustomerSends(context.Background(), twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hello"})
			if err != nil || !p.OK() {
				b.Error(err, p.Status())
			}
		}
	})
}
