package twilio

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

func none(string) bool { return false }

// row is a message as the list shows it; change replaces fields.
func row(sid string, change object) object {
	r := object{
		"sid": sid, "direction": "outbound-api", "status": "sent", "body": "hello", "num_media": "0",
		"from": "whatsapp:" + testNumber, "to": "whatsapp:+15551234567", "messaging_service_sid": nil,
		"date_created": testNow.Format(time.RFC1123Z), "date_sent": testNow.Format(time.RFC1123Z), "error_code": nil,
	}
	for name, value := range change {
		r[name] = value
	}
	return r
}

func list(rows ...object) http.HandlerFunc {
	return says(200, object{"messages": rows, "page": 0, "page_size": 100, "next_page_uri": nil})
}

func TestFind(t *testing.T) {
	t.Parallel()
	template := func(m *channel.Outgoing) { m.Template = &model.TemplateCall{ID: "HX1"} }
	cases := map[string]struct {
		channel *model.Channel
		change  func(*channel.Outgoing)
		rows    []object
		want    string
		status  model.DeliveryStatus
	}{
		"sent":            {byNumber(model.WhatsApp), nil, []object{row("SM1", nil)}, "SM1", model.Sent},
		"queued":          {byNumber(model.WhatsApp), nil, []object{row("SM1", object{"status": "queued", "date_sent": nil})}, "SM1", model.Sent},
		"read":            {byNumber(model.WhatsApp), nil, []object{row("SM1", object{"status": "read"})}, "SM1", model.Read},
		"failed":          {byNumber(model.WhatsApp), nil, []object{row("SM1", object{"status": "undelivered", "error_code": 63016})}, "SM1", model.Failed},
		"oldest of two":   {byNumber(model.WhatsApp), nil, []object{row("SM2", nil), row("SM1", nil)}, "SM1", model.Sent},
		"spaces":          {byNumber(model.WhatsApp), func(m *channel.Outgoing) { m.Text = " hello\r\n" }, []object{row("SM1", nil)}, "SM1", model.Sent},
		"trial account":   {byNumber(model.WhatsApp), nil, []object{row("SM1", object{"body": trialPrefix + "hello"})}, "SM1", model.Sent},
		"clock is behind": {byNumber(model.WhatsApp), nil, []object{row("SM1", object{"date_created": testNow.Add(-50 * time.Second).Format(time.RFC1123Z)})}, "SM1", model.Sent},
		"by service":      {byService(model.WhatsApp), nil, []object{row("SM1", object{"messaging_service_sid": testService, "from": nil})}, "SM1", model.Sent},
		"file":            {byNumber(model.WhatsApp), func(m *channel.Outgoing) { m.Text, m.Files = "", []channel.File{{URL: "https://x"}} }, []object{row("SM2", nil), row("MM1", object{"body": "", "num_media": "1"})}, "MM1", model.Sent},
		"template":        {byNumber(model.WhatsApp), template, []object{row("SM1", object{"body": "Dear Ana"})}, "SM1", model.Sent},
		"user id":         {byNumber(model.WhatsApp), func(m *channel.Outgoing) { m.To = "US.13491208655302741918" }, []object{row("SM1", object{"to": "whatsapp:US.13491208655302741918"})}, "SM1", model.Sent},

		"nothing":          {byNumber(model.WhatsApp), nil, nil, "", ""},
		"other text":       {byNumber(model.WhatsApp), nil, []object{row("SM1", object{"body": "hullo"})}, "", ""},
		"inbound":          {byNumber(model.WhatsApp), nil, []object{row("SM1", object{"direction": "inbound"})}, "", ""},
		"other customer":   {byNumber(model.WhatsApp), nil, []object{row("SM1", object{"to": "whatsapp:+15557654321"})}, "", ""},
		"too old":          {byNumber(model.WhatsApp), nil, []object{row("SM1", object{"date_created": testNow.Add(-2 * time.Minute).Format(time.RFC1123Z)})}, "", ""},
		"other service":    {byService(model.WhatsApp), nil, []object{row("SM1", object{"messaging_service_sid": "MG9"})}, "", ""},
		"text with a file": {byNumber(model.WhatsApp), nil, []object{row("MM1", object{"num_media": "1"})}, "", ""},
		"known already":    {byNumber(model.WhatsApp), nil, []object{row("SM-known", nil)}, "", ""},
		"no SID":           {byNumber(model.WhatsApp), nil, []object{row("", nil)}, "", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, p := newAPI(t, map[string]http.HandlerFunc{messagesPath: list(tc.rows...)})
			m := hello()
			if tc.change != nil {
				tc.change(m)
			}
			known := func(sid string) bool { return sid == "SM-known" }
			got, err := p.Find(t.Context(), tc.channel, testSecret, m, testNow, known)
			if err != nil {
				t.Fatal(err)
			}
			if got == nil {
				got = &model.StatusReport{}
			} else if got.MessageID != m.MessageID || len(got.Raw) == 0 {
				t.Errorf("report %+v", got)
			}
			if got.ExternalID != tc.want || got.Status != tc.status || (tc.status == model.Failed) != (got.Advice != "") {
				t.Errorf("found %+v, want %q %s", got, tc.want, tc.status)
			}
		})
	}
}

func TestFindDoesNotGuessAmongTemplates(t *testing.T) {
	t.Parallel()
	_, p := newAPI(t, map[string]http.HandlerFunc{messagesPath: list(row("SM1", nil), row("SM2", nil))})
	m := hello()
	m.Template = &model.TemplateCall{ID: "HX1"}
	got, err := p.Find(t.Context(), byNumber(model.WhatsApp), testSecret, m, testNow, none)
	if got != nil || err == nil {
		t.Errorf("Find = %+v, %v; want an error", got, err)
	}
}

func TestFindAsksPrecisely(t *testing.T) {
	t.Parallel()
	server, p := newAPI(t, map[string]http.HandlerFunc{messagesPath: list()})
	m := hello()
	m.To = "US.13491208655302741918" // twilio-go by itself would ask for "whatsapp:US"
	for _, c := range []*model.Channel{byNumber(model.WhatsApp), byService(model.WhatsApp)} {
		if _, err := p.Find(t.Context(), c, testSecret, m, testNow, none); err != nil {
			t.Fatal(err)
		}
	}
	if len(server.all()) != 4 {
		t.Fatalf("%d requests, want one bounded and one unbounded each", len(server.all()))
	}
	for i, r := range server.all() {
		q := r.URL.Query()
		from, since := "whatsapp:"+testNumber, testNow.Add(-time.Minute).Format(time.RFC3339)
		if i >= 2 {
			from = "" // Twilio chooses it within the service
		}
		if i%2 == 1 {
			since = ""
		}
		if q.Get("To") != "whatsapp:"+m.To || q.Get("From") != from || q.Get("DateSent>") != since {
			t.Errorf("request %d: %v", i, q)
		}
	}
}

// What still waits at Twilio has no date of sending, and a list bounded by that date may leave it out.
func TestFindSeesWhatWaits(t *testing.T) {
	t.Parallel()
	_, p := newAPI(t, map[string]http.HandlerFunc{messagesPath: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("DateSent>") {
			list()(w, r)
			return
		}
		list(row("SM1", object{"date_sent": nil, "status": "accepted"}))(w, r)
	}})
	got, err := p.Find(t.Context(), byNumber(model.WhatsApp), testSecret, hello(), testNow, none)
	if err != nil || got == nil || got.ExternalID != "SM1" {
		t.Errorf("Find = %+v, %v", got, err)
	}
}

func TestFindFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer  http.HandlerFunc
		outcome channel.Outcome
	}{
		"wrong token": {fails(401, 20003, "Authenticate"), channel.Credentials},
		"rate":        {fails(429, 20429, "slow"), channel.NotSent},
		"page":        {page(502, "<html>"), channel.Ambiguous},
		"breaks":      {breaks, channel.Ambiguous},
	} {
		_, p := newAPI(t, map[string]http.HandlerFunc{messagesPath: tc.answer})
		got, err := p.Find(t.Context(), byNumber(model.WhatsApp), testSecret, hello(), testNow, none)
		var e *channel.SendError
		if got != nil || !errors.As(err, &e) || e.Outcome != tc.outcome {
			t.Errorf("%s: Find = %+v, %v", name, got, err)
		}
		if err != nil && strings.Contains(err.Error(), testAccount) {
			t.Errorf("%s: %v names the account", name, err)
		}
	}
}
