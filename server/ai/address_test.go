package ai

import (
	"net/url"
	"testing"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	version := url.Values{"api-version": {"2"}}
	cases := []struct {
		base  string
		query url.Values
		want  string // "" when it is none
	}{
		{"https://api.openai.com/v1", nil, "https://api.openai.com/v1/chat/completions"},
		{"https://api.openai.com/v1/", nil, "https://api.openai.com/v1/chat/completions"},
		{" https://api.openai.com/v1//\n", nil, "https://api.openai.com/v1/chat/completions"},
		{"https://api.openai.com/v1/chat/completions", nil, "https://api.openai.com/v1/chat/completions"},
		{"http://127.0.0.1:11434/v1", nil, "http://127.0.0.1:11434/v1/chat/completions"},
		{"https://llm.example.com", nil, "https://llm.example.com/chat/completions"},
		{"https://x.openai.azure.com/openai/deployments/d?api-version=1", nil, "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1"},
		{"https://x.openai.azure.com/openai/deployments/d/?api-version=1", version, "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2"},
		{"https://h/a%2Fb/v1?q=1#part", nil, "https://h/a%2Fb/v1/chat/completions?q=1"},
		{"https://user:secret@h/v1", nil, ""},
		{"ftp://h/v1", nil, ""},
		{"file:///etc/passwd", nil, ""},
		{"https:///v1", nil, ""},
		{"https://:443/v1", nil, ""},
		{"api.openai.com/v1", nil, ""},
		{"https://h:port/v1", nil, ""},
		{"", nil, ""},
	}
	for _, c := range cases {
		u, ok := address(Endpoint{BaseURL: c.base, Query: c.query})
		if got := shown(u); got != c.want || ok != (c.want != "") {
			t.Errorf("%q: got %q, want %q", c.base, got, c.want)
		}
	}
}

func shown(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.String()
}
