package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// Limits on what a client may send, used where a transport's own field is zero.
const (
	defaultBodyLimit     = 64 << 10 // bytes of an HTTP body or a websocket message
	defaultDocumentLimit = 16 << 10 // bytes of a document: it is a key of gqlgen's query cache
)

// request is an operation as it arrives, in the same form over HTTP and graphql-transport-ws.
// Variables stay undecoded because validation changes decoded ones in place and a request can run more than once.
type request struct {
	query         string
	operationName string
	variables     json.RawMessage
	extensions    json.RawMessage
}

var (
	errNotJSON       = errors.New("the request is not a JSON object with a query")
	errQueryMissing  = errors.New("the request has no query")
	errNotVariables  = errors.New("variables is not a JSON object")
	errNotExtensions = errors.New("extensions is not a JSON object")
)

// decodeRequest reads the JSON form. Its errors say nothing of what the client sent, so that no body is echoed.
func decodeRequest(body []byte) (request, error) {
	var form struct {
		Query         *string         `json:"query"`
		OperationName *string         `json:"operationName"`
		Variables     json.RawMessage `json:"variables"`
		Extensions    json.RawMessage `json:"extensions"`
	}
	if err := json.Unmarshal(body, &form); err != nil {
		return request{}, errNotJSON
	}
	r := request{variables: form.Variables, extensions: form.Extensions}
	if form.Query != nil {
		r.query = *form.Query
	}
	if form.OperationName != nil {
		r.operationName = *form.OperationName
	}
	return r, r.check()
}

func (r request) check() error {
	if !isObjectOrNull(r.variables) {
		return errNotVariables
	}
	if !isObjectOrNull(r.extensions) {
		return errNotExtensions
	}
	if r.query == "" && !r.isPersisted() {
		return errQueryMissing
	}
	return nil
}

// isPersisted tells that the document is named by its hash, as automatic persisted queries do.
func (r request) isPersisted() bool {
	var extensions struct {
		PersistedQuery json.RawMessage `json:"persistedQuery"`
	}
	return json.Unmarshal(r.extensions, &extensions) == nil && extensions.PersistedQuery != nil
}

// params decodes the request for one execution.
func (r request) params(headers http.Header, start time.Time) *graphql.RawParams {
	return &graphql.RawParams{
		Query:         r.query,
		OperationName: r.operationName,
		Variables:     decodeObject(r.variables),
		Extensions:    decodeObject(r.extensions),
		Headers:       headers,
		ReadTime:      graphql.TraceTiming{Start: start, End: graphql.Now()},
	}
}

// decodeObject keeps numbers as they were written: an ID or a Long must not pass through a float.
// The raw JSON was checked when the request arrived, so an error means null.
func decodeObject(raw json.RawMessage) map[string]any {
	if len(raw) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil
	}
	return object
}

// isObjectOrNull looks at the first byte of a value already known to be JSON, or absent.
func isObjectOrNull(raw json.RawMessage) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	return len(raw) == 0 || raw[0] == '{' || raw[0] == 'n'
}

func documentTooLong(limit int) string {
	return fmt.Sprintf("the document is longer than %d bytes", limit)
}

// jsonParameter reads a query parameter that holds JSON; none is null.
func jsonParameter(value string) (json.RawMessage, error) {
	if value == "" {
		return nil, nil
	}
	if !json.Valid([]byte(value)) {
		return nil, errNotJSON
	}
	return json.RawMessage(value), nil
}
