package twiliotest_test

import (
	"net/url"
	"testing"

	"github.com/twilio/twilio-go/client"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// The vector is that of Twilio's documentation and libraries.
func TestSignMakesTwiliosVector(t *testing.T) {
	t.Parallel()
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"}, "From": {"+14158675309"},
		"To": {"+18005551212"},
	}
	for _, address := range []string{"https://mycompany.com/myapp.php?foo=1&bar=2", "https://mycompany.com/myapp.php?foo=1&bar=2#rc=5&rp=all"} {
		if got := twiliotest.Sign("12345", address, form); got != "RSOYDt4T1cUTdK1PDd93/VVr8B8=" {
			t.Errorf("sign %s: %s", address, got)
		}
	}
}

func TestSignSortsByNameAlone(t *testing.T) {
	t.Parallel()
	form := url.Values{"Reason": {"z"}, "ReasonConferenceEnded": {"a"}, "A": {""}}
	got := twiliotest.Sign("token", "https://desk.example/x", form)
	validator := client.NewRequestValidator("token")
	if !validator.ValidateBody("https://desk.example/x", []byte(form.Encode()), got) {
		t.Errorf("Twilio's library refuses the signature")
	}
}

func TestSignTakesEachValueOfARepeatedNameOnce(t *testing.T) {
	t.Parallel()
	twice := twiliotest.Sign("token", "https://desk.example/x", url.Values{"A": {"2", "1", "2"}})
	flat := twiliotest.Sign("token", "https://desk.example/x", url.Values{"A": {"1A2"}})
	if twice != flat {
		t.Errorf("want the sorted, distinct values one after the other, each after its name")
	}
}

func BenchmarkSignedForm(b *testing.B) {
	in := twiliotest.Inbound{From: "whatsapp:+4917012345678", To: twiliotest.WhatsAppNumber, Body: "hello", ProfileName: "Ana"}
	for b.Loop() {
		form := twiliotest.InboundForm(twiliotest.AccountSid, "SM00000000000000000000000000000001", in)
		twiliotest.SignedForm(twiliotest.AuthToken, "https://desk.example/webhooks/twilio/1_key", form)
	}
}
