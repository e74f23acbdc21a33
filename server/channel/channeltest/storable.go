package channeltest

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// CheckStorable asks that what came out of a webhook can be stored: no NUL, no invalid UTF-8, an id, a sender and a kind,
// and a request that is a JSON object.
func CheckStorable(t testing.TB, got *channel.Received) {
	t.Helper()
	walk(t, reflect.ValueOf(*got))
	for _, m := range got.Messages {
		checkRaw(t, m.Raw)
		if m.ExternalID == "" || len(m.Addresses) == 0 || m.Addresses[0] == "" || m.Kind == "" || m.At.IsZero() || len(m.Media) > model.MaxAttachments || len(m.Text) > model.MaxIncomingText {
			t.Errorf("incomplete message %+v", m)
		}
		if _, err := json.Marshal(m.Data); err != nil {
			t.Errorf("data %+v: %v", m.Data, err)
		}
	}
	for _, s := range got.Statuses {
		checkRaw(t, s.Raw)
		if s.ExternalID == "" || s.Status == "" {
			t.Errorf("incomplete report %+v", s)
		}
	}
}

func checkRaw(t testing.TB, raw json.RawMessage) {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Errorf("raw request %q: %v", raw, err)
	}
	walk(t, reflect.ValueOf(fields))
}

// walk looks at every string within v.
func walk(t testing.TB, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
			t.Errorf("%q cannot be stored", s)
		}
	case reflect.Struct:
		if v.Type().PkgPath() != "time" {
			for i := range v.NumField() {
				walk(t, v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(t, v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			walk(t, k)
			walk(t, v.MapIndex(k))
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(t, v.Elem())
		}
	}
}
