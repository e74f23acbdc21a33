package channeltest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

func give(t *testing.T, h Harness, p channel.Provider, m *channel.Outgoing) (string, *channel.SendError) {
	t.Helper()
	id, err := p.Send(context.Background(), h.Channel(), h.Secret(), m)
	var failed *channel.SendError
	if err != nil && !errors.As(err, &failed) {
		t.Fatalf("%T: %v", err, err)
	}
	if (failed == nil) == (id == "") {
		t.Errorf("id %q, %v", id, failed)
	}
	if failed != nil && (failed.Text == "" || failed.Outcome < channel.NotSent || failed.Outcome > channel.Credentials) {
		t.Errorf("a failure that says nothing: %+v", failed)
	}
	for _, secret := range h.Secret() {
		if failed != nil && strings.Contains(failed.Error()+failed.Advice, secret) {
			t.Error("an error holds a secret")
		}
	}
	return id, failed
}

func send(t *testing.T, h Harness) {
	first, failed := give(t, h, h.Provider(), outgoing(h, "hello"))
	second, failed2 := give(t, h, h.Provider(), outgoing(h, "hello"))
	if failed != nil || failed2 != nil || first == second || h.Taken() != 2 {
		t.Errorf("%q %v, %q %v; taken %d", first, failed, second, failed2, h.Taken())
	}
}

// lost: whatever leaves the provider in doubt is Ambiguous, and nothing is sent a second time by itself.
func lost(t *testing.T, h Harness) {
	for _, f := range []Failure{Hangs, Breaks, Garbles, CutShort} {
		before := h.Taken()
		h.FailNext(f)
		if _, failed := give(t, h, h.Provider(), outgoing(h, "hello")); failed == nil || failed.Outcome != channel.Ambiguous {
			t.Errorf("failure %d: %+v, want Ambiguous", f, failed)
		}
		if h.Taken() > before+1 {
			t.Errorf("failure %d: sent %d times", f, h.Taken()-before)
		}
	}
}

func refusals(t *testing.T, h Harness) {
	for f, want := range map[Failure]channel.Outcome{TooFast: channel.NotSent, Unauthorised: channel.Credentials, Refused: channel.Rejected} {
		h.FailNext(f)
		_, failed := give(t, h, h.Provider(), outgoing(h, "hello"))
		if failed == nil || failed.Outcome != want || failed.Advice == "" || failed.Code == "" {
			t.Errorf("failure %d: %+v, want outcome %d", f, failed, want)
			continue
		}
		if f == TooFast && failed.RetryAfter != RateWait {
			t.Errorf("sends again after %s, want %s", failed.RetryAfter, RateWait)
		}
	}
	_, err := h.Provider().Send(context.Background(), h.Channel(), model.Secret{}, outgoing(h, "hello"))
	var failed *channel.SendError
	if !errors.As(err, &failed) || failed.Outcome != channel.Credentials {
		t.Errorf("without a secret: %v", err)
	}
	if h.Taken() != 0 {
		t.Errorf("%d messages were taken", h.Taken())
	}
}

func unreachable(t *testing.T, h Harness) {
	if _, failed := give(t, h, h.Unreachable(), outgoing(h, "hello")); failed == nil || failed.Outcome != channel.NotSent {
		t.Errorf("%+v, want NotSent", failed)
	}
	_, err := h.Unreachable().Check(context.Background(), h.Channel(), h.Secret())
	if model.CodeOf(err) != model.ProviderUnreached {
		t.Errorf("check: %v", err)
	}
	if _, err := h.Provider().Check(context.Background(), h.Channel(), h.Secret()); err != nil {
		t.Errorf("check: %v", err)
	}
}

func fetch(h Harness, from string) ([]byte, *channel.Media, error) {
	f := h.Provider().(channel.MediaFetcher)
	m, err := f.FetchMedia(context.Background(), h.Channel(), h.Secret(), from)
	if err != nil {
		return nil, nil, err
	}
	defer m.Body.Close()
	data, err := io.ReadAll(m.Body)
	return data, m, err
}

func media(t *testing.T, h Harness) {
	if _, ok := h.Provider().(channel.MediaFetcher); !ok {
		return
	}
	in, want := h.File()
	for range 2 {
		data, m, err := fetch(h, in.URL)
		if err != nil || string(data) != string(want) || m.ContentType != in.ContentType {
			t.Fatalf("%d bytes, %+v, %v", len(data), m, err)
		}
	}
	h.Forget()
	if _, _, err := fetch(h, in.URL); model.CodeOf(err) != model.NotFound {
		t.Errorf("a lost file: %v", err)
	}
}

// elsewhere: credentials go to the company alone, whatever a webhook says.
func elsewhere(t *testing.T, h Harness) {
	if _, ok := h.Provider().(channel.MediaFetcher); !ok {
		return
	}
	for _, address := range []string{"", "x", "file:///etc/passwd", "http://169.254.169.254/latest", "https://evil.example/a", h.Foreign()} {
		if _, _, err := fetch(h, address); model.CodeOf(err) != model.NotFound {
			t.Errorf("%s: %v", address, err)
		}
	}
}
