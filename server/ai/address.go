package ai

import (
	"net/url"
	"strings"
)

const path = "/chat/completions"

// address is where the endpoint takes chats. It is not ok when the base is no URL of http or https, or holds user
// information, which would be a second key. An admin may have pasted the whole address.
func address(e Endpoint) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimSpace(e.BaseURL))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return nil, false
	}
	u.Fragment, u.RawFragment = "", ""
	if !strings.HasSuffix(strings.TrimRight(u.Path, "/"), path) {
		u = u.JoinPath(path)
	}
	if len(e.Query) > 0 {
		query := u.Query()
		for name, values := range e.Query {
			query[name] = values
		}
		u.RawQuery = query.Encode()
	}
	return u, true
}
