package twilio

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

const sentSID = "SM00000000000000000000000000000009"

var taken = says(http.StatusCreated, object{
	"sid": sentSID, "status": "queued", "account_sid": testAccount, "direction": "outbound-api", "error_code": nil,
	"body": "hello", "num_segments": "1", "num_media": "0", "date_sent": nil, "from": nil, "messaging_service_sid": nil,
})

func hello() *channel.Outgoing {
	return &channel.Outgoing{
		MessageID: "0198c1d2-3e4f-7a5b-8c6d-7e8f90a1b207", To: "+15551234567", Text: "hello",
		StatusURL: "https://desk.example.com" + testPath + "?m=0198c1d2-3e4f-7a5b-8c6d-7e8f90a1b207",
	}
}

func TestSendWritesWhatTwilioWants(t *testing.T) {
	t.Parallel()
	status := hello().StatusURL
	cases := map[string]struct {
		channel *model.Channel
		change  func(*channel.Outgoing)
		want    url.Values
	}{
		"WhatsApp by number": {byNumber(model.WhatsApp), nil, url.Values{
			"From": {"whatsapp:" + testNumber}, "To": {"whatsapp:+15551234567"}, "Body": {"hello"}, "StatusCallback": {status}}},
		"SMS by number": {byNumber(model.SMS), nil, url.Values{
			"From": {testNumber}, "To": {"+15551234567"}, "Body": {"hello"}, "StatusCallback": {status}}},
		"WhatsApp by service": {byService(model.WhatsApp), nil, url.Values{
			"MessagingServiceSid": {testService}, "To": {"whatsapp:+15551234567"}, "Body": {"hello"}, "StatusCallback": {status}}},
		"SMS by service": {byService(model.SMS), nil, url.Values{
			"MessagingServiceSid": {testService}, "To": {"+15551234567"}, "Body": {"hello"}, "StatusCallback": {status}}},
		"to a user id": {byNumber(model.WhatsApp), func(m *channel.Outgoing) { m.To = "US.13491208655302741918" }, url.Values{
			"From": {"whatsapp:" + testNumber}, "To": {"whatsapp:US.13491208655302741918"}, "Body": {"hello"}, "StatusCallback": {status}}},
		"without reports": {byNumber(model.SMS), func(m *channel.Outgoing) { m.StatusURL = "" }, url.Values{
			"From": {testNumber}, "To": {"+15551234567"}, "Body": {"hello"}}},
		"file alone": {byNumber(model.WhatsApp), func(m *channel.Outgoing) {
			m.Text, m.Files = "", []channel.File{{URL: "https://desk.example.com/a?x=1&y=2"}}
		}, url.Values{
			"From": {"whatsapp:" + testNumber}, "To": {"whatsapp:+15551234567"}, "MediaUrl": {"https://desk.example.com/a?x=1&y=2"}, "StatusCallback": {status}}},
		"several files": {byNumber(model.SMS), func(m *channel.Outgoing) {
			m.Files = []channel.File{{URL: "https://a.example/1"}, {URL: "https://a.example/2"}}
		}, url.Values{
			"From": {testNumber}, "To": {"+15551234567"}, "Body": {"hello"}, "MediaUrl": {"https://a.example/1", "https://a.example/2"}, "StatusCallback": {status}}},
		"template": {byService(model.WhatsApp), func(m *channel.Outgoing) {
			m.Template = &model.TemplateCall{ID: "HX1", Variables: map[string]string{"1": "Ana \"A\"", "2": "5.5"}}
		}, url.Values{
			"MessagingServiceSid": {testService}, "To": {"whatsapp:+15551234567"}, "ContentSid": {"HX1"},
			"ContentVariables": {`{"1":"Ana \"A\"","2":"5.5"}`}, "StatusCallback": {status}}},
		"template without variables": {byNumber(model.SMS), func(m *channel.Outgoing) { m.Template = &model.TemplateCall{ID: "HX1"} }, url.Values{
			"From": {testNumber}, "To": {"+15551234567"}, "ContentSid": {"HX1"}, "StatusCallback": {status}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, p := newAPI(t, map[string]http.HandlerFunc{messagesPath: taken})
			m := hello()
			if tc.change != nil {
				tc.change(m)
			}
			sid, err := p.Send(t.Context(), tc.channel, testSecret, m)
			if err != nil || sid != sentSID {
				t.Fatalf("Send = %q, %v", sid, err)
			}
			r := server.last(t)
			if !reflect.DeepEqual(r.PostForm, tc.want) || len(r.URL.RawQuery) > 0 {
				t.Errorf("sent %v\nwant %v", r.PostForm, tc.want)
			}
			if user, password, _ := r.BasicAuth(); user != testAccount || password != testToken {
				t.Errorf("signed in as %q with %q", user, password)
			}
		})
	}
}

func TestSendOutcomes(t *testing.T) {
	t.Parallel()
	wait := func(h http.HandlerFunc, header string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", header)
			h(w, r)
		}
	}
	html := "<html>Bad Gateway</html>"
	cases := map[string]struct {
		answer  http.HandlerFunc
		outcome channel.Outcome
		code    string
		text    string
		after   time.Duration
	}{
		"rate":                     {wait(fails(429, 20429, "Too Many Requests"), "7"), channel.NotSent, "20429", "Too Many Requests", 7 * time.Second},
		"rate without a time":      {fails(429, 20429, "Too Many Requests"), channel.NotSent, "20429", "Too Many", 0},
		"rate for days":            {wait(fails(429, 20429, "slow"), "99999999"), channel.NotSent, "20429", "slow", 10 * time.Minute},
		"rate for hours":           {wait(fails(429, 20429, "slow"), "7200"), channel.NotSent, "20429", "slow", 10 * time.Minute},
		"rate, page":               {wait(page(429, html), "1"), channel.NotSent, "", "429", time.Second},
		"queue full":               {fails(400, 21611, "This 'From' number has exceeded the maximum number of queued messages"), channel.NotSent, "21611", "exceeded", 0},
		"loop":                     {fails(400, 14107, "rate limit"), channel.NotSent, "14107", "rate", 0},
		"wrong token":              {fails(401, 20003, "Authenticate"), channel.Credentials, "20003", "Authenticate", 0},
		"401 without a code":       {page(401, ""), channel.Credentials, "", "401", 0},
		"403 with 20003":           {fails(403, 20003, "Permission Denied"), channel.Credentials, "20003", "Permission", 0},
		"account unknown":          {fails(404, 20404, "not found"), channel.Credentials, "20404", "not found", 0},
		"internal error":           {fails(500, 20500, "An internal server error has occurred"), channel.Ambiguous, "20500", "internal", 0},
		"unavailable":              {fails(503, 20503, "Service Unavailable"), channel.Ambiguous, "20503", "Unavailable", 0},
		"5xx with any other code":  {fails(500, 21211, "odd"), channel.Ambiguous, "21211", "odd", 0},
		"502 page":                 {page(502, html), channel.Ambiguous, "", "502", 0},
		"empty 504":                {page(504, ""), channel.Ambiguous, "", "504", 0},
		"400 page":                 {page(400, html), channel.Ambiguous, "", "400", 0},
		"200 page":                 {page(200, html), channel.Ambiguous, "", "200", 0},
		"redirect":                 {page(302, ""), channel.Ambiguous, "", "302", 0},
		"201 without a SID":        {says(201, object{"status": "queued"}), channel.Ambiguous, "", "no message", 0},
		"408":                      {fails(408, 0, ""), channel.Ambiguous, "", "", 0},
		"connection broke":         {breaks, channel.Ambiguous, "", "broke", 0},
		"invalid number":           {fails(400, 21211, "The 'To' number is not a valid phone number."), channel.Rejected, "21211", "valid phone", 0},
		"opted out":                {fails(400, 21610, "Attempt to send to unsubscribed recipient"), channel.Rejected, "21610", "unsubscribed", 0},
		"window closed":            {fails(400, 63016, "outside the allowed window"), channel.Rejected, "63016", "window", 0},
		"code of another year":     {fails(400, 63999, "brand new"), channel.Rejected, "63999", "brand new", 0},
		"forbidden":                {fails(403, 20403, "Forbidden"), channel.Rejected, "20403", "Forbidden", 0},
		"4xx object without code":  {says(400, object{"detail": "x"}), channel.Rejected, "", "no reason", 0},
		"failed in the 201 itself": {says(201, object{"sid": sentSID, "status": "failed", "error_code": 30007}), channel.Rejected, "30007", "filtered", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, p := newAPI(t, map[string]http.HandlerFunc{messagesPath: tc.answer})
			sid, err := p.Send(t.Context(), byNumber(model.WhatsApp), testSecret, hello())
			e := sendError(t, sid, err)
			if e.Outcome != tc.outcome || e.Code != tc.code || !strings.Contains(e.Text, tc.text) || e.RetryAfter != tc.after {
				t.Errorf("got %+v, want %+v", e, tc)
			}
			if e.Text == "" || (e.Code != "" && e.Advice == "") {
				t.Errorf("an agent learns nothing from %+v", e)
			}
		})
	}
}

func sendError(t *testing.T, sid string, err error) *channel.SendError {
	t.Helper()
	var e *channel.SendError
	if sid != "" || !errors.As(err, &e) {
		t.Fatalf("Send = %q, %v; want a SendError", sid, err)
	}
	mustNotHold(t, e.Text+e.Advice)
	return e
}

func TestSendBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	server, p := newAPI(t, map[string]http.HandlerFunc{messagesPath: taken})
	cases := map[string]struct {
		channel *model.Channel
		secret  model.Secret
		files   int
		outcome channel.Outcome
	}{
		"no token":              {byNumber(model.SMS), nil, 0, channel.Credentials},
		"odd token":             {byNumber(model.SMS), model.Secret{AuthToken: "top secret!"}, 0, channel.Credentials},
		"odd account":           {&model.Channel{Kind: model.SMS, Sender: model.Sender{ProviderAccount: "AC-1"}}, testSecret, 0, channel.Credentials},
		"2 files on WhatsApp":   {byNumber(model.WhatsApp), testSecret, 2, channel.Rejected},
		"11 files by MMS":       {byNumber(model.SMS), testSecret, 11, channel.Rejected},
		"11 files on a service": {byService(model.SMS), testSecret, 11, channel.Rejected},
	}
	for name, tc := range cases {
		m := hello()
		for range tc.files {
			m.Files = append(m.Files, channel.File{URL: "https://desk.example.com/a"})
		}
		sid, err := p.Send(t.Context(), tc.channel, tc.secret, m)
		if e := sendError(t, sid, err); e.Outcome != tc.outcome || e.Advice == "" {
			t.Errorf("%s: %+v, want outcome %d", name, e, tc.outcome)
		}
	}
	if len(server.all()) != 0 {
		t.Errorf("%d requests reached Twilio", len(server.all()))
	}
}

func TestSendToNobody(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	p := New(Options{BaseURL: &url.URL{Scheme: "http", Host: closed.Addr().String()}})
	sid, err := p.Send(t.Context(), byNumber(model.SMS), testSecret, hello())
	if e := sendError(t, sid, err); e.Outcome != channel.NotSent {
		t.Errorf("refused connection: %+v, want NotSent", e)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sid, err = p.Send(ctx, byNumber(model.SMS), testSecret, hello())
	if e := sendError(t, sid, err); e.Outcome != channel.NotSent {
		t.Errorf("context over before the start: %+v, want NotSent", e)
	}
}

// hooked is a transport that gets a connection, loses it, and gets no other.
type hooked struct{ conns []bool }

func (h hooked) RoundTrip(req *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(req.Context())
	for _, got := range h.conns {
		trace.GetConn("api.twilio.com:443")
		if got {
			trace.GotConn(httptrace.GotConnInfo{})
		}
	}
	return nil, errors.New("gone")
}

// net/http repeats a POST only when the first connection took nothing of it. When there is no second one, the message
// was not sent, though there once was a connection.
func TestSendWithConnectionsLost(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		conns   []bool
		outcome channel.Outcome
	}{
		"no connection":            {[]bool{false}, channel.NotSent},
		"connection":               {[]bool{true}, channel.Ambiguous},
		"connection, then none":    {[]bool{true, false}, channel.NotSent},
		"connection, then another": {[]bool{true, true}, channel.Ambiguous},
	}
	for name, tc := range cases {
		p := New(Options{})
		p.transport = hooked{tc.conns}
		sid, err := p.Send(t.Context(), byNumber(model.SMS), testSecret, hello())
		if e := sendError(t, sid, err); e.Outcome != tc.outcome {
			t.Errorf("%s: %+v, want outcome %d", name, e, tc.outcome)
		}
	}
}

func TestSendObeysTheDeadline(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	_, p := newAPI(t, map[string]http.HandlerFunc{messagesPath: func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}})
	t.Cleanup(func() { close(release) }) // runs before the server is closed
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Minute))
	defer cancel()
	go func() {
		<-arrived
		cancel()
	}()
	sid, err := p.Send(ctx, byNumber(model.SMS), testSecret, hello())
	if e := sendError(t, sid, err); e.Outcome != channel.Ambiguous {
		t.Errorf("the context ended while Twilio had the request: %+v, want Ambiguous", e)
	}
}

// A context without a deadline gets the default one.
func TestSendHasADeadline(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	_, p := newAPI(t, map[string]http.HandlerFunc{messagesPath: func(http.ResponseWriter, *http.Request) { <-release }})
	t.Cleanup(func() { close(release) })
	p.timeout = time.Second
	sid, err := p.Send(context.Background(), byNumber(model.SMS), testSecret, hello())
	if e := sendError(t, sid, err); e.Outcome != channel.Ambiguous || !strings.Contains(e.Text, "no answer in time") {
		t.Errorf("%+v, want Ambiguous", e)
	}
}

func TestRetryAfterAsDate(t *testing.T) {
	t.Parallel()
	now := testNow.UTC()
	h := http.Header{"Date": {now.Format(http.TimeFormat)}, "Retry-After": {now.Add(90 * time.Second).Format(http.TimeFormat)}}
	if got := retryAfter(h); got != 90*time.Second {
		t.Errorf("retryAfter = %v, want 90 s", got)
	}
	h.Set("Retry-After", now.Add(-time.Hour).Format(http.TimeFormat))
	if got := retryAfter(h); got != 0 {
		t.Errorf("a date gone by: %v", got)
	}
}

// Every code of the table has words for an agent, and none promises to retry what Twilio may have taken.
func TestCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	for code, m := range catalogue {
		if m.outcome == 0 || m.text == "" || m.advice == "" || !strings.HasSuffix(m.text, ".") || !strings.HasSuffix(m.advice, ".") {
			t.Errorf("%s: %+v", code, m)
		}
		if strings.Trim(code, "0123456789") != "" || len(code) != 5 {
			t.Errorf("%q is no code", code)
		}
	}
}
