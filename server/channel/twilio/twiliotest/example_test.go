package twiliotest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// A customer writes, and the desk takes the message. In a browser, the address of the server shows the page where one
// plays the customer by hand.
func Example() {
	desk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("the desk hears:", r.PostFormValue("Body"))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer desk.Close()
	twilio := twiliotest.New(twiliotest.Options{})
	defer twilio.Close()
	twilio.AddDefault()
	server := httptest.NewServer(twilio)
	defer server.Close()

	twilio.SetWebhook(twiliotest.WhatsAppNumber, desk.URL+"/webhooks/twilio/1_key#rc=5&rp=ct,rt,5xx")
	post, err := twilio.CustomerSends(context.Background(), twiliotest.Inbound{
		From: "whatsapp:+447700900101", To: twiliotest.WhatsAppNumber, Body: "Is anybody there?",
	})
	fmt.Println(post.Status(), err)
	// Output:
	// the desk hears: Is anybody there?
	// 204 <nil>
}
