package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
	"github.com/vektah/gqlparser/v2/ast"
)

const (
	asJSON     = "application/json; charset=utf-8"
	asResponse = "application/graphql-response+json; charset=utf-8"
)

// newHandler wires gqlgen as graph does.
func newHandler(root *testschema.Root, transports ...graphql.Transport) *handler.Server {
	server := handler.New(testschema.NewExecutableSchema(testschema.Config{Resolvers: root}))
	for _, t := range transports {
		server.AddTransport(t)
	}
	server.SetQueryCache(lru.New[*ast.QueryDocument](100))
	server.SetParserTokenLimit(1000)
	server.Use(extension.Introspection{})
	server.Use(new(transport.OneOf))
	server.SetRecoverFunc(func(context.Context, any) error { return errors.New("internal system error") })
	return server
}

func do(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(query string) string { return "/graphql?query=" + url.QueryEscape(query) }

func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	const (
		contentType = "Content-Type"
		accept      = "Accept"
		plain       = "application/json"
		response    = "application/graphql-response+json"
	)
	cases := []struct {
		name         string
		method       string
		target       string
		body         string
		headers      []string
		status       int
		media        string
		want         string
		allow        string
		onlyContains bool
	}{
		{name: "query", method: "POST", body: `{"query":"{ping}"}`, headers: []string{contentType, plain},
			status: 200, media: asJSON, want: `{"data":{"ping":"pong"}}`},
		{name: "query as response", method: "POST", body: `{"query":"{ping}"}`, headers: []string{contentType, plain, accept, response},
			status: 200, media: asResponse, want: `{"data":{"ping":"pong"}}`},
		{name: "get", method: "GET", target: get("{ping}"), status: 200, media: asJSON, want: `{"data":{"ping":"pong"}}`},
		{name: "get with variables", method: "GET", target: get("query($t:String!){echo(text:$t)}") + "&variables=" + url.QueryEscape(`{"t":"é"}`),
			status: 200, media: asJSON, want: `{"data":{"echo":"é"}}`},
		{name: "get with broken variables", method: "GET", target: get("{ping}") + "&variables=x",
			status: 400, media: asJSON, want: `{"errors":[{"message":"variables is not a JSON object"}]}`},
		{name: "get without query", method: "GET", target: "/graphql", status: 400, media: asJSON,
			want: `{"errors":[{"message":"the request has no query"}]}`},
		{name: "mutation", method: "POST", body: `{"query":"mutation{say(room:\"a\",text:\"hi\"){text}}"}`, headers: []string{contentType, plain},
			status: 200, media: asJSON, want: `{"data":{"say":{"text":"hi"}}}`},
		{name: "mutation by get", method: "GET", target: get(`mutation{say(room:"a",text:"hi"){text}}`), status: 405, media: asJSON, allow: "POST",
			want: `{"errors":[{"message":"a mutation cannot be sent by GET"}]}`},
		{name: "subscription by post", method: "POST", body: `{"query":"subscription{count(to:1)}"}`, headers: []string{contentType, plain},
			status: 405, media: asJSON, want: `{"errors":[{"message":"a subscription cannot be sent by POST"}]}`},
		{name: "subscription by get", method: "GET", target: get("subscription{count(to:1)}"), status: 405, media: asJSON,
			want: `{"errors":[{"message":"a subscription cannot be sent by GET"}]}`},
		{name: "other method", method: "PUT", body: `{"query":"{ping}"}`, headers: []string{contentType, plain}, status: 405, media: asJSON,
			allow: "GET, POST", want: `{"errors":[{"message":"GraphQL is served by GET and POST"}]}`},
		{name: "unacceptable", method: "POST", body: `{"query":"{ping}"}`, headers: []string{contentType, plain, accept, "text/html"}, status: 406,
			media: asJSON, want: `{"errors":[{"message":"answers are application/json or application/graphql-response+json"}]}`},
		{name: "form", method: "POST", body: "query={ping}", headers: []string{contentType, "application/x-www-form-urlencoded"}, status: 415,
			media: asJSON, want: `{"errors":[{"message":"a request is application/json in UTF-8"}]}`},
		{name: "latin1", method: "POST", body: `{"query":"{ping}"}`, headers: []string{contentType, "application/json; charset=latin1"},
			status: 415, media: asJSON, want: `{"errors":[{"message":"a request is application/json in UTF-8"}]}`},
		{name: "no content type", method: "POST", body: `{"query":"{ping}"}`, status: 415, media: asJSON,
			want: `{"errors":[{"message":"a request is application/json in UTF-8"}]}`},
		{name: "batch", method: "POST", body: `[{"query":"{ping}"}]`, headers: []string{contentType, plain}, status: 400, media: asJSON,
			want: `{"errors":[{"message":"the request is not a JSON object with a query"}]}`},
		{name: "broken JSON is not echoed", method: "POST", body: `{"query":"secret`, headers: []string{contentType, plain}, status: 400,
			media: asJSON, want: `{"errors":[{"message":"the request is not a JSON object with a query"}]}`},
		{name: "variables as text", method: "POST", body: `{"query":"{ping}","variables":"secret"}`, headers: []string{contentType, plain},
			status: 400, media: asJSON, want: `{"errors":[{"message":"variables is not a JSON object"}]}`},
		{name: "body at the limit", method: "POST", body: padded(`{"query":"{ping}"`, 64<<10), headers: []string{contentType, plain}, status: 200,
			media: asJSON, want: `{"data":{"ping":"pong"}}`},
		{name: "body beyond the limit", method: "POST", body: padded(`{"query":"{ping}"`, 64<<10+1), headers: []string{contentType, plain},
			status: 413, media: asJSON, want: `{"errors":[{"message":"the body is longer than 65536 bytes"}]}`},
		{name: "document at the limit", method: "POST", body: `{"query":"` + padding("{ping}", 16<<10) + `"}`, headers: []string{contentType, plain},
			status: 200, media: asJSON, want: `{"data":{"ping":"pong"}}`},
		{name: "document beyond the limit", method: "POST", body: `{"query":"` + padding("{ping}", 16<<10+1) + `"}`,
			headers: []string{contentType, plain}, status: 413, media: asJSON, want: `{"errors":[{"message":"the document is longer than 16384 bytes"}]}`},
		{name: "document that does not parse", method: "POST", body: `{"query":"{"}`, headers: []string{contentType, plain, accept, plain},
			status: 200, media: asJSON, want: `{"errors":[`, onlyContains: true},
		{name: "the same as response", method: "POST", body: `{"query":"{"}`, headers: []string{contentType, plain, accept, response},
			status: 400, media: asResponse, want: `{"errors":[`, onlyContains: true},
		{name: "failed field", method: "POST", body: `{"query":"{fails}"}`, headers: []string{contentType, plain, accept, response},
			status: 200, media: asResponse, want: `{"errors":[{"message":"the pump is dry","path":["fails"],"locations":[{"line":1,"column":2}]}],"data":null}`},
	}
	h := newHandler(&testschema.Root{}, transport.HTTP{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			target := c.target
			if target == "" {
				target = "/graphql"
			}
			w := do(h, c.method, target, c.body, c.headers...)
			if w.Code != c.status || w.Header().Get("Content-Type") != c.media || w.Header().Get("Allow") != c.allow {
				t.Errorf("got %d %q, Allow %q; want %d %q, Allow %q",
					w.Code, w.Header().Get("Content-Type"), w.Header().Get("Allow"), c.status, c.media, c.allow)
			}
			got := w.Body.String()
			if got != c.want && !(c.onlyContains && strings.HasPrefix(got, c.want)) {
				t.Errorf("got body %s, want %s", got, c.want)
			}
			if strings.Contains(got, "secret") || c.onlyContains && strings.Contains(got, `"data"`) {
				t.Errorf("the body holds what it must not: %s", got)
			}
		})
	}
}

// Who may send more is taken more from, and nobody less than is usual.
func TestHTTPTakesLongBodiesOfSome(t *testing.T) {
	t.Parallel()
	h := newHandler(&testschema.Root{}, transport.HTTP{Allow: func(r *http.Request) int64 {
		n, _ := strconv.ParseInt(r.Header.Get("X-Allow"), 10, 64)
		return n
	}})
	for _, c := range []struct {
		allow  string
		size   int
		status int
	}{{"", 64 << 10, 200}, {"", 64<<10 + 1, 413}, {"1", 64 << 10, 200}, {"100000", 100_000, 200}, {"100000", 100_001, 413}} {
		w := do(h, "POST", "/graphql", padded(`{"query":"{ping}"`, c.size), "Content-Type", "application/json", "X-Allow", c.allow)
		if w.Code != c.status {
			t.Errorf("%d bytes with %q allowed give %d %s, want %d", c.size, c.allow, w.Code, w.Body, c.status)
		}
	}
}

// padded closes a JSON object after enough blanks to make it size bytes long.
func padded(open string, size int) string {
	return open + strings.Repeat(" ", size-len(open)-1) + "}"
}

func padding(text string, size int) string {
	return text + strings.Repeat(" ", size-len(text))
}

func TestHTTPLeavesAClientThatLeft(t *testing.T) {
	t.Parallel()
	h := newHandler(&testschema.Root{}, transport.HTTP{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "GET", get("{ping}"), nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Body.Len() != 0 {
		t.Errorf("wrote %q to nobody", w.Body)
	}
}

func TestHTTPSaysThatTimeIsUp(t *testing.T) {
	t.Parallel()
	h := newHandler(&testschema.Root{}, transport.HTTP{})
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", get("{ping}"), nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("got %d %s, want 503", w.Code, w.Body)
	}
}

func TestHTTPRefusesABodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	h := newHandler(&testschema.Root{}, transport.HTTP{})
	r := httptest.NewRequest("POST", "/graphql", io.MultiReader(strings.NewReader(`{"query":`), brokenReader{}))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "reset") {
		t.Errorf("got %d %s, want 400 without the cause", w.Code, w.Body)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }
