package twilio

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// maxFields is how many fields a webhook may have. Twilio's largest, ten files from a WhatsApp advertisement, has
// about sixty.
const maxFields = 1000

// form is the body of a webhook: every value of every field, decoded and not yet cleaned, in the order they came.
type form map[string][]string

// readForm reads the body. Anything but a POST of a form is refused with 400.
func readForm(r *channel.Request) (form, *channel.Refusal) {
	if r.Method != http.MethodPost {
		return nil, malformed("Twilio called with " + clean(r.Method, 16) + ": choose HTTP POST for the webhook.")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, malformed("The request is not a form.")
	}
	if bytes.Count(r.Body, []byte("&")) >= maxFields {
		return nil, malformed("The form has too many fields.")
	}
	f := form{}
	for pair := range strings.SplitSeq(string(r.Body), "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		value, err2 := url.QueryUnescape(rawValue)
		if err != nil || err2 != nil {
			return nil, malformed("The form is not encoded correctly.")
		}
		f[name] = append(f[name], value)
	}
	return f, nil
}

func malformed(reason string) *channel.Refusal {
	return &channel.Refusal{Status: http.StatusBadRequest, Reason: reason}
}

// text returns the first value of the field, clean and at most limit bytes long; "" when there is none.
func (f form) text(name string, limit int) string {
	if len(f[name]) == 0 {
		return ""
	}
	return clean(f[name][0], limit)
}

// word returns the first value of a field that holds a name, number or id, without surrounding space.
func (f form) word(name string) string { return strings.TrimSpace(f.text(name, maxWord)) }

// first returns the first of the fields that is not empty.
func (f form) first(names ...string) string {
	for _, name := range names {
		if v := f.word(name); v != "" {
			return v
		}
	}
	return ""
}

// maxWord is where names, addresses and ids are cut, in bytes. A business-scoped user id has up to 140.
const maxWord = 1024

func clean(s string, limit int) string { return model.CleanText(s, limit) }

// raw writes the form as a JSON object that Postgres stores as jsonb: clean text only. A repeated field is an array.
func (f form) raw() json.RawMessage {
	object := make(map[string]any, len(f))
	for name, values := range f {
		cleaned := make([]string, len(values))
		for i, v := range values {
			cleaned[i] = clean(v, len(v)*3)
		}
		key := clean(name, maxWord)
		object[key] = cleaned
		if len(cleaned) == 1 {
			object[key] = cleaned[0]
		}
	}
	b, _ := json.Marshal(object) // strings always marshal
	return b
}
