package egress

import (
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// Nothing in this list may reach a machine, whatever a resolver makes of it. PORT is a server on loopback.
const hostileURLs = `
https://127.0.0.1/ https://127.0.0.1:443/ https://127.1/ https://127.0.1/ https://2130706433/ https://0x7f000001/
https://0x7f.0.0.1/ https://0x7F.1/ https://0177.0.0.1/ https://017700000001/ https://127.0.0.01/ https://127.0.0.1./
https://0/ https://0x/ https://0.0.0.0/ https://255.255.255.255/ https://10.0.0.1/ https://172.16.0.1/
https://192.168.1.1/ https://100.64.0.1/ https://169.254.169.254/latest/meta-data/ https://2852039166/
https://0xa9fea9fe/ https://0251.0376.0251.0376/ https://168.63.129.16/ https://198.18.0.1/ https://224.0.0.1/
https://134744072/ https://8.8.2056/ https://1.2.3.4.5/ https://256.256.256.256/
https://[::]/ https://[::1]/ https://[0:0:0:0:0:0:0:1]/ https://[::ffff:127.0.0.1]/ https://[::ffff:7f00:1]/
https://[::ffff:a9fe:a9fe]/ https://[::127.0.0.1]/ https://[64:ff9b::7f00:1]/ https://[64:ff9b:1::a9fe:a9fe]/
https://[2002:7f00:1::]/ https://[2001:0:53aa:64c:0:0:80ff:fffe]/ https://[fc00::1]/ https://[fd00:ec2::254]/
https://[fe80::1%25lo]/ https://[ff02::1]/ https://[2001:db8::1]/
https://localhost/ https://LOCALHOST/ https://localhost./ https://loop.test/ https://inside.test/ https://meta.test/
https://many.test/ https://nat64.test/ https://mapped.test/ https://ipv6.test/
https://127。0。0。1/ https://①②⑦.⓪.⓪.①/ https://１２７.0.0.1/ https://ⓛocalhost/ https://ｌocalhost/
https://user@example.com/ https://user:secret@example.com/ https://example.com@127.0.0.1/ https://@example.com/
https://example.com:22/ https://example.com:8080/ https://example.com:0443/ https://example.com:6379/
http://example.com/ http://example.com:443/ http://127.0.0.1:PORT/ http://localhost:PORT/ http://[::ffff:127.0.0.1]:PORT/
https://127.0.0.1:PORT/ http://loop.test:PORT/ http://0:PORT/ http://127.1:PORT/
ftp://example.com/ gopher://127.0.0.1:PORT/_x file:///etc/passwd data:text/plain,x ws://example.com/ unix:///run/x
javascript:alert(1) //example.com/ /relative https:example.com https:///path https://./ https://foo../`

func TestHostileURLs(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	at := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	port := at[strings.LastIndexByte(at, ':')+1:]
	g := guard(t, Options{Resolver: names{
		"localhost":   {{"127.0.0.1"}}, // asked for "localhost.", which the hosts file does not hold
		"loop.test":   {{"127.0.0.1"}},
		"inside.test": {{"10.0.0.5"}},
		"meta.test":   {{"169.254.169.254"}},
		"many.test":   {{"192.168.0.1", "127.0.0.1", "::1", "fd00::1", "0.0.0.0"}},
		"nat64.test":  {{"64:ff9b::a9fe:a9fe"}},
		"mapped.test": {{"::ffff:127.0.0.1"}},
		"ipv6.test":   {{"::1"}},
	}.resolver(t)})
	for _, url := range strings.Fields(strings.ReplaceAll(hostileURLs, "PORT", port)) {
		if err := get(g, url); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", url, err)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d requests arrived", reached.Load())
	}
}

// The error names what was refused and why, but nothing that a log should not hold.
func TestRefusalText(t *testing.T) {
	t.Parallel()
	g := guard(t, Options{})
	_, err := g.Transport().RoundTrip(httptest.NewRequest("GET", "https://10.0.0.1/secret-path?token=secret", nil))
	if err == nil || err.Error() != "egress refused: address 10.0.0.1 is a private network" {
		t.Error(err)
	}
}

// A name that is public when it is checked and private when it is dialled is refused when it is dialled.
func TestRebinding(t *testing.T) {
	t.Parallel()
	resolver := names{"rebind.test": {{"1.1.1.1"}, {"127.0.0.1"}}}.resolver(t)
	first, err := resolver.LookupHost(t.Context(), "rebind.test")
	if err != nil || len(first) != 1 || first[0] != "1.1.1.1" {
		t.Fatalf("first answer %v, %v", first, err)
	}
	err = get(guard(t, Options{Resolver: resolver}), "https://rebind.test/")
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "address 127.0.0.1 is loopback") {
		t.Error(err)
	}
}

func TestPrivateIsExactlyThatHostAndPort(t *testing.T) {
	t.Parallel()
	at := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.UserAgent()) })
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the other port was reached") })
	port := at[strings.LastIndexByte(at, ':'):]
	resolver := names{"model.test": {{"127.0.0.1"}}, "model.test.evil.test": {{"127.0.0.1"}}}.resolver(t)

	byAddress := guard(t, Options{Private: []string{at}, UserAgent: "Livedesk", Resolver: resolver})
	resp, err := byAddress.Client(Limits{}).Get("http://" + at)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != "Livedesk" {
		t.Errorf("body %q", body)
	}
	for _, url := range []string{
		"http://localhost" + port, "http://model.test" + port, "http://[::ffff:127.0.0.1]" + port, "http://127.1" + port,
		"http://127.0.0.1./", "http://127.0.0.1", "http://user@" + at, "http://" + other, "ftp://" + at, "http://127.0.0.2" + port,
	} {
		if err := get(byAddress, url); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", url, err)
		}
	}

	// A listed name shows besides that the proxy of the environment is not used: it would not be for an address.
	byName := guard(t, Options{Private: []string{"Model.test" + port}, Resolver: resolver})
	for url, refused := range map[string]bool{
		"http://model.test" + port:           false,
		"http://MODEL.test" + port:           false,
		"http://model.test.evil.test" + port: true,
		"http://" + at:                       true,
	} {
		if err := get(byName, url); errors.Is(err, ErrRefused) != refused || refused != (err != nil) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestCheckPrivate(t *testing.T) {
	t.Parallel()
	if err := CheckPrivate([]string{"127.0.0.1:8080", "ollama:11434", "[::1]:80"}); err != nil {
		t.Error(err)
	}
	for _, entry := range []string{"", "ollama", "ollama:", ":80", "ollama:http", "ollama:0", "ollama:65536", "::1:80", "http://ollama:80"} {
		if CheckPrivate([]string{entry}) == nil {
			t.Errorf("%q passes", entry)
		}
	}
}

func TestCertificatesAreVerified(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	err := get(guard(t, Options{Private: []string{s.Listener.Addr().String()}}), s.URL)
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		t.Error(err)
	}
}
