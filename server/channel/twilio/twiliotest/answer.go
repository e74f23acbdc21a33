package twiliotest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// answer is a response of the API before it is written, so that a fault can still take its place.
type answer struct {
	status      int
	contentType string
	body        []byte
	header      http.Header
}

// reply answers with a resource.
func reply(status int, resource any) answer {
	body, err := json.Marshal(resource)
	if err != nil {
		panic("twiliotest: " + err.Error())
	}
	return answer{status: status, contentType: "application/json", body: body}
}

// refuse answers with an error in the form of Twilio's "REST API error response".
func refuse(status, code int, text string) answer {
	return reply(status, struct {
		Code     int    `json:"code"`
		Message  string `json:"message"`
		MoreInfo string `json:"more_info"`
		Status   int    `json:"status"`
	}{code, text, "https://www.twilio.com/docs/errors/" + strconv.Itoa(code), status})
}

func missing(r *http.Request) answer {
	return refuse(http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found")
}

// with adds a header.
func (a answer) with(name, value string) answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
	return a
}

// write sends the answer off at once, so that what follows it can follow.
func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	w.Write(a.body)
	http.NewResponseController(w).Flush()
}

// rfc2822 is the form of dates in the API of 2010.
func rfc2822(t time.Time) string { return t.UTC().Format(time.RFC1123Z) }

// iso8601 is the form of dates in the newer APIs.
func iso8601(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// orNull turns "" into null.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
