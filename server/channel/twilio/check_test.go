package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
)

var (
	activeAccount = says(200, object{"sid": testAccount, "status": "active", "type": "Full"})
	ownNumber     = says(200, object{"incoming_phone_numbers": []object{
		{"phone_number": "+15550001112", "capabilities": object{"sms": true}},
		{"phone_number": testNumber, "capabilities": object{"sms": true, "mms": true, "voice": true}, "sms_application_sid": ""},
	}})
)

func service(url any, onNumber bool) http.HandlerFunc {
	return says(200, object{"sid": testService, "inbound_request_url": url, "use_inbound_webhook_on_number": onNumber})
}

func sender(id, status string) http.HandlerFunc {
	return says(200, object{"senders": []object{{"sid": "XE1", "sender_id": id, "status": status}}, "meta": object{}})
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	sandbox, short := byNumber(model.WhatsApp), byNumber(model.SMS)
	sandbox.Sender.PhoneNumber, short.Sender.PhoneNumber = sandboxNumber, "72975"
	trial := says(200, object{"sid": testAccount, "status": "active", "type": "Trial"})
	cases := map[string]struct {
		channel *model.Channel
		answers map[string]http.HandlerFunc
		warning string // of the only one; "" for none
	}{
		"SMS number":        {byNumber(model.SMS), map[string]http.HandlerFunc{numbersPath: ownNumber}, ""},
		"trial":             {byNumber(model.SMS), map[string]http.HandlerFunc{accountPath: trial, numbersPath: ownNumber}, "trial"},
		"TwiML App":         {byNumber(model.SMS), map[string]http.HandlerFunc{numbersPath: says(200, object{"incoming_phone_numbers": []object{{"phone_number": testNumber, "sms_application_sid": "AP1"}}})}, "TwiML App"},
		"short code":        {short, map[string]http.HandlerFunc{shortPath: says(200, object{"short_codes": []object{{"short_code": "72975"}}})}, ""},
		"numbers not shown": {byNumber(model.SMS), map[string]http.HandlerFunc{numbersPath: fails(403, 20403, "Forbidden")}, "did not confirm"},
		"WhatsApp sender":   {byNumber(model.WhatsApp), map[string]http.HandlerFunc{sendersPath: sender("whatsapp:"+testNumber, "ONLINE")}, ""},
		"updating sender":   {byNumber(model.WhatsApp), map[string]http.HandlerFunc{sendersPath: sender("whatsapp:"+testNumber, "ONLINE:UPDATING")}, ""},
		"offline sender":    {byNumber(model.WhatsApp), map[string]http.HandlerFunc{sendersPath: sender("whatsapp:"+testNumber, "OFFLINE")}, "OFFLINE"},
		"other sender":      {byNumber(model.WhatsApp), map[string]http.HandlerFunc{sendersPath: sender("whatsapp:+15550001112", "ONLINE")}, "did not confirm"},
		"senders not shown": {byNumber(model.WhatsApp), nil, "did not confirm"},
		"sandbox":           {sandbox, nil, "sandbox"},
		"service":           {byService(model.WhatsApp), map[string]http.HandlerFunc{servicePath: service("https://desk.example.com/x", false)}, ""},
		"service drops":     {byService(model.SMS), map[string]http.HandlerFunc{servicePath: service(nil, false)}, "drops them"},
		"service defers":    {byService(model.SMS), map[string]http.HandlerFunc{servicePath: service(nil, true)}, "webhook of each number"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string]http.HandlerFunc{accountPath: activeAccount}
			for path, answer := range tc.answers {
				answers[path] = answer
			}
			_, p := newAPI(t, answers)
			checked, err := p.Check(t.Context(), tc.channel, testSecret)
			if err != nil {
				t.Fatal(err)
			}
			if tc.warning == "" && len(checked.Warnings) > 0 || tc.warning != "" && len(checked.Warnings) != 1 {
				t.Fatalf("warnings %q, want %q", checked.Warnings, tc.warning)
			}
			if tc.warning != "" && !strings.Contains(checked.Warnings[0], tc.warning) {
				t.Errorf("warning %q, want %q", checked.Warnings[0], tc.warning)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	mute := says(200, object{"incoming_phone_numbers": []object{{"phone_number": testNumber, "capabilities": object{"voice": true}}}})
	closed := func(status string) http.HandlerFunc { return says(200, object{"status": status, "type": "Full"}) }
	cases := map[string]struct {
		channel *model.Channel
		answers map[string]http.HandlerFunc
		code    model.Code
		field   string
	}{
		"wrong token":        {byNumber(model.SMS), map[string]http.HandlerFunc{accountPath: fails(401, 20003, "Authenticate")}, model.ProviderRefused, "authToken"},
		"unknown account":    {byNumber(model.SMS), map[string]http.HandlerFunc{accountPath: fails(404, 20404, "not found")}, model.ProviderRefused, "accountSid"},
		"test credentials":   {byNumber(model.SMS), map[string]http.HandlerFunc{accountPath: fails(403, 20008, "test")}, model.ProviderRefused, "authToken"},
		"suspended":          {byNumber(model.SMS), map[string]http.HandlerFunc{accountPath: closed("suspended")}, model.ProviderRefused, "accountSid"},
		"closed":             {byNumber(model.SMS), map[string]http.HandlerFunc{accountPath: closed("closed")}, model.ProviderRefused, "accountSid"},
		"number of others":   {byNumber(model.SMS), map[string]http.HandlerFunc{numbersPath: says(200, object{"incoming_phone_numbers": []object{}})}, model.ProviderRefused, "sender.phoneNumber"},
		"number without SMS": {byNumber(model.SMS), map[string]http.HandlerFunc{numbersPath: mute}, model.ProviderRefused, "sender.phoneNumber"},
		"unknown service":    {byService(model.SMS), nil, model.ProviderRefused, "sender.messagingServiceSid"},
		"too many requests":  {byNumber(model.SMS), map[string]http.HandlerFunc{accountPath: fails(429, 20429, "slow")}, model.ProviderUnreached, ""},
		"internal error":     {byNumber(model.SMS), map[string]http.HandlerFunc{accountPath: fails(500, 20500, "oops")}, model.ProviderUnreached, ""},
		"page":               {byNumber(model.SMS), map[string]http.HandlerFunc{accountPath: page(404, "<html>")}, model.ProviderUnreached, ""},
		"connection breaks":  {byNumber(model.SMS), map[string]http.HandlerFunc{accountPath: breaks}, model.ProviderUnreached, ""},
		"breaks at numbers":  {byNumber(model.SMS), map[string]http.HandlerFunc{numbersPath: breaks}, model.ProviderUnreached, ""},
		"breaks at senders":  {byNumber(model.WhatsApp), map[string]http.HandlerFunc{sendersPath: breaks}, model.ProviderUnreached, ""},
		"breaks at service":  {byService(model.SMS), map[string]http.HandlerFunc{servicePath: breaks}, model.ProviderUnreached, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string]http.HandlerFunc{accountPath: activeAccount}
			for path, answer := range tc.answers {
				answers[path] = answer
			}
			_, p := newAPI(t, answers)
			_, err := p.Check(t.Context(), tc.channel, testSecret)
			wantRefused(t, err, tc.code, tc.field)
		})
	}
}

func TestCheckLooksAtTheFormFirst(t *testing.T) {
	t.Parallel()
	change := func(f func(*model.Channel)) *model.Channel { c := byNumber(model.WhatsApp); f(c); return c }
	account := func(s string) *model.Channel { return change(func(c *model.Channel) { c.Sender.ProviderAccount = s }) }
	number := func(s string) *model.Channel { return change(func(c *model.Channel) { c.Sender.PhoneNumber = s }) }
	cases := []struct {
		channel *model.Channel
		token   string
		field   string
	}{
		{account(""), testToken, "accountSid"},
		{account("AC123"), testToken, "accountSid"},
		{account("SK00000000000000000000000000000001"), testToken, "accountSid"},
		{account("AC0000000000000000000000000000000g"), testToken, "accountSid"},
		{account(testAccount + "/../x"), testToken, "accountSid"},
		{byNumber(model.SMS), "", "authToken"},
		{byNumber(model.SMS), "with space", "authToken"},
		{byNumber(model.SMS), "tökén", "authToken"},
		{number(""), testToken, "sender"},
		{change(func(c *model.Channel) { c.Sender.Service = testService }), testToken, "sender"},
		{number("15550001111"), testToken, "sender.phoneNumber"},
		{number("72975"), testToken, "sender.phoneNumber"}, // a short code is for SMS only
		{number("whatsapp:+15550001111"), testToken, "sender.phoneNumber"},
		{change(func(c *model.Channel) { c.Kind, c.Sender.PhoneNumber = model.SMS, "ACME" }), testToken, "sender.phoneNumber"},
		{change(func(c *model.Channel) { c.Sender.PhoneNumber, c.Sender.Service = "", "MG1" }), testToken, "sender.messagingServiceSid"},
	}
	server, p := newAPI(t, nil)
	for _, tc := range cases {
		_, err := p.Check(t.Context(), tc.channel, model.Secret{AuthToken: tc.token})
		wantRefused(t, err, model.Invalid, tc.field)
	}
	if len(server.all()) != 0 {
		t.Errorf("Twilio was asked %d times", len(server.all()))
	}
}

func wantRefused(t *testing.T, err error, code model.Code, field string) {
	t.Helper()
	var e *model.Error
	if !errors.As(err, &e) || e.Code != code || strings.Join(e.Field, ".") != field {
		t.Errorf("got %+v, want %s at %q", err, code, field)
		return
	}
	mustNotHold(t, e.Text)
}

// The sender is on the second page.
func TestCheckReadsAllSenders(t *testing.T) {
	t.Parallel()
	_, p := newAPI(t, map[string]http.HandlerFunc{
		accountPath: activeAccount,
		sendersPath: func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("Page") == "1" {
				sender("whatsapp:"+testNumber, "ONLINE")(w, r)
				return
			}
			next := "https://messaging.twilio.com" + sendersPath + "?Channel=whatsapp&PageSize=100&Page=1&PageToken=PA1"
			says(200, object{
				"senders": slices.Repeat([]object{{"sender_id": "whatsapp:+15550001112", "status": "ONLINE"}}, 100),
				"meta":    object{"next_page_url": next, "key": "senders"},
			})(w, r)
		},
	})
	checked, err := p.Check(t.Context(), byNumber(model.WhatsApp), testSecret)
	if err != nil || len(checked.Warnings) != 0 {
		t.Errorf("Check = %+v, %v", checked, err)
	}
}

// A page that leads away from Twilio must not get the credentials.
func TestCheckStaysAtTwilio(t *testing.T) {
	t.Parallel()
	stranger, _ := newAPI(t, nil)
	_, p := newAPI(t, map[string]http.HandlerFunc{
		accountPath: activeAccount,
		sendersPath: says(200, object{
			"senders": []object{{"sender_id": "whatsapp:+15550001112"}},
			"meta":    object{"next_page_url": fmt.Sprintf("%s%s?Page=1", stranger.URL, sendersPath)},
		}),
	}, stranger.Listener.Addr().String())
	_, err := p.Check(t.Context(), byNumber(model.WhatsApp), testSecret)
	wantRefused(t, err, model.ProviderUnreached, "")
	if len(stranger.all()) != 0 {
		t.Errorf("the stranger was asked: %v", stranger.all()[0].Header)
	}
}
