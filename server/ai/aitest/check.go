package aitest

import (
	"fmt"
	"net/http"
	"strings"
)

// check refuses what OpenAI refuses, in its order: the place, the key, the JSON, the model, the values.
func (e *Endpoint) check(r *http.Request, q Request, malformed error) *refusal {
	if bad := e.checkPlace(r); bad != nil {
		return bad
	}
	if bad := e.checkKey(r); bad != nil {
		return bad
	}
	if malformed != nil {
		return invalid("", "", "We could not parse the JSON body of your request: "+malformed.Error())
	}
	m, ok := e.model(e.named(q))
	if !ok {
		return e.unknownModel(e.named(q))
	}
	return checkChat(m, q.Chat)
}

// named is the model that the request is for.
func (e *Endpoint) named(q Request) string {
	if e.options.Azure {
		return strings.TrimSuffix(strings.TrimPrefix(q.Path, azurePrefix), pathEnd)
	}
	return q.Chat.Model
}

const (
	azurePrefix = "/openai/deployments/"
	pathEnd     = "/chat/completions"
)

func (e *Endpoint) checkPlace(r *http.Request) *refusal {
	path := r.URL.Path
	found := path == "/v1"+pathEnd
	if e.options.Azure {
		found = strings.HasPrefix(path, azurePrefix) && strings.HasSuffix(path, pathEnd) && r.URL.Query().Get("api-version") != ""
	}
	switch {
	case !found:
		return refuse(http.StatusNotFound, "invalid_request_error", "", "", fmt.Sprintf("Invalid URL (%s %s)", r.Method, path))
	case r.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "invalid_request_error", "", "method_not_supported", "Not allowed to "+r.Method+" on "+path+".")
	}
	return nil
}

// checkKey repeats a wrong key in the error, as OpenAI does with a part of it.
func (e *Endpoint) checkKey(r *http.Request) *refusal {
	sent, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if e.options.Azure {
		sent, bearer = r.Header.Get("api-key"), true
	}
	switch {
	case e.options.Key == KeyNone, bearer && sent == e.options.Key:
		return nil
	case e.options.Azure:
		return refuse(http.StatusUnauthorized, "", "", "401", "Access denied due to invalid subscription key or wrong API endpoint.")
	case sent == "":
		return refuse(http.StatusUnauthorized, "invalid_request_error", "", "", "You didn't provide an API key.")
	}
	return refuse(http.StatusUnauthorized, "invalid_request_error", "", "invalid_api_key", "Incorrect API key provided: "+sent+".")
}

func (e *Endpoint) unknownModel(name string) *refusal {
	if e.options.Azure {
		return refuse(http.StatusNotFound, "", "", "DeploymentNotFound", "The API deployment for this resource does not exist.")
	}
	return refuse(http.StatusNotFound, "invalid_request_error", "", "model_not_found", "The model `"+name+"` does not exist or you do not have access to it.")
}
