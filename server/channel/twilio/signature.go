package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// genuine tells whether one of the Auth Tokens signed the webhook. Twilio is not consistent about ports and encoded
// characters in the URL it signs, so a few spellings of the one configured address are tried. The form is always part
// of what is signed: a bodySHA256 in the query, which Twilio sends for JSON, does not take it out.
func genuine(r *channel.Request, f form, secrets []model.Secret) bool {
	given := []byte(r.Header.Get("X-Twilio-Signature"))
	if len(given) == 0 {
		return false
	}
	fields := signedFields(f)
	for _, secret := range secrets {
		if secret[AuthToken] == "" {
			continue // anybody can sign with an empty key
		}
		for _, address := range addresses(r.Public, r.URI) {
			if hmac.Equal(given, []byte(signature(secret[AuthToken], address+fields))) {
				return true
			}
		}
	}
	return false
}

// signature is base64 of HMAC-SHA1, as documented by Twilio (Webhooks security).
func signature(token, text string) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedFields joins names and values in the order of the names. Of a repeated field Twilio signs each different value,
// sorted; its Go library looks at the first one only and so would let others be added. The same value twice, which
// Twilio would sign once and does not send, is never genuine here.
func signedFields(f form) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f)) {
		for _, value := range slices.Sorted(slices.Values(f[name])) {
			b.WriteString(name)
			b.WriteString(value)
		}
	}
	return b.String()
}

// addresses lists the spellings of the webhook's URL that Twilio may have signed: from the configured address and the
// path and query as they came; never from Host or X-Forwarded headers, which a caller chooses.
func addresses(public *url.URL, uri string) []string {
	if prefix := strings.TrimRight(public.EscapedPath(), "/"); !strings.HasPrefix(uri, prefix+"/") {
		uri = prefix + uri // a proxy took it off
	}
	uris := []string{uri}
	if old := legacyQuery(uri); old != uri {
		uris = append(uris, old)
	}
	user := ""
	if public.User != nil {
		user = public.User.String() + "@"
	}
	var list []string
	for _, host := range hosts(public) {
		for _, u := range uris {
			list = append(list, public.Scheme+"://"+user+host+u)
		}
	}
	return list
}

// hosts lists the host as configured, without its port, and with the standard one.
func hosts(public *url.URL) []string {
	bare := strings.TrimSuffix(public.Host, ":"+public.Port())
	if public.Port() != "" {
		return []string{public.Host, bare}
	}
	standard := "443"
	if public.Scheme == "http" {
		standard = "80"
	}
	return []string{bare, net.JoinHostPort(public.Hostname(), standard)}
}

// legacyQuery writes the query as older signers at Twilio do, which leave more characters unescaped.
func legacyQuery(uri string) string {
	path, query, found := strings.Cut(uri, "?")
	if !found || query == "" {
		return uri
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		pairs[i] = legacyEscape(name) + "=" + legacyEscape(value)
	}
	return path + "?" + strings.Join(pairs, "&")
}

var legacyUnescaped = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")

func legacyEscape(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return legacyUnescaped.Replace(url.QueryEscape(plain))
}
