package scalar

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/livedesk/livedesk/model"
)

func text(m graphql.Marshaler) string {
	var b strings.Builder
	m.MarshalGQL(&b)
	return b.String()
}

func TestAnIdThatIsNoneNamesNothing(t *testing.T) {
	t.Parallel()
	good := model.NewID(model.KindMessage)
	for _, v := range []any{"nonsense", "", json.Number("1"), "'; --"} {
		if id, err := UnmarshalID(v); err != nil || id != noID {
			t.Errorf("%v is %s, %v", v, id, err)
		}
	}
	if id, err := UnmarshalID(string(good)); err != nil || id != good || text(MarshalID(good)) != `"`+string(good)+`"` {
		t.Errorf("%s is %s, %v", good, id, err)
	}
}

func TestTextsCanBeStored(t *testing.T) {
	t.Parallel()
	s, err := UnmarshalString("a\x00b\xff👍")
	if err != nil || s != "ab\uFFFD👍" {
		t.Errorf("%q, %v", s, err)
	}
	if _, err := UnmarshalString(1); model.CodeOf(err) != model.Invalid {
		t.Error(err)
	}
}

func TestNumbersHaveThirtyTwoBits(t *testing.T) {
	t.Parallel()
	for v, good := range map[json.Number]bool{"2147483647": true, "-2147483648": true, "2147483648": false, "1.5": false, "1e3": false} {
		if _, err := UnmarshalInt(v); (err == nil) != good {
			t.Errorf("%s: %v", v, err)
		}
	}
	if got := text(MarshalInt64(1 << 40)); got != "2147483647" {
		t.Errorf("a number that is too large is written as %s", got)
	}
}

func TestMomentsAreWrittenInUTC(t *testing.T) {
	t.Parallel()
	at, err := UnmarshalDateTime("2026-11-23T18:30:00.125+09:00")
	if err != nil || text(MarshalDateTime(at)) != `"2026-11-23T09:30:00.125Z"` {
		t.Errorf("%s, %v", at, err)
	}
	for _, v := range []any{"2026-11-23", "2026-11-23T09:30:00", 5, "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z"} {
		if at, err := UnmarshalDateTime(v); model.CodeOf(err) != model.Invalid {
			t.Errorf("%v is %s, %v", v, at.Format(time.RFC3339), err)
		}
	}
}

func TestNoPhoneNumberIsNull(t *testing.T) {
	t.Parallel()
	if got := text(MarshalPhoneNumber("")); got != "null" {
		t.Errorf("no number is written as %s", got)
	}
}
