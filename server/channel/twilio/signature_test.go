package twilio

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/twilio/twilio-go/client"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// The vectors are those that Twilio publishes with its libraries, for the token 12345.
func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	call := url.Values{
		"Digits": {"1234"}, "CallSid": {"CA1234567890ABCDE"}, "To": {"+18005551212"},
		"Caller": {"+14158675309"}, "From": {"+14158675309"},
	}
	ended := url.Values{"ReasonConferenceEnded": {"test"}, "Reason": {"Participant"}}
	for name, values := range call {
		ended[name] = values
	}
	cases := map[string]struct {
		public, signature string
		fields            url.Values
		want              bool
	}{
		"call":                {"https://mycompany.com", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", call, true},
		"similar names":       {"https://mycompany.com", "vOEb5UThFn24KEfnOFLQY2AE5FY=", ended, true},
		"sorted wrongly":      {"https://mycompany.com", "95+Bu0JVPi0r/SsESZCVf0dWAjw=", ended, false},
		"port not signed":     {"https://mycompany.com:1234", "vOEb5UThFn24KEfnOFLQY2AE5FY=", ended, true},
		"http":                {"http://mycompany.com", "n2xBNyzSW7rfYStDtOFiFMv7qNo=", ended, true},
		"http for https":      {"http://mycompany.com", "vOEb5UThFn24KEfnOFLQY2AE5FY=", ended, false},
		"other host":          {"https://mycompany.org", "vOEb5UThFn24KEfnOFLQY2AE5FY=", ended, false},
		"short form":          {"https://mycompany.com", "NBdBDr/T/lgjI+tlgpXjKZQZs/k=", url.Values{"property": {"value"}, "boolean": {"true"}}, true},
		"signature of others": {"https://mycompany.com", "NBdBDr/T/lgjI+tlgpXjKZQZs/k=", call, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			public, err := url.Parse(tc.public)
			if err != nil {
				t.Fatal(err)
			}
			r := &channel.Request{Public: public, URI: "/myapp.php?foo=1&bar=2", Header: http.Header{}}
			r.Header.Set("X-Twilio-Signature", tc.signature)
			if got := genuine(r, form(tc.fields), []model.Secret{{AuthToken: "12345"}}); got != tc.want {
				t.Errorf("genuine = %v, want %v", got, tc.want)
			}
		})
	}
}

// TestSignatureAgreesWithLibrary lets Twilio's own validator check what we compute, for forms of any characters.
func TestSignatureAgreesWithLibrary(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		f, params := form{}, map[string]string{}
		for range random.IntN(8) {
			name, value := word(random), word(random)
			f[name], params[name] = []string{value}, value
		}
		const address = "https://desk.example.com" + testPath + "?m=1"
		validator := client.NewRequestValidator(testToken)
		if !validator.Validate(address, params, signature(testToken, address+signedFields(f))) {
			t.Fatalf("Twilio's validator refuses our signature of %q", params)
		}
	}
}

func word(random *rand.Rand) string {
	letters := []rune("abAB01 +&=%é漢👍\x00\n")
	b := make([]rune, random.IntN(6))
	for i := range b {
		b[i] = letters[random.IntN(len(letters))]
	}
	return string(b)
}

// Forms of the address that Twilio may have signed while the desk is configured as public and sees uri.
func TestSignatureOfAddressForms(t *testing.T) {
	t.Parallel()
	const query = "?m=it%27s&n=a+b"
	cases := map[string]struct {
		public, uri, signed string
		want                bool
	}{
		"as configured":           {"https://d.example", testPath, "https://d.example" + testPath, true},
		"standard port signed":    {"https://d.example", testPath, "https://d.example:443" + testPath, true},
		"standard http port":      {"http://d.example", testPath, "http://d.example:80" + testPath, true},
		"port left out":           {"https://d.example:8443", testPath, "https://d.example" + testPath, true},
		"port":                    {"https://d.example:8443", testPath, "https://d.example:8443" + testPath, true},
		"IPv6":                    {"https://[2001:db8::1]", testPath, "https://[2001:db8::1]:443" + testPath, true},
		"IPv6 without its port":   {"https://[2001:db8::1]:8443", testPath, "https://[2001:db8::1]" + testPath, true},
		"query":                   {"https://d.example", testPath + query, "https://d.example" + testPath + query, true},
		"query spelled otherwise": {"https://d.example", testPath + query, "https://d.example" + testPath + "?m=it's&n=a%20b", true},
		"user information":        {"https://u:p@d.example", testPath, "https://u:p@d.example" + testPath, true},
		"below a path":            {"https://d.example/desk/", "/desk" + testPath, "https://d.example/desk" + testPath, true},
		"path taken off by proxy": {"https://d.example/desk", testPath, "https://d.example/desk" + testPath, true},
		"fragment configured":     {"https://d.example#rc=5", testPath, "https://d.example" + testPath, true},
		"other scheme":            {"https://d.example", testPath, "http://d.example" + testPath, false},
		"other port":              {"https://d.example:8443", testPath, "https://d.example:9443" + testPath, false},
		"port not configured":     {"https://d.example", testPath, "https://d.example:8443" + testPath, false},
		"query altered":           {"https://d.example", testPath + "?m=2", "https://d.example" + testPath + "?m=1", false},
		"query added":             {"https://d.example", testPath + "?m=1", "https://d.example" + testPath, false},
		"fragment signed":         {"https://d.example", testPath, "https://d.example" + testPath + "#rc=5", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			public, err := url.Parse(tc.public)
			if err != nil {
				t.Fatal(err)
			}
			r := posted(inbound(nil), tc.uri)
			r.Public = public
			r.Header.Set("Host", "attacker.example")
			r.Header.Set("X-Forwarded-Host", "attacker.example")
			r.Header.Set("X-Twilio-Signature", sign(testToken, tc.signed, inbound(nil)))
			_, err = New(Options{}).Receive(r, byNumber(model.WhatsApp), []model.Secret{testSecret})
			if (err == nil) != tc.want {
				t.Errorf("Receive: %v, want accepted = %v", err, tc.want)
			}
		})
	}
}

func TestForgeriesAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*channel.Request){
		"no signature":      func(r *channel.Request) { r.Header.Del("X-Twilio-Signature") },
		"empty signature":   func(r *channel.Request) { r.Header.Set("X-Twilio-Signature", "") },
		"wrong signature":   func(r *channel.Request) { r.Header.Set("X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=") },
		"other channel":     func(r *channel.Request) { r.URI = strings.Replace(r.URI, "7_", "8_", 1) },
		"altered body":      func(r *channel.Request) { r.Body = []byte(strings.Replace(string(r.Body), "hello", "hullo", 1)) },
		"added field":       func(r *channel.Request) { r.Body = append(r.Body, "&Extra=1"...) },
		"added empty field": func(r *channel.Request) { r.Body = append(r.Body, "&Extra="...) },
		"second value":      func(r *channel.Request) { r.Body = append(r.Body, "&Body=other"...) },
		"second value first": func(r *channel.Request) {
			r.Body = append([]byte("Body=other&"), r.Body...)
		},
		"field twice":   func(r *channel.Request) { r.Body = append(r.Body, "&Body=hello"...) },
		"field removed": func(r *channel.Request) { r.Body = []byte(strings.Replace(string(r.Body), "Body=hello&", "", 1)) },
		"added query":   func(r *channel.Request) { r.URI += "?m=1" },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := posted(inbound(nil), testPath)
			before := string(r.Body) + r.URI + r.Header.Get("X-Twilio-Signature")
			change(r)
			if string(r.Body)+r.URI+r.Header.Get("X-Twilio-Signature") == before {
				t.Fatal("the case changes nothing")
			}
			got, err := New(Options{}).Receive(r, byNumber(model.WhatsApp), []model.Secret{testSecret})
			wantRefusal(t, got, err, http.StatusForbidden, "signature")
		})
	}
}

// A bodySHA256 in the query makes Twilio's library leave the form out of what is signed, so that whoever has one
// signature of a bare address could post any form there.
func TestBodyHashDoesNotReplaceTheForm(t *testing.T) {
	t.Parallel()
	uri := testPath + "?bodySHA256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	r := posted(inbound(nil), uri)
	r.Header.Set("X-Twilio-Signature", sign(testToken, testPublic.String()+uri, nil))
	got, err := New(Options{}).Receive(r, byNumber(model.WhatsApp), []model.Secret{testSecret})
	wantRefusal(t, got, err, http.StatusForbidden, "signature")
}

// Twilio signs names and values without anything between them, so the signature holds for any cut of the same text.
func TestFieldsCutOtherwise(t *testing.T) {
	t.Parallel()
	fields := inbound(nil)
	cut := inbound(map[string]string{"NumMedia": "", "MessageSid": fields.Get("MessageSid") + "NumMedia0"})
	r := posted(fields, testPath)
	r.Body = []byte(cut.Encode())
	got, err := New(Options{}).Receive(r, byNumber(model.WhatsApp), []model.Secret{testSecret})
	wantRefusal(t, got, err, http.StatusBadRequest, "no message")
}

func TestTokenRotation(t *testing.T) {
	t.Parallel()
	const former = "fedcba9876543210fedcba9876543210"
	r := posted(inbound(nil), testPath)
	r.Header.Set("X-Twilio-Signature", sign(former, testPublic.String()+testPath, inbound(nil)))
	both := []model.Secret{testSecret, {AuthToken: former}}
	if _, err := New(Options{}).Receive(r, byNumber(model.WhatsApp), both); err != nil {
		t.Errorf("signed with the former token, both valid: %v", err)
	}
	got, err := New(Options{}).Receive(r, byNumber(model.WhatsApp), both[:1])
	wantRefusal(t, got, err, http.StatusForbidden, "signature")
}

func TestEmptyTokenSignsNothing(t *testing.T) {
	t.Parallel()
	r := posted(inbound(nil), testPath)
	r.Header.Set("X-Twilio-Signature", sign("", testPublic.String()+testPath, inbound(nil)))
	got, err := New(Options{}).Receive(r, byNumber(model.WhatsApp), []model.Secret{{AuthToken: ""}, {}, nil})
	wantRefusal(t, got, err, http.StatusForbidden, "signature")
}
