package scalar

import (
	"fmt"
	"io"

	"github.com/99designs/gqlgen/graphql"

	"github.com/livedesk/livedesk/model"
)

// noID names nothing. Ids are opaque, so a text that is none is an id of nothing: whoever sends one is told the same
// as with an unknown id, never that the form is wrong.
const noID model.ID = "00000000-0000-0000-0000-000000000000"

type idText model.ID

func (t idText) MarshalGQL(w io.Writer) {
	io.WriteString(w, `"`)
	io.WriteString(w, string(t))
	io.WriteString(w, `"`)
}

// MarshalID writes an id.
func MarshalID(id model.ID) graphql.Marshaler { return idText(id) }

// AppendID writes an id. It holds hexadecimal digits and dashes only, so nothing is escaped.
func AppendID(b []byte, id model.ID) []byte {
	b = append(b, '"')
	b = append(b, id...)
	return append(b, '"')
}

// UnmarshalID reads an id. Numbers are taken too, as the specification wants.
func UnmarshalID(v any) (model.ID, error) {
	id, err := model.ParseID(fmt.Sprint(v))
	if err != nil {
		return noID, nil
	}
	return id, nil
}
