package transport

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"
)

// HTTP is GraphQL over HTTP: queries by GET or POST, mutations by POST. Subscriptions need the websocket.
// It passes every audit of npm graphql-http. The zero value has the usual limits.
type HTTP struct {
	BodyLimit     int64 // bytes of a POST body, 64 KB when zero; more is answered 413
	DocumentLimit int   // bytes of a document, 16 KB when zero; more is answered 413

	// Allow raises the BodyLimit for whoever sends the request: bytes, or 0. It may be nil.
	Allow func(*http.Request) int64
}

var _ graphql.Transport = HTTP{}

// Supports takes every request but a websocket handshake, so that whatever is wrong is said in GraphQL's form.
func (h HTTP) Supports(r *http.Request) bool { return !websocket.IsWebSocketUpgrade(r) }

// Do answers one request.
func (h HTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	w.Header().Add("Vary", "Accept")
	a := answer{w: w, media: negotiate(r.Header.Values("Accept"))}
	if a.media == "" {
		a.media = mediaJSON
		a.refuse(http.StatusNotAcceptable, "answers are application/json or application/graphql-response+json")
		return
	}
	start := graphql.Now()
	req, refused := h.read(w, r)
	if refused != nil {
		a.refuse(refused.status, refused.text)
		return
	}
	h.execute(&a, r, exec, req.params(r.Header, start))
}

func (h HTTP) execute(a *answer, r *http.Request, exec graphql.GraphExecutor, params *graphql.RawParams) {
	ctx := r.Context()
	op, errs := exec.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		a.send(exec.DispatchError(graphql.WithOperationContext(ctx, op), errs))
		return
	}
	if allow, ok := allowed(op.Operation.Operation, r.Method); !ok {
		a.w.Header().Set("Allow", allow)
		a.refuse(http.StatusMethodNotAllowed, "a "+string(op.Operation.Operation)+" cannot be sent by "+r.Method)
		return
	}
	next, ctx := exec.DispatchOperation(ctx, op)
	a.result(ctx, next(ctx))
}

// allowed gives the methods for a kind of operation; a subscription has none here.
func allowed(kind ast.Operation, method string) (allow string, ok bool) {
	switch kind {
	case ast.Query:
		return "GET, POST", true
	case ast.Mutation:
		return "POST", method == http.MethodPost
	}
	return "", false
}

type refusal struct {
	status int
	text   string
}

func (h HTTP) read(w http.ResponseWriter, r *http.Request) (request, *refusal) {
	req, refused := request{}, (*refusal)(nil)
	switch r.Method {
	case http.MethodGet:
		req, refused = readQuery(r)
	case http.MethodPost:
		req, refused = h.readBody(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		return req, &refusal{http.StatusMethodNotAllowed, "GraphQL is served by GET and POST"}
	}
	if limit := cmp.Or(h.DocumentLimit, defaultDocumentLimit); refused == nil && len(req.query) > limit {
		refused = &refusal{http.StatusRequestEntityTooLarge, documentTooLong(limit)}
	}
	return req, refused
}

func readQuery(r *http.Request) (request, *refusal) {
	query := r.URL.Query()
	req := request{query: query.Get("query"), operationName: query.Get("operationName")}
	var err error
	if req.variables, err = jsonParameter(query.Get("variables")); err != nil {
		return req, &refusal{http.StatusBadRequest, errNotVariables.Error()}
	}
	if req.extensions, err = jsonParameter(query.Get("extensions")); err != nil {
		return req, &refusal{http.StatusBadRequest, errNotExtensions.Error()}
	}
	if err := req.check(); err != nil {
		return req, &refusal{http.StatusBadRequest, err.Error()}
	}
	return req, nil
}

func (h HTTP) readBody(w http.ResponseWriter, r *http.Request) (request, *refusal) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != mediaJSON || !isUTF8(params) {
		return request{}, &refusal{http.StatusUnsupportedMediaType, "a request is application/json in UTF-8"}
	}
	limit := cmp.Or(h.BodyLimit, defaultBodyLimit)
	if h.Allow != nil {
		limit = max(limit, h.Allow(r))
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return request{}, &refusal{http.StatusRequestEntityTooLarge, "the body is longer than " + strconv.FormatInt(limit, 10) + " bytes"}
	}
	if err != nil {
		return request{}, &refusal{http.StatusBadRequest, "the body did not arrive whole"}
	}
	req, err := decodeRequest(body)
	if err != nil {
		return req, &refusal{http.StatusBadRequest, err.Error()}
	}
	return req, nil
}
