package cloudapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

const signatureHeader = "X-Hub-Signature-256"

// genuine tells whether one of the app secrets signed the bytes of the body.
func genuine(r *channel.Request, secrets []model.Secret) bool {
	written, ok := strings.CutPrefix(r.Header.Get(signatureHeader), "sha256=")
	given, err := hex.DecodeString(written)
	if !ok || err != nil {
		return false
	}
	for _, secret := range secrets {
		if secret[AppSecret] != "" && hmac.Equal(given, sum(secret[AppSecret], r.Body)) { // anybody can sign with an empty key
			return true
		}
	}
	return false
}

func sum(key string, text []byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(text)
	return mac.Sum(nil)
}

// forged says why a signature was not taken, in words that lead to the mistake.
func forged(r *channel.Request) *channel.Refusal {
	if r.Header.Get(signatureHeader) == "" {
		return foreign("The signature is missing.")
	}
	return foreign("The signature does not match. Check the App Secret: it is that of the Meta app whose webhook has this address.")
}

func foreign(reason string) *channel.Refusal {
	return &channel.Refusal{Status: http.StatusForbidden, Reason: reason}
}

func malformed(reason string) *channel.Refusal {
	return &channel.Refusal{Status: http.StatusBadRequest, Reason: reason}
}

// maxChallenge is how long the text may be that Meta wants back. It sends about ten digits.
const maxChallenge = 256

// Verify answers Meta, which calls an address with the channel's verify token before it posts there.
func (*Provider) Verify(r *channel.Request, token string) (string, error) {
	_, query, _ := strings.Cut(r.URI, "?")
	values, err := url.ParseQuery(query)
	if err != nil || values.Get("hub.mode") != "subscribe" {
		return "", malformed("This is no request of Meta to verify the webhook.")
	}
	if token == "" || !hmac.Equal([]byte(values.Get("hub.verify_token")), []byte(token)) {
		return "", foreign("The verify token does not match: enter the one of this channel beside its webhook URL.")
	}
	challenge := values.Get("hub.challenge")
	if challenge == "" || len(challenge) > maxChallenge {
		return "", malformed("This is no request of Meta to verify the webhook.")
	}
	return challenge, nil
}
