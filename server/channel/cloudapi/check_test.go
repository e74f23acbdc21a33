package cloudapi

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/channel/cloudapi/cloudtest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	l := newLine(t, cloudtest.Options{})
	l.meta.AddNumber("200", "+15550100200", "300")
	for name, c := range map[string]struct {
		change func(*model.Channel, model.Secret)
		code   model.Code
		field  string
	}{
		"all right":           {func(*model.Channel, model.Secret) {}, "", ""},
		"no number":           {func(c *model.Channel, _ model.Secret) { c.Sender.PhoneNumber = "15550100100" }, model.Invalid, "phoneNumber"},
		"an id that is none":  {func(c *model.Channel, _ model.Secret) { c.Sender.NumberID = "../me" }, model.Invalid, "phoneNumberId"},
		"an account of words": {func(c *model.Channel, _ model.Secret) { c.Sender.ProviderAccount = "me" }, model.Invalid, "businessAccountId"},
		"no token":            {func(_ *model.Channel, s model.Secret) { s[AccessToken] = "" }, model.Invalid, AccessToken},
		"a token of lines":    {func(_ *model.Channel, s model.Secret) { s[AccessToken] = "a\r\nb" }, model.Invalid, AccessToken},
		"a secret of words":   {func(_ *model.Channel, s model.Secret) { s[AppSecret] = "secret" }, model.Invalid, AppSecret},
		"another token":       {func(_ *model.Channel, s model.Secret) { s[AccessToken] = "EAAother" }, model.ProviderRefused, AccessToken},
		"another secret":      {func(_ *model.Channel, s model.Secret) { s[AppSecret] = strings.Repeat("0", 32) }, model.ProviderRefused, AppSecret},
		"an unknown id":       {func(c *model.Channel, _ model.Secret) { c.Sender.NumberID = "1" }, model.ProviderRefused, "phoneNumberId"},
		"another's id":        {func(c *model.Channel, _ model.Secret) { c.Sender.NumberID = "200" }, model.ProviderRefused, "phoneNumber"},
		"another number":      {func(c *model.Channel, _ model.Secret) { c.Sender.PhoneNumber = "+15550100200" }, model.ProviderRefused, "phoneNumber"},
		"an unknown account":  {func(c *model.Channel, _ model.Secret) { c.Sender.ProviderAccount = "1" }, model.ProviderRefused, "businessAccountId"},
		"another account":     {func(c *model.Channel, _ model.Secret) { c.Sender.ProviderAccount = "300" }, model.ProviderRefused, "businessAccountId"},
	} {
		channel, secret := testChannel(), maps.Clone(testSecret)
		c.change(channel, secret)
		checked, err := l.provider.Check(context.Background(), channel, secret)
		if model.CodeOf(err) != c.code || len(checked.Warnings) > 0 {
			t.Errorf("%s: %v, %q; want %s", name, err, checked.Warnings, c.code)
		}
		var refused *model.Error
		if errors.As(err, &refused) && (!slices.Equal(refused.Field, []string{c.field}) || strings.Contains(refused.Text, testSecret[AccessToken])) {
			t.Errorf("%s: at %q: %s", name, refused.Field, refused.Text)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef"
	ask := func(values ...string) string {
		query := url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {"1158201444"}, "hub.verify_token": {token}}
		for i := 0; i < len(values); i += 2 {
			query.Set(values[i], values[i+1])
		}
		return "/webhooks/whatsapp/7_5a?" + query.Encode()
	}
	for name, c := range map[string]struct {
		uri, token string
		status     int
	}{
		"right":               {ask(), token, 0},
		"wrong token":         {ask("hub.verify_token", "x"), token, 403},
		"no token":            {ask("hub.verify_token", ""), token, 403},
		"channel without one": {ask("hub.verify_token", ""), "", 403},
		"another mode":        {ask("hub.mode", "unsubscribe"), token, 400},
		"no challenge":        {ask("hub.challenge", ""), token, 400},
		"an essay":            {ask("hub.challenge", strings.Repeat("x", 257)), token, 400},
		"nothing":             {"/webhooks/whatsapp/7_5a", token, 400},
		"a broken query":      {"/webhooks/whatsapp/7_5a?hub.mode=%zz", token, 400},
	} {
		answer, err := New(Options{}).Verify(&channel.Request{Method: http.MethodGet, URI: c.uri}, c.token)
		var refused *channel.Refusal
		switch {
		case c.status == 0 && (err != nil || answer != "1158201444"):
			t.Errorf("%s: %q, %v", name, answer, err)
		case c.status != 0 && (!errors.As(err, &refused) || refused.Status != c.status || answer != ""):
			t.Errorf("%s: %q, %v; want %d", name, answer, err, c.status)
		}
	}
}

// The vector was computed apart from this code.
func TestSignatureVector(t *testing.T) {
	t.Parallel()
	r := &channel.Request{Body: []byte(`{"object":"whatsapp_business_account","entry":[]}`), Header: http.Header{}}
	r.Header.Set(signatureHeader, "sha256=523505d20f6a97026a425949264490ca97eab5d4ba6cd6a0f56f7557599d7f7b")
	if !genuine(r, []model.Secret{{AppSecret: "app_secret_test"}}) {
		t.Error("refused")
	}
	if genuine(r, []model.Secret{{AppSecret: "app_secret_tesT"}}) {
		t.Error("taken")
	}
}
