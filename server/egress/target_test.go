package egress

import (
	"errors"
	"net/url"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	g := guard(t, Options{Private: []string{"model.internal:11434"}})
	for raw, refused := range map[string]bool{
		"https://api.twilio.com/2010-04-01/Accounts/AC1": false,
		"https://EXAMPLE.com./a?b=c#d":                   false,
		"https://example.com:443":                        false,
		"https://8.8.8.8/":                               false,
		"https://[2606:4700::1111]:443/":                 false,
		"https://1password.com":                          false,
		"https://0xcafe.example":                         false,
		"https://s3.us-east-1.example":                   false,
		"https://a_b.example":                            false,
		"https://xn--bcher-kva.example":                  false,
		"http://model.internal:11434/v1":                 false,
		"https://MODEL.internal:11434/v1":                false,
		"https://bücher.example":                         true, // to be written in its ASCII form
		"https://example.１":                              true,
		"http://model.internal/v1":                       true,
		"http://example.com":                             true,
		"https://example.0x1f":                           true,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Check(u); errors.Is(err, ErrRefused) != refused || refused != (err != nil) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
