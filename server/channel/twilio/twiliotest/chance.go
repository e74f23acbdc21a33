package twiliotest

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"
)

// sid makes a SID with a prefix of two letters. The caller holds the lock, as for all of this file.
func (t *Twilio) sid(prefix string) string { return prefix + hexOf(t.random) }

// uuid makes the form of a version 4 UUID.
func (t *Twilio) uuid() string {
	h := hexOf(t.random)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

func (t *Twilio) chance(share float64) bool { return share > 0 && t.random.Float64() < share }

func (t *Twilio) upTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(t.random.Int64N(int64(d)))
}

// hexOf makes 32 hexadecimal digits.
func hexOf(r *rand.Rand) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	return hex.EncodeToString(b[:])
}

// SetMischief changes what goes wrong by chance from now on.
func (t *Twilio) SetMischief(m Mischief) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mischief = m
}
