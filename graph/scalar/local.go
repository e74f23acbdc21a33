package scalar

import (
	"encoding/json"
	"io"

	"github.com/99designs/gqlgen/graphql"

	"github.com/livedesk/livedesk/model"
)

// MarshalLocalTime writes a time on the wall.
func MarshalLocalTime(t model.LocalTime) graphql.Marshaler { return graphql.MarshalString(t.String()) }

// UnmarshalLocalTime reads a time on the wall. What is none is -1, which the desk refuses with its place in the input.
func UnmarshalLocalTime(v any) (model.LocalTime, error) {
	s, _ := v.(string)
	t, err := model.ParseLocalTime(s)
	if err != nil {
		return -1, nil
	}
	return t, nil
}

// MarshalJSON writes a value of any form.
func MarshalJSON(value json.RawMessage) graphql.Marshaler {
	if value == nil {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) { w.Write(value) })
}

// UnmarshalJSON reads a value of any form.
func UnmarshalJSON(v any) (json.RawMessage, error) { return json.Marshal(v) }
