package openapi

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// route is one operation with the expression that its paths match. The documents name different hosts, but no two of
// them the same path, so that the path alone finds the operation.
type route struct {
	method string
	path   *regexp.Regexp
	names  []string
	routers.Route
}

var parameter = regexp.MustCompile(`\\{([A-Za-z]+)\\}`)

func routesOf(document *openapi3.T) []*route {
	var routes []*route
	for path, item := range document.Paths.Map() {
		quoted := regexp.QuoteMeta(path)
		var names []string
		for _, found := range parameter.FindAllStringSubmatch(quoted, -1) {
			names = append(names, found[1])
		}
		expression := regexp.MustCompile("^" + parameter.ReplaceAllString(quoted, "([^/.]+)") + "$")
		for method, operation := range item.Operations() {
			routes = append(routes, &route{method: method, path: expression, names: names, Route: routers.Route{
				Spec: document, Server: document.Servers[0], Path: path, PathItem: item, Method: method, Operation: operation,
			}})
		}
	}
	return routes
}

// find looks for the operation and reads the parameters in the path.
func (v *Validator) find(r *http.Request) (*route, map[string]string) {
	for _, known := range v.routes {
		values := known.path.FindStringSubmatch(r.URL.Path)
		if values == nil || known.method != r.Method {
			continue
		}
		parameters := map[string]string{}
		for i, name := range known.names {
			parameters[name] = values[i+1]
		}
		return known, parameters
	}
	return nil, nil
}

func isAPI(path string) bool {
	for _, prefix := range []string{"/2010-04-01/", "/v1/", "/v2/", "/v3/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// mediaContent is the way to a file. Twilio documents it in prose, its OpenAPI has only SID.json.
var mediaContent = regexp.MustCompile(`^/2010-04-01/Accounts/AC[0-9a-fA-F]{32}/Messages/(SM|MM)[0-9a-fA-F]{32}/Media/ME[0-9a-fA-F]{32}$`)
