package cloudapi

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// tree is a part of a webhook or of an answer, read by name. What is absent, or of another type than expected, is empty:
// Meta adds and changes fields without notice, and one that surprises must not keep out a customer's message. All texts in
// it are clean, so that any part of it can be stored as jsonb.
type tree struct{ value any }

// maxDepth is how deep a payload is read. Meta's have about ten levels.
const maxDepth = 64

// parse reads one JSON value and nothing after it.
func parse(text []byte) (tree, bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return tree{}, false
	}
	if _, err := decoder.Token(); err != io.EOF {
		return tree{}, false
	}
	return tree{cleaned(value, maxDepth)}, true
}

func cleaned(value any, depth int) any {
	if depth == 0 {
		return nil
	}
	switch v := value.(type) {
	case string:
		return clean(v, len(v)*3)
	case json.Number:
		return plainNumber(v)
	case []any:
		for i := range v {
			v[i] = cleaned(v[i], depth-1)
		}
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, part := range v {
			object[clean(name, maxWord)] = cleaned(part, depth-1)
		}
		return object
	}
	return value
}

// plainNumber keeps a number that every database takes; what is larger, or has an exponent, becomes a text.
func plainNumber(n json.Number) any {
	if len(n) > 40 || strings.ContainsAny(string(n), "eE") {
		return clean(string(n), maxWord)
	}
	return n
}

// at goes down by the names.
func (t tree) at(names ...string) tree {
	for _, name := range names {
		object, _ := t.value.(map[string]any)
		t = tree{object[name]}
	}
	return t
}

// list are the elements of an array.
func (t tree) list() []tree {
	values, _ := t.value.([]any)
	parts := make([]tree, len(values))
	for i, v := range values {
		parts[i] = tree{v}
	}
	return parts
}

func (t tree) isObject() bool {
	_, ok := t.value.(map[string]any)
	return ok
}

// text is a string, or a number or truth value as it is written, of at most limit bytes.
func (t tree) text(limit int) string {
	switch v := t.value.(type) {
	case string:
		return clean(v, limit)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// word is a name, number or id, without surrounding space.
func (t tree) word() string { return strings.TrimSpace(t.text(maxWord)) }

func (t tree) number() (float64, bool) {
	n, err := strconv.ParseFloat(t.word(), 64)
	return n, err == nil
}

func (t tree) isTrue() bool { return t.word() == "true" }

// raw is the tree as JSON.
func (t tree) raw() json.RawMessage {
	text, _ := json.Marshal(t.value) // what was parsed always marshals
	return text
}

// maxWord is where names, addresses and ids are cut, in bytes.
const maxWord = 1024

func clean(s string, limit int) string { return model.CleanText(s, limit) }
