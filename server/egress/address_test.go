package egress

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

func TestNotPublic(t *testing.T) {
	t.Parallel()
	refused := `0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.100.100.200 100.127.255.255 127.0.0.1
		127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192
		192.0.2.7 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.9 203.0.113.9 224.0.0.1
		239.255.255.255 240.0.0.1 255.255.255.255
		:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.1.2.3 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
		64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::7f00:1 100::1 2001::1 2001:0:53aa:64c::1 2001:2::1 2001:10::1 2001:20::1
		2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254
		fdff::1 fe80::1 fe80::1%eth0 2606:4700::1%eth0 febf::1 fec0::1 ff02::1 ff0e::1 a000::1`
	for _, s := range strings.Fields(refused) {
		if notPublic(netip.MustParseAddr(s)) == "" {
			t.Errorf("%s passes as public", s)
		}
	}
	allowed := `1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 168.63.129.15
		169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.167.255.255 192.169.0.0
		198.17.255.255 198.20.0.0 223.255.255.255 ::ffff:8.8.8.8 2001:200::1 2001:4860:4860::8888 2606:4700::1111
		2a00:1450::1 2c0f::1`
	for _, s := range strings.Fields(allowed) {
		if what := notPublic(netip.MustParseAddr(s)); what != "" {
			t.Errorf("%s is refused as %s", s, what)
		}
	}
	if notPublic(netip.Addr{}) == "" {
		t.Error("no address at all passes as public")
	}
}

// However an IPv4 address is wrapped into IPv6, the wrapping opens nothing that the plain address does not.
func TestWrappedIPv4(t *testing.T) {
	t.Parallel()
	for range 100_000 {
		var v4 [4]byte
		binary.BigEndian.PutUint32(v4[:], rand.Uint32())
		plain := netip.AddrFrom4(v4)
		mapped := netip.AddrFrom16(plain.As16())
		if notPublic(plain) != notPublic(mapped) {
			t.Fatalf("%s and %s differ", plain, mapped)
		}
		for _, wrap := range []string{"::", "64:ff9b::", "64:ff9b:1::", "::ffff:0:0:0", "2001::", "fe80::5efe:0:0"} {
			b := netip.MustParseAddr(wrap).As16()
			copy(b[12:], v4[:])
			if notPublic(netip.AddrFrom16(b)) == "" {
				t.Fatalf("%s passes", netip.AddrFrom16(b))
			}
		}
		b := netip.MustParseAddr("2002::").As16()
		copy(b[2:], v4[:])
		if notPublic(netip.AddrFrom16(b)) == "" {
			t.Fatalf("%s passes", netip.AddrFrom16(b))
		}
	}
}

func TestRefuseDialled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		network, target string
		refused         bool
	}{
		{"tcp4", "8.8.8.8:443", false},
		{"tcp4", "8.8.8.8:80", false},
		{"tcp6", "[2606:4700::1111]:443", false},
		{"tcp4", "8.8.8.8:22", true},
		{"tcp4", "127.0.0.1:443", true},
		{"tcp6", "[::ffff:127.0.0.1]:443", true},
		{"tcp6", "[fe80::1%lo]:443", true},
		{"udp4", "8.8.8.8:443", true},
		{"unix", "/run/docker.sock", true},
		{"tcp4", "nonsense", true},
	} {
		err := refuseDialled(c.network, c.target, nil)
		if refused := errors.Is(err, ErrRefused); refused != c.refused || refused != (err != nil) {
			t.Errorf("%s %s: %v", c.network, c.target, err)
		}
	}
}
