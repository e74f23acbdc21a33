package scalar_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/livedesk/livedesk/graph/scalar"
	"github.com/livedesk/livedesk/model"
)

func written(m graphql.Marshaler) string {
	var b strings.Builder
	m.MarshalGQL(&b)
	return b.String()
}

func TestIDs(t *testing.T) {
	t.Parallel()
	id := model.NewID(model.KindContact)
	if got := written(scalar.MarshalID(id)); got != `"`+string(id)+`"` {
		t.Errorf("%s is written as %s", id, got)
	}
	if got, err := scalar.UnmarshalID(strings.ToUpper(string(id))); err != nil || got != id {
		t.Errorf("%s in capitals is read as %q, %v", id, got, err)
	}
	for _, none := range []any{"", "x", json.Number("1"), int64(1), nil, strings.Repeat("0", 36)} {
		if got, err := scalar.UnmarshalID(none); err != nil || got == "" || got.Kind() != 0 {
			t.Errorf("%v is read as %q, %v", none, got, err)
		}
	}
}

func TestInts(t *testing.T) {
	t.Parallel()
	for given, want := range map[any]int{int64(-5): -5, json.Number("2147483647"): 2147483647, json.Number("-2147483648"): -2147483648} {
		if got, err := scalar.UnmarshalInt(given); err != nil || got != want {
			t.Errorf("%v is read as %d, %v", given, got, err)
		}
	}
	for _, given := range []any{int64(2147483648), json.Number("-2147483649"), json.Number("1.5"), json.Number("1e3"), "1", true, nil} {
		if got, err := scalar.UnmarshalInt(given); model.CodeOf(err) != model.Invalid {
			t.Errorf("%v is read as %d, %v", given, got, err)
		}
	}
	if got := written(scalar.MarshalInt64(1 << 40)); got != "2147483647" {
		t.Errorf("2^40 is written as %s", got)
	}
}

func TestStringsAreCleaned(t *testing.T) {
	t.Parallel()
	if got, err := scalar.UnmarshalString("a\x00b\xffc"); err != nil || got != "ab\uFFFDc" {
		t.Errorf("read as %q, %v", got, err)
	}
	if _, err := scalar.UnmarshalString(json.Number("1")); model.CodeOf(err) != model.Invalid {
		t.Errorf("a number is a text: %v", err)
	}
}

func TestMoments(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 18, 30, 0, 125_000_000, time.FixedZone("", 9*3600))
	if got := written(scalar.MarshalDateTime(at)); got != `"2026-11-23T09:30:00.125Z"` {
		t.Errorf("%v is written as %s", at, got)
	}
	if got, err := scalar.UnmarshalDateTime("2026-11-23T18:30:00.125+09:00"); err != nil || !got.Equal(at) {
		t.Errorf("read as %v, %v", got, err)
	}
	for _, given := range []any{"", "2026-11-23", "2026-11-23T09:30:00", "tomorrow", json.Number("1"), nil} {
		if got, err := scalar.UnmarshalDateTime(given); model.CodeOf(err) != model.Invalid {
			t.Errorf("%v is read as %v, %v", given, got, err)
		}
	}
}

func TestNoPhoneNumberIsNull(t *testing.T) {
	t.Parallel()
	if got := written(scalar.MarshalPhoneNumber("")); got != "null" {
		t.Errorf("no number is written as %s", got)
	}
}
