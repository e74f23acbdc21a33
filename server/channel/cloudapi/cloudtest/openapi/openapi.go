// Package openapi holds the requests of the provider against Meta's own OpenAPI document. Tests put Around around the
// fake of the Graph API. It is for tests only: the program must not link it.
//
// The document in testdata is cut from github.com/facebook/openapi (MIT License) by internal/trim.
package openapi

//go:generate go run ../internal/trim testdata

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

//go:embed testdata/business-messaging-api_v23.0.json
var document []byte

// route is one operation with the expression that its paths match.
type route struct {
	method string
	path   *regexp.Regexp
	names  []string
	routers.Route
}

// operations are those of the document. Reading it takes longer than most tests, and nobody changes it.
var operations = sync.OnceValues(func() ([]*route, error) {
	t, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("read Meta's document: %w", err)
	}
	var routes []*route
	for path, item := range t.Paths.Map() {
		for method, operation := range item.Operations() {
			r := &route{method: method, Route: routers.Route{Spec: t, Server: t.Servers[0], Path: path, PathItem: item, Method: method, Operation: operation}}
			quoted := parameter.ReplaceAllStringFunc(path, func(name string) string {
				r.names = append(r.names, strings.Trim(name, "{}"))
				return `([^/]+)`
			})
			r.path = regexp.MustCompile("^" + quoted + "$")
			routes = append(routes, r)
		}
	}
	return routes, nil
})

var parameter = regexp.MustCompile(`\{[^}]+\}`)

// Around wraps the handler and fails the test for each request that Meta's document does not allow. Files, which lie on
// another host at Meta, are left alone.
func Around(tb testing.TB, next http.Handler) http.Handler {
	tb.Helper()
	var mu sync.Mutex
	var violations []string
	tb.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, v := range violations {
			tb.Errorf("Meta's OpenAPI: %s", v)
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/files/") {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = Check(r, body)
			}
			if err != nil {
				mu.Lock()
				violations = append(violations, r.Method+" "+r.URL.Path+": "+err.Error())
				mu.Unlock()
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		next.ServeHTTP(w, r)
	})
}

// Check holds one request against the document.
func Check(r *http.Request, body []byte) error {
	routes, err := operations()
	if err != nil {
		return err
	}
	var last error = fmt.Errorf("no such operation")
	for _, known := range routes {
		values := known.path.FindStringSubmatch(r.URL.Path)
		if values == nil || known.method != r.Method {
			continue
		}
		if last = known.check(r, body, values[1:]); last == nil {
			return nil // a node of the graph is a number or a file; only the query tells
		}
	}
	return last
}

func (k *route) check(r *http.Request, body []byte, values []string) error {
	parameters := map[string]string{}
	for i, name := range k.names {
		parameters[name] = values[i]
	}
	query := r.URL.Query()
	for name := range query {
		if name != "appsecret_proof" && k.Operation.Parameters.GetByInAndName("query", name) == nil { // the proof is for every call
			return fmt.Errorf("no query parameter %q", name)
		}
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{Request: again, PathParams: parameters,
		QueryParams: query, Route: &k.Route, Options: options})
	if err != nil {
		return fmt.Errorf("%s", strings.SplitN(err.Error(), "\nSchema:", 2)[0]) // what follows is the whole schema
	}
	return nil
}

var options = &openapi3filter.Options{
	AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
		if !strings.HasPrefix(in.RequestValidationInput.Request.Header.Get("Authorization"), "Bearer ") {
			return fmt.Errorf("no access token")
		}
		return nil
	},
}
