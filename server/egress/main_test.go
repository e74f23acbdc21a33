package egress

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
)

// A proxy of the environment that answers nothing: a request that used it would fail.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		os.Setenv(name, "http://127.0.0.1:1")
	}
	goleak.VerifyTestMain(m)
}

// names answers the n-th A or AAAA question for a name with the n-th set of addresses, and then with the last one.
type names map[string][][]string

// resolver starts a name server on loopback and returns a resolver that asks only it.
func (n names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() { n.serve(conn) })
	t.Cleanup(func() { conn.Close(); done.Wait() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n names) serve(conn net.PacketConn) {
	asked := map[dnsmessage.Question]int{}
	buf := make([]byte, 1500)
	for {
		size, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:size]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		sets, known := n[strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))]
		m.Header.Response, m.Additionals = true, nil
		if !known {
			m.RCode = dnsmessage.RCodeNameError
		} else {
			m.Answers = answers(q, sets[min(asked[q], len(sets)-1)])
			asked[q]++
		}
		if out, err := m.Pack(); err == nil {
			conn.WriteTo(out, from)
		}
	}
}

func answers(q dnsmessage.Question, addrs []string) (out []dnsmessage.Resource) {
	for _, s := range addrs {
		addr := netip.MustParseAddr(s)
		r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}}
		switch {
		case addr.Is4() && q.Type == dnsmessage.TypeA:
			r.Body = &dnsmessage.AResource{A: addr.As4()}
		case addr.Is6() && q.Type == dnsmessage.TypeAAAA:
			r.Body = &dnsmessage.AAAAResource{AAAA: addr.As16()}
		default:
			continue
		}
		out = append(out, r)
	}
	return out
}

// serve starts a server on loopback and returns its "host:port".
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// guard makes a Guard that is closed at the end of the test.
func guard(t *testing.T, o Options) *Guard {
	t.Helper()
	g := New(o)
	t.Cleanup(g.Close)
	return g
}

// get fetches the URL with the default client and returns the error, with the body closed.
func get(g *Guard, url string) error {
	resp, err := g.Client(Limits{}).Get(url)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
