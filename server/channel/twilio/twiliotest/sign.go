package twiliotest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Sign makes the value of X-Twilio-Signature: base64 of the HMAC-SHA1, keyed with the auth token, of the address as
// configured and then each parameter's name and value, sorted by name. A fragment is not signed. Values of a repeated
// name count once each, sorted. (Twilio's documentation "Security", and its Node library for repeated names.)
func Sign(authToken, address string, form url.Values) string {
	signed, _, _ := strings.Cut(address, "#")
	mac := hmac.New(sha1.New, []byte(authToken))
	mac.Write([]byte(signed))
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range distinct(form[name]) {
			mac.Write([]byte(name))
			mac.Write([]byte(value))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func distinct(values []string) []string {
	if len(values) < 2 {
		return values
	}
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}

// SignedForm makes the body of a webhook and its signature, for tests and benchmarks that post by themselves.
func SignedForm(authToken, address string, form url.Values) (body, signature string) {
	return form.Encode(), Sign(authToken, address, form)
}

// SignedRequest makes a whole webhook request for a client or, with an address of the handler, for ServeHTTP.
func SignedRequest(authToken, address string, form url.Values) (*http.Request, error) {
	body, signature := SignedForm(authToken, address, form)
	bare, _, _ := strings.Cut(address, "#")
	r, err := http.NewRequest(http.MethodPost, bare, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", formType)
	r.Header.Set("X-Twilio-Signature", signature)
	r.Header.Set("User-Agent", userAgent)
	return r, nil
}

const (
	formType  = "application/x-www-form-urlencoded; charset=UTF-8"
	userAgent = "TwilioProxy/1.1"
)
