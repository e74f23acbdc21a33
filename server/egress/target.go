package egress

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Check tells whether the URL may be fetched as far as its text shows; the error has ErrRefused in its chain. It looks
// nothing up: a name that passes can still be refused when it is dialled. Settings use it to refuse a URL early.
func (g *Guard) Check(u *url.URL) error {
	if u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("%w: scheme %q", ErrRefused, u.Scheme)
	}
	if u.User != nil {
		return fmt.Errorf("%w: user information in the URL", ErrRefused)
	}
	if u.Opaque != "" || u.Hostname() == "" {
		return fmt.Errorf("%w: no host", ErrRefused)
	}
	if g.private[target(u)] {
		return nil
	}
	if u.Scheme != "https" {
		return fmt.Errorf("%w: %s: only https", ErrRefused, u.Hostname())
	}
	if p := u.Port(); p != "" && p != "443" && p != "80" {
		return fmt.Errorf("%w: %s: port %s", ErrRefused, u.Hostname(), p)
	}
	return checkHost(u.Hostname())
}

// target is the "host:port" that the transport dials for the URL.
func target(u *url.URL) string {
	port := u.Port()
	if port == "" && u.Scheme == "http" {
		port = "80"
	}
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// checkHost refuses hosts that are spelled so that two readers can understand different machines: non-ASCII letters,
// which are mapped to others before the look-up, and numbers that are no plain address, which some resolvers read as
// IPv4 in decimal, octal or hexadecimal.
func checkHost(host string) error {
	if addr, err := netip.ParseAddr(host); err == nil {
		if what := notPublic(addr); what != "" {
			return fmt.Errorf("%w: address %s is %s", ErrRefused, addr, what)
		}
		return nil
	}
	for _, c := range []byte(host) {
		if c <= ' ' || c >= 0x7f || c == ':' || c == '%' {
			return fmt.Errorf("%w: host %q", ErrRefused, host)
		}
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if last := name[strings.LastIndexByte(name, '.')+1:]; last == "" || isNumber(last) {
		return fmt.Errorf("%w: host %q is not a name", ErrRefused, host)
	}
	return nil
}

// isNumber tells whether the label is a number to the URL Standard, where a host that ends in one is an IPv4 address.
func isNumber(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}
