package twilio

import (
	"strings"
	"unicode"

	"github.com/livedesk/livedesk/model"
)

const whatsappScheme = "whatsapp"

// maxAddress is how many characters a customer's address may have, without its scheme: those of a business-scoped user
// id are 131 at most.
const maxAddress = 200

// address takes a Twilio address apart: its scheme ("whatsapp", "" for SMS) and the number or id, spelled in the one
// way that the desk stores, so that one customer has one address. What is no international number is left as it is:
// short codes, alphanumeric senders, business-scoped user ids.
func address(s string) (scheme, id string) {
	s = strings.TrimSpace(s)
	if i := strings.IndexByte(s, ':'); i > 0 && i < 12 {
		scheme, s = strings.ToLower(s[:i]), strings.TrimSpace(s[i+1:])
	}
	digits, marked := number(s)
	if (marked || len(digits) >= minUnmarked(scheme)) && model.IsPhoneNumber("+"+digits) {
		return scheme, "+" + digits
	}
	return scheme, s
}

// minUnmarked is from how many digits a number without "+" is an international one. An SMS may come from a short code
// or from a number in its national form, so there it takes more.
func minUnmarked(scheme string) int {
	if scheme == whatsappScheme {
		return 7
	}
	return 10
}

// number returns the digits of a telephone number, in any script and with the usual separators, and whether it begins
// with a plus sign. Digits are "" when it is no number.
func number(s string) (digits string, marked bool) {
	var b strings.Builder
	for i, r := range s {
		switch {
		case i == 0 && (r == '+' || r == '\uFF0B'):
			marked = true
		case unicode.IsDigit(r):
			b.WriteByte('0' + digit(r))
		case unicode.IsSpace(r) || strings.ContainsRune("-.()/", r):
		default:
			return "", false
		}
	}
	return b.String(), marked
}

// digit is the value of a decimal digit: each range of Unicode's Nd begins with a zero and holds whole tens.
func digit(r rune) byte {
	for _, g := range unicode.Nd.R16 {
		if rune(g.Lo) <= r && r <= rune(g.Hi) {
			return byte((r - rune(g.Lo)) % 10)
		}
	}
	for _, g := range unicode.Nd.R32 {
		if rune(g.Lo) <= r && r <= rune(g.Hi) {
			return byte((r - rune(g.Lo)) % 10)
		}
	}
	return 0
}

// prefixed writes an address as Twilio takes it on a channel of the kind.
func prefixed(kind model.ChannelKind, id string) string {
	if kind == model.WhatsApp {
		return whatsappScheme + ":" + id
	}
	return id
}
