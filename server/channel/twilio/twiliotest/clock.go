package twiliotest

import (
	"context"
	"time"
)

func (t *Twilio) now() time.Time { return t.options.Now().Add(time.Duration(t.shift.Load())).UTC() }

// Advance moves the emulator's clock on, to let WhatsApp's 24-hour window pass. Waiting for a status or an answer is
// not shortened by it.
func (t *Twilio) Advance(d time.Duration) { t.shift.Add(int64(d)) }

// pause waits, and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
