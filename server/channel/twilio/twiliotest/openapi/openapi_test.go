package openapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest/openapi"
)

const (
	account  = "/2010-04-01/Accounts/AC00000000000000000000000000000000"
	service  = "/v1/Services/MG00000000000000000000000000000000"
	jsonType = "application/json"
)

func TestViolationsAreReported(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		method, path string
		form         url.Values
		anonymous    bool
		status       int
		answer       string
		want         string
	}{
		{"unknown path", "GET", "/v1/Nothing", nil, false, 200, "{}", "no such operation"},
		{"wrong method", "POST", account + ".json", url.Values{}, false, 200, "{}", "no such operation"},
		{"no credentials", "GET", "/v1/Services?PageSize=1", nil, true, 401, "{}", "no Basic credentials"},
		{"bad SID", "GET", "/v1/Services/MG123", nil, false, 404, "", "Sid"},
		{"unknown query", "GET", "/v1/Services?Size=1", nil, false, 404, "", `no query parameter "Size"`},
		{"bad page size", "GET", "/v1/Services?PageSize=1001", nil, false, 404, "", "PageSize"},
		{"missing parameter", "POST", account + "/Messages.json", url.Values{"Body": {"x"}}, false, 400, "", `"To"`},
		{"misspelt parameter", "POST", account + "/Messages.json", url.Values{"To": {"+1"}, "Form": {"+2"}}, false, 400, "", `no parameter "Form"`},
		{"wrong type", "POST", account + "/Messages.json", url.Values{"To": {"+1"}, "ValidityPeriod": {"soon"}}, false, 400, "", "ValidityPeriod"},
		{"error of another form", "GET", "/v1/Services", nil, false, 400, `{"error":"no"}`, "not Twilio's form"},
		{"undocumented status", "GET", service, nil, false, 202, "{}", "status 202"},
		{"missing field", "GET", service, nil, false, 200, "{}", `field "sid" is missing`},
		{"unknown field", "GET", service, nil, false, 200, `{"name":"x"}`, `no field "name"`},
		{"wrong value", "GET", service, nil, false, 200, `{"sid":"XX1"}`, "/sid"},
		{"unknown field of an item", "GET", "/v1/Services", nil, false, 200, `{"services":[{"name":"x"}]}`, `no field "services[].name"`},
	} {
		v, err := openapi.New()
		if err != nil {
			t.Fatal(err)
		}
		handler := v.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", jsonType)
			w.WriteHeader(c.status)
			w.Write([]byte(c.answer))
		}))
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.form.Encode()))
		if c.form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if !c.anonymous {
			r.SetBasicAuth("AC", "token")
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if got := strings.Join(v.Violations(), "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%s: reported %q, want %q in it", c.name, got, c.want)
		}
	}
}

func TestOtherPathsAreLeftAlone(t *testing.T) {
	t.Parallel()
	v, err := openapi.New()
	if err != nil {
		t.Fatal(err)
	}
	seen := ""
	handler := v.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen += r.URL.Path }))
	media := account + "/Messages/MM00000000000000000000000000000000/Media/ME00000000000000000000000000000000"
	for _, path := range []string{"/", "/cdn/a/b", media} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	if len(v.Violations()) != 0 || seen != "//cdn/a/b"+media {
		t.Errorf("violations %q; reached %q", v.Violations(), seen)
	}
}
