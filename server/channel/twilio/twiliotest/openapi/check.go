package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

var options = &openapi3filter.Options{
	AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
		if _, _, ok := in.RequestValidationInput.Request.BasicAuth(); !ok {
			return errors.New("no Basic credentials")
		}
		return nil
	},
	MultiError: true,
}

// request checks the desk's side. It returns nil for a path that the documents do not know.
func (v *Validator) request(r *http.Request) *openapi3filter.RequestValidationInput {
	known, parameters := v.find(r)
	if known == nil {
		if !mediaContent.MatchString(r.URL.Path) {
			v.note(r, "no such operation")
		}
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.note(r, "%v", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: parameters, QueryParams: r.URL.Query(), Route: &known.Route, Options: options,
	}
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		v.note(r, "request: %v", brief(err))
	}
	v.names(r, known, body)
	return input
}

// names reports parameters that the operation does not have: Twilio ignores them, so that a slip of the pen in one
// goes unnoticed.
func (v *Validator) names(r *http.Request, known *route, body []byte) {
	for name := range r.URL.Query() {
		if known.Operation.Parameters.GetByInAndName("query", name) == nil {
			v.note(r, "request: no query parameter %q", name)
		}
	}
	form := known.form()
	values, err := url.ParseQuery(string(body))
	if form == nil || err != nil {
		return
	}
	for name := range values {
		if form.Properties[name] == nil {
			v.note(r, "request: no parameter %q", name)
		}
	}
}

func (k *route) form() *openapi3.Schema {
	if k.Operation.RequestBody == nil {
		return nil
	}
	media := k.Operation.RequestBody.Value.Content.Get("application/x-www-form-urlencoded")
	if media == nil {
		return nil
	}
	return media.Schema.Value
}

// response checks the emulator's side: an error by Twilio's form of errors, anything else by the documents.
func (v *Validator) response(r *http.Request, input *openapi3filter.RequestValidationInput, heard *recorder) {
	kind := heard.Header().Get("Content-Type")
	if heard.status >= 400 {
		if strings.HasPrefix(kind, "application/json") && !isError(heard.body.Bytes()) {
			v.note(r, "answer %d: not Twilio's form of an error: %s", heard.status, heard.body.String())
		}
		return
	}
	if input == nil {
		return
	}
	answered := input.Route.Operation.Responses.Status(heard.status)
	if answered == nil {
		v.note(r, "answer: status %d is not documented", heard.status)
		return
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: heard.status, Header: heard.Header(), Options: options,
	}
	out.SetBodyBytes(heard.body.Bytes())
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		v.note(r, "answer: %v", brief(err))
	}
	if media := answered.Value.Content.Get("application/json"); media != nil {
		v.fields(r, "", media.Schema.Value, heard.body.Bytes())
	}
}

// fields reports what the schema does not name or the answer leaves out. Twilio always writes every field.
func (v *Validator) fields(r *http.Request, at string, schema *openapi3.Schema, text []byte) {
	var object map[string]json.RawMessage
	if len(schema.Properties) == 0 || json.Unmarshal(text, &object) != nil || object == nil {
		return
	}
	for name := range object {
		if schema.Properties[name] == nil {
			v.note(r, "answer: no field %q", at+name)
		}
	}
	for name, property := range schema.Properties {
		value, there := object[name]
		if !there && at == "" {
			v.note(r, "answer: field %q is missing", name)
		}
		var items []json.RawMessage
		if property.Value.Items != nil && json.Unmarshal(value, &items) == nil && len(items) > 0 {
			v.fields(r, at+name+"[].", property.Value.Items.Value, items[0])
		}
		v.fields(r, at+name+".", property.Value, value)
	}
}

func isError(text []byte) bool {
	var e struct {
		Code     *int    `json:"code"`
		Message  *string `json:"message"`
		MoreInfo *string `json:"more_info"`
		Status   *int    `json:"status"`
	}
	return json.Unmarshal(text, &e) == nil && e.Code != nil && e.Message != nil && e.MoreInfo != nil && e.Status != nil
}

// brief is the first line of an error: what follows is the whole schema.
func brief(err error) string {
	lines := strings.SplitN(err.Error(), "\nSchema:", 2)
	return strings.TrimSpace(lines[0])
}
