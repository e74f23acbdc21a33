package transport

import "testing"

func TestNegotiate(t *testing.T) {
	t.Parallel()
	cases := []struct {
		accept []string
		want   string
	}{
		{nil, mediaJSON},
		{[]string{"*/*"}, mediaJSON},
		{[]string{"application/*"}, mediaJSON},
		{[]string{"application/json"}, mediaJSON},
		{[]string{"application/graphql-response+json"}, mediaResponse},
		{[]string{"application/graphql-response+json; charset=utf-8"}, mediaResponse},
		{[]string{"application/graphql-response+json, application/json"}, mediaResponse},
		{[]string{"application/json, application/graphql-response+json"}, mediaResponse},
		{[]string{"application/graphql-response+json, application/json;q=0.9"}, mediaResponse},
		{[]string{"application/graphql-response+json;q=0.4, application/json;q=0.9"}, mediaJSON},
		{[]string{"application/json", "application/graphql-response+json;q=0.2"}, mediaJSON},
		{[]string{"application/json, */*"}, mediaJSON},
		{[]string{"*/*, application/json;q=0"}, mediaResponse},
		{[]string{"application/graphql-response+json;q=0, */*;q=0.1"}, mediaJSON},
		{[]string{"text/html, application/xhtml+xml, */*;q=0.8"}, mediaJSON},
		{[]string{"Application/JSON"}, mediaJSON},
		{[]string{"text/html"}, ""},
		{[]string{"application/json;q=0"}, ""},
		{[]string{"application/json;q=2"}, ""},
		{[]string{"application/json;q=NaN"}, ""},
		{[]string{"application/json; charset=latin1"}, ""},
		{[]string{";;;"}, ""},
		{[]string{""}, ""},
	}
	for _, c := range cases {
		if got := negotiate(c.accept); got != c.want {
			t.Errorf("negotiate(%q) = %q, want %q", c.accept, got, c.want)
		}
	}
}
