package twiliotest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// strange is an emulator without the check of requests, for those that Twilio is to refuse.
func strange(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, twiliotest.Options{})
	bare := httptest.NewServer(w.Twilio)
	t.Cleanup(bare.Close)
	w.url = bare.URL
	return w
}

func TestCreateRefusesAsTwilioDoes(t *testing.T) {
	t.Parallel()
	w := strange(t)
	w.AddNumber(twiliotest.AccountSid, "whatsapp:+15550100900")
	empty := w.AddService(twiliotest.AccountSid, "")
	for _, c := range []struct {
		name   string
		fields []string
		code   float64
	}{
		{"no recipient", []string{"To", ""}, 21604},
		{"no sender", []string{"From", ""}, 21603},
		{"no number", []string{"To", "whatsapp:4917012345678"}, 21211},
		{"digits of another script", []string{"To", "whatsapp:+٤٩١٧٠١٢٣٤٥"}, 21211},
		{"magic invalid", []string{"To", "whatsapp:+15005550001"}, 21211},
		{"magic unroutable", []string{"To", "+15005550002"}, 21612},
		{"magic region", []string{"To", "+15005550003"}, 21408},
		{"magic opted out", []string{"To", "+15005550004"}, 21610},
		{"magic landline", []string{"To", "+15005550009"}, 21614},
		{"magic sender invalid", []string{"From", "+15005550001", "To", "+4917012345678"}, 21212},
		{"magic sender not owned", []string{"From", "+15005550007", "To", "+4917012345678"}, 21606},
		{"magic sender full", []string{"From", "+15005550008", "To", "+4917012345678"}, 21611},
		{"foreign number", []string{"From", "+15550199999", "To", "+4917012345678"}, 21606},
		{"foreign WhatsApp sender", []string{"From", "whatsapp:+15550199999"}, 63007},
		{"mixed channels", []string{"From", twiliotest.SMSNumber}, 21910},
		{"to oneself", []string{"To", twiliotest.WhatsAppNumber}, 21266},
		{"unknown service", []string{"From", "", "MessagingServiceSid", "MG" + strings.Repeat("0", 32)}, 21701},
		{"empty service", []string{"From", "", "MessagingServiceSid", empty}, 21704},
		{"sender outside the pool", []string{"MessagingServiceSid", twiliotest.ServiceSid}, 21606},
		{"nothing to say", []string{"Body", ""}, 21619},
		{"too long", []string{"Body", strings.Repeat("x", 1601)}, 21617},
		{"too long in UTF-16", []string{"Body", strings.Repeat("🦊", 801)}, 21617},
		{"bad callback", []string{"StatusCallback", "https://my_desk.example/x"}, 21609},
		{"bad media", []string{"MediaUrl", "ftp://desk.example/x"}, 21620},
		{"unknown template", []string{"Body", "", "ContentSid", "HX" + strings.Repeat("0", 32)}, 21655},
		{"bad variables", []string{"Body", "", "ContentSid", twiliotest.TemplateSid, "ContentVariables", "{1:2}"}, 21656},
	} {
		a := w.create(t, c.fields...)
		if a.status != http.StatusBadRequest || a.fields["code"] != c.code || a.fields["status"] != 400.0 {
			t.Errorf("%s: got %d %s, want code %v", c.name, a.status, a.text, c.code)
		}
		if a.fields["message"] == "" || !strings.HasPrefix(a.fields["more_info"].(string), "https://www.twilio.com/docs/errors/") {
			t.Errorf("%s: no text or address: %s", c.name, a.text)
		}
	}
	if n := len(w.Ledger()); n != 0 {
		t.Errorf("%d refused messages are in the ledger", n)
	}
}

func TestCreateTakesWhatTwilioTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{Manual: true})
	for _, c := range []struct {
		name   string
		fields []string
		want   map[string]any
	}{
		{"a number", nil, map[string]any{"status": "queued", "from": twiliotest.WhatsAppNumber, "num_segments": "1"}},
		{"an SMS of two parts", []string{"From", twiliotest.SMSNumber, "To", "+4917012345678", "Body", strings.Repeat("x", 161)},
			map[string]any{"status": "queued", "num_segments": "2"}},
		{"an SMS outside GSM", []string{"From", twiliotest.SMSNumber, "To", "+4917012345678", "Body", strings.Repeat("я", 71)},
			map[string]any{"num_segments": "2"}},
		{"a service", []string{"From", "", "MessagingServiceSid", twiliotest.ServiceSid},
			map[string]any{"status": "accepted", "from": nil, "num_segments": "0", "messaging_service_sid": twiliotest.ServiceSid}},
		{"sender and service", []string{"From", "whatsapp:" + twiliotest.ServiceNumber, "MessagingServiceSid", twiliotest.ServiceSid},
			map[string]any{"from": "whatsapp:" + twiliotest.ServiceNumber}},
		{"a user without a number", []string{"To", "whatsapp:ID.4566546130240823"}, map[string]any{"status": "queued"}},
		{"the longest text", []string{"Body", strings.Repeat("🦊", 800)}, map[string]any{"error_code": nil, "date_sent": nil}},
		{"a template", []string{"Body", "", "ContentSid", twiliotest.TemplateSid, "ContentVariables", `{"1":"Ana"}`},
			map[string]any{"body": "Hello Ana, your appointment is on Monday. Reply here if you want to change it."}},
	} {
		a := w.create(t, c.fields...)
		if a.status != http.StatusCreated {
			t.Errorf("%s: %d %s", c.name, a.status, a.text)
		}
		for field, want := range c.want {
			if a.fields[field] != want {
				t.Errorf("%s: %s is %v, want %v", c.name, field, a.fields[field], want)
			}
		}
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	other := "AC" + strings.Repeat("1", 32)
	w.AddAccount(other, "othertoken")
	path := "/2010-04-01/Accounts/" + twiliotest.AccountSid + ".json"
	try := func(user, password string, want int) {
		t.Helper()
		if a := w.callAs(t, user, password, path, nil); a.status != want {
			t.Errorf("got %d %s, want %d", a.status, a.text, want)
		} else if want == 401 && a.fields["code"] != 20003.0 {
			t.Errorf("got %s, want code 20003", a.text)
		}
	}
	try(twiliotest.AccountSid, twiliotest.AuthToken, 200)
	try(twiliotest.AccountSid, "wrong", 401)
	try(other, "othertoken", 404)
	try(other, "", 401)
	w.SetSecondaryToken(twiliotest.AccountSid, "second")
	try(twiliotest.AccountSid, "second", 200)
	try(twiliotest.AccountSid, twiliotest.AuthToken, 200)
	w.SetToken(twiliotest.AccountSid, "second")
	try(twiliotest.AccountSid, twiliotest.AuthToken, 401)
	try(twiliotest.AccountSid, "second", 200)
	w.SetAccountStatus(twiliotest.AccountSid, twiliotest.Suspended)
	try(twiliotest.AccountSid, "second", 401)
}
