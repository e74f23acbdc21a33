package channeltest

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// signed is a customer's text as the company signs it.
func signed(h Harness, id, text string) *channel.Request {
	r := h.Message(id, text)
	h.Sign(r, h.Secret())
	return r
}

func receive(h Harness, r *channel.Request, secrets ...model.Secret) (*channel.Received, error) {
	return h.Provider().Receive(r, h.Channel(), secrets)
}

func must(t *testing.T, h Harness, r *channel.Request) *channel.Received {
	t.Helper()
	got, err := receive(h, r, h.Secret())
	if err != nil {
		t.Fatal(err)
	}
	CheckStorable(t, got)
	return got
}

// wantForged checks that the request is refused as not genuine, in words that give nothing away.
func wantForged(t *testing.T, h Harness, what string, r *channel.Request, secrets ...model.Secret) {
	t.Helper()
	got, err := receive(h, r, secrets...)
	var refused *channel.Refusal
	if !errors.As(err, &refused) || got != nil || refused.Status != http.StatusForbidden {
		t.Errorf("%s: %+v, %v; want 403", what, got, err)
		return
	}
	for _, value := range h.Secret() {
		if strings.Contains(refused.Reason, value) {
			t.Errorf("%s: the reason holds a secret", what)
		}
	}
}

func signature(t *testing.T, h Harness) {
	if got := must(t, h, signed(h, "id-1", "hello")); len(got.Messages) != 1 || got.Messages[0].Text != "hello" {
		t.Errorf("%+v", got)
	}
	unsigned := h.Message("id-1", "hello")
	unsigned.Header.Del(h.SignatureHeader())
	wantForged(t, h, "no signature", unsigned, h.Secret())
	empty := signed(h, "id-1", "hello")
	empty.Header.Set(h.SignatureHeader(), "")
	wantForged(t, h, "an empty signature", empty, h.Secret())
	other := h.Message("id-1", "hello")
	h.Sign(other, h.Former())
	wantForged(t, h, "another secret", other, h.Secret())
	wantForged(t, h, "no secret to compare with", signed(h, "id-1", "hello"))
	keyless := h.Message("id-1", "hello")
	h.Sign(keyless, model.Secret{})
	wantForged(t, h, "the empty secret", keyless, model.Secret{})
	wantForged(t, h, "a longer signature", changed(h, func(s string) string { return s + s }), h.Secret())
	wantForged(t, h, "half a signature", changed(h, func(s string) string { return s[:len(s)/2] }), h.Secret())
}

func changed(h Harness, change func(string) string) *channel.Request {
	r := signed(h, "id-1", "hello")
	r.Header.Set(h.SignatureHeader(), change(r.Header.Get(h.SignatureHeader())))
	return r
}

// rotation: while a secret is replaced both count, in any order, and a channel that has only one takes no other.
func rotation(t *testing.T, h Harness) {
	for _, signer := range []model.Secret{h.Secret(), h.Former()} {
		r := h.Message("id-1", "hello")
		h.Sign(r, signer)
		for _, all := range [][]model.Secret{{h.Secret(), h.Former()}, {h.Former(), h.Secret()}, {{}, signer}} {
			if _, err := receive(h, r, all...); err != nil {
				t.Error(err)
			}
		}
	}
	former := h.Message("id-1", "hello")
	h.Sign(former, h.Former())
	wantForged(t, h, "a former secret after its time", former, h.Secret())
}

// tampering: a request of which any bit was turned is refused, or is read as the same one (a form can be spelled in two
// ways). So is a signature, whose letters may have two spellings.
func tampering(t *testing.T, h Harness) {
	whole := must(t, h, signed(h, "id-1", "pay 100"))
	check := func(what string, r *channel.Request) {
		t.Helper()
		if got, err := receive(h, r, h.Secret()); err == nil && !reflect.DeepEqual(got, whole) {
			t.Errorf("%s: taken as %+v", what, got)
		}
	}
	body := signed(h, "id-1", "pay 100").Body
	for i := range 8 * len(body) {
		r := signed(h, "id-1", "pay 100")
		r.Body = append([]byte(nil), body...)
		r.Body[i/8] ^= 1 << (i % 8)
		check("a turned bit", r)
	}
	for i := range len(body) {
		r := signed(h, "id-1", "pay 100")
		r.Body = append([]byte(nil), body[:i]...)
		check("a cut body", r)
	}
	for i := range len(signed(h, "id-1", "pay 100").Header.Get(h.SignatureHeader())) {
		check("a turned bit of the signature", changed(h, func(s string) string { return s[:i] + string(s[i]^1) + s[i+1:] }))
	}
}

// duplicates: a provider keeps nothing, so that the same request gives the same however often and from wherever it comes.
func duplicates(t *testing.T, h Harness) {
	want := must(t, h, signed(h, "id-1", "only once"))
	other := must(t, h, signed(h, "id-2", "only once"))
	if want.Messages[0].ExternalID == other.Messages[0].ExternalID {
		t.Error("two messages have one id")
	}
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			got, err := receive(h, signed(h, "id-1", "only once"), h.Secret())
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
		})
	}
	all.Wait()
}

// statuses: each of them is told with our message and attempt, and in whatever order reports come, what stays is the same.
func statuses(t *testing.T, h Harness) {
	m := outgoing(h, "hello")
	highest := model.Queued
	for _, status := range []model.DeliveryStatus{model.Read, model.Sent, model.Failed, model.Delivered} {
		r := h.Report(m, "out-1", status)
		h.Sign(r, h.Secret())
		got := must(t, h, r)
		if len(got.Statuses) != 1 || len(got.Messages) != 0 {
			t.Fatalf("%s: %+v", status, got)
		}
		s := got.Statuses[0]
		if s.Status != status || s.MessageID != m.MessageID || s.Attempt != m.Attempt || s.ExternalID == "" {
			t.Errorf("%s is told as %+v", status, s)
		}
		if (s.ErrorText != "") != (status == model.Failed) || (s.Advice == "" && status == model.Failed) {
			t.Errorf("%s is explained as %q, %q", status, s.ErrorText, s.Advice)
		}
		if s.Status.Rank() > highest.Rank() {
			highest = s.Status
		}
	}
	if highest != model.Read {
		t.Errorf("it ends as %s", highest)
	}
}

// oversize: a text beyond all limits is cut between characters, and NUL and broken characters are no reason to lose it.
func oversize(t *testing.T, h Harness) {
	for _, text := range []string{strings.Repeat("x", model.MaxIncomingText+9), "x" + strings.Repeat("é", model.MaxIncomingText), "a\x00b", "\u202Eabc", "\U0001F469\u200D\U0001F4BB"} {
		got := must(t, h, signed(h, "id-1", text))
		if len(got.Messages) != 1 {
			t.Fatalf("%.10q: %+v", text, got)
		}
		kept := got.Messages[0].Text
		if kept != model.CleanText(text, model.MaxIncomingText) || !utf8.ValidString(kept) {
			t.Errorf("%.10q is kept as %.10q (%d bytes)", text, kept, len(kept))
		}
	}
}

// others: a genuine webhook of another channel of the same account gives no message here, whether it is refused or taken
// and left out.
func others(t *testing.T, h Harness) {
	another := *h.Channel()
	another.Sender.PhoneNumber, another.Sender.NumberID = "+15550100998", "998"
	got, err := h.Provider().Receive(signed(h, "id-1", "hello"), &another, []model.Secret{h.Secret()})
	var refused *channel.Refusal
	switch {
	case errors.As(err, &refused):
	case err != nil || len(got.Messages)+len(got.Statuses) > 0 || got.Left == "":
		t.Errorf("%+v, %v", got, err)
	}
	_, err = h.Provider().Receive(signed(h, "id-1", "hello"), &model.Channel{Kind: another.Kind, Provider: another.Provider}, []model.Secret{h.Secret()})
	if err == nil {
		got, _ = h.Provider().Receive(signed(h, "id-1", "hello"), &model.Channel{Kind: another.Kind, Provider: another.Provider}, []model.Secret{h.Secret()})
		if len(got.Messages) > 0 {
			t.Error("a channel without a sender takes a message")
		}
	}
}
