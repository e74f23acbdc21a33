package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// eventually asks again until it holds; for what the desk only promises to notice within a time.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for tick := time.NewTicker(20 * time.Millisecond); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: not in %v", what, patience)
		}
	}
}

func TestRotatedWebhookURL(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	form, old := d.form("hello"), d.webhook
	answers := func(address string) int { return d.knock(knock{address: address, form: form}).status }
	if got := answers(old); got != http.StatusNoContent {
		t.Fatalf("before: %d", got)
	}
	payload := d.admin.must("rotateWebhookUrl", `{"channelId":"`+d.channels["WhatsApp"]+`"}`)
	var rotated struct{ Channel struct{ WebhookURL string } }
	decode(t, payload, &rotated)
	current := withoutFragment(rotated.Channel.WebhookURL)
	if current == old || current == "" {
		t.Fatalf("rotated to %q", current)
	}
	if a, b := answers(old), answers(current); a != http.StatusNoContent || b != http.StatusNoContent {
		t.Errorf("after the rotation the old URL answers %d, the new one %d", a, b)
	}
	var left time.Duration
	if err := d.server.db.Pool().QueryRow(t.Context(), `SELECT expires_at - now() FROM webhook_keys WHERE expires_at IS NOT NULL`).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left < 23*time.Hour || left > 24*time.Hour {
		t.Errorf("the old URL works for %v more", left)
	}
	d.exec(`UPDATE webhook_keys SET expires_at = now() WHERE expires_at IS NOT NULL`)
	d.eventually("the old URL ends", func() bool { return answers(old) == http.StatusNotFound })
	if got := answers(current); got != http.StatusNoContent {
		t.Errorf("the new URL then: %d", got)
	}
	d.admin.must("removeChannel", `{"channelId":"`+d.channels["WhatsApp"]+`"}`)
	d.eventually("the URL of a removed channel ends", func() bool { return answers(current) == http.StatusNotFound })
}

// During a rotation at Twilio some webhooks are signed with the old token and some with the new one.
func TestOldAndNewAuthTokenBothCount(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	other := d.process()
	signed := func(token string) (status int) {
		t.Helper()
		here := d.knock(knock{form: d.form("signed"), token: token}).status
		there := (&door{world: other, webhook: d.webhook}).knock(knock{form: d.form("signed"), token: token}).status
		if there != here {
			t.Errorf("one process answers %d, the other %d", here, there)
		}
		return here
	}
	token := strings.Repeat("b", 32)
	if a, b := signed(twiliotest.AuthToken), signed(token); a != http.StatusNoContent || b != http.StatusForbidden {
		t.Fatalf("before: old %d, new %d", a, b)
	}
	d.twilio.SetToken(twiliotest.AccountSid, token)
	d.token = token
	d.mendCredentials("WhatsApp")
	if a, b := signed(token), signed(twiliotest.AuthToken); a != http.StatusNoContent || b != http.StatusNoContent {
		t.Errorf("right after: new %d, old %d", a, b)
	}
	d.exec(`UPDATE channels SET secret_before_until = now() WHERE secret_before_until > now() + interval '23 hours'`)
	d.eventually("the old token ends", func() bool {
		return d.knock(knock{form: d.form("x"), token: twiliotest.AuthToken}).status == http.StatusForbidden
	})
	if got := d.knock(knock{form: d.form("x"), token: token}).status; got != http.StatusNoContent {
		t.Errorf("the new token then: %d", got)
	}
}
