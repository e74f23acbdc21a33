package server

import (
	"net/netip"
	"sync"
	"time"
)

// The bounds of guessing links. A token has 128 bits, so this spares the database more than it keeps a secret: several
// customers may be behind one address.
const (
	guessesAtAddress = 30
	guessTime        = time.Minute
)

// guesses counts links that led nowhere, by the network address from which they were tried, for one stretch of time
// after the other.
type guesses struct {
	mu    sync.Mutex
	since time.Time
	at    map[string]int
}

// allowed tells whether the address may try a link.
func (g *guesses) allowed(address string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begin(now)
	return g.at[networkOf(address)] < guessesAtAddress
}

// missed counts a link that led nowhere.
func (g *guesses) missed(address string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begin(now)
	g.at[networkOf(address)]++
}

func (g *guesses) begin(now time.Time) {
	if g.at == nil || now.Sub(g.since) >= guessTime {
		g.at, g.since = map[string]int{}, now
	}
}

// networkOf is whom an address belongs to: of IPv6, everybody has a whole /64.
func networkOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		a = netip.PrefixFrom(a, 64).Masked().Addr()
	}
	return a.String()
}
