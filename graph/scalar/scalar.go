package scalar

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/livedesk/livedesk/model"
)

// MarshalString writes a text.
func MarshalString(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// AppendString writes a text, escaped as MarshalString does.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '\\' && c != '"' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '\t':
			b = append(b, `\t`...)
		case '\r':
			b = append(b, `\r`...)
		case '\n':
			b = append(b, `\n`...)
		case '\\', '"':
			b = append(b, '\\', c)
		default:
			const hex = "0123456789ABCDEF"
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&0xf])
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// UnmarshalString reads a text without the characters that a database cannot hold.
func UnmarshalString(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", model.Refuse(model.Invalid, "A text is a string.")
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD"), nil
}

// MarshalInt writes a number.
func MarshalInt(n int) graphql.Marshaler { return MarshalInt64(int64(n)) }

// UnmarshalInt reads a number of 32 bits, as wide as GraphQL's Int is.
func UnmarshalInt(v any) (int, error) {
	n, err := UnmarshalInt64(v)
	return int(n), err
}

type intText int64

func (n intText) MarshalGQL(w io.Writer) {
	var b [20]byte
	w.Write(strconv.AppendInt(b[:0], int64(n), 10))
}

// MarshalInt64 writes a number, at most the largest that GraphQL's Int can be.
func MarshalInt64(n int64) graphql.Marshaler { return intText(min(n, math.MaxInt32)) }

// UnmarshalInt64 reads a number of 32 bits, as wide as GraphQL's Int is.
func UnmarshalInt64(v any) (int64, error) {
	n, err := wholeNumber(v)
	if err != nil || n < math.MinInt32 || n > math.MaxInt32 {
		return 0, model.Refuse(model.Invalid, "An Int is a whole number of 32 bits.")
	}
	return n, nil
}

func wholeNumber(v any) (int64, error) {
	switch n := v.(type) {
	case int64:
		return n, nil
	case int:
		return int64(n), nil
	case json.Number:
		return n.Int64()
	}
	return 0, strconv.ErrSyntax
}

type timeText time.Time

func (t timeText) MarshalGQL(w io.Writer) {
	w.Write(AppendDateTime(make([]byte, 0, len(time.RFC3339Nano)+2), time.Time(t)))
}

// AppendDateTime writes a moment in UTC.
func AppendDateTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// MarshalDateTime writes a moment in UTC.
func MarshalDateTime(t time.Time) graphql.Marshaler { return timeText(t) }

// UnmarshalDateTime reads a moment in RFC 3339 with offset.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, model.Refuse(model.Invalid, "A moment is RFC 3339 with offset, such as \"2026-11-23T09:30:00Z\".")
	}
	return t, nil
}

// MarshalPhoneNumber writes a number, and null when there is none.
func MarshalPhoneNumber(s string) graphql.Marshaler {
	if s == "" {
		return graphql.Null
	}
	return graphql.MarshalString(s)
}

// UnmarshalPhoneNumber reads a number as it stands; the desk checks it.
func UnmarshalPhoneNumber(v any) (string, error) { return UnmarshalString(v) }
