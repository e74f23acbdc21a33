package twiliotest

import (
	"strings"
	"unicode/utf16"
)

// gsm holds the characters of GSM 03.38 that are no ASCII letters or digits; those of its extension count twice.
const (
	gsm         = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà"
	gsmExtended = "^{}\\[~]|€"
)

// segments counts the SMS that a text is cut into: 160 characters, or 153 each with more than one; with any character
// outside GSM 03.38 it is 70 and 67 UTF-16 units. Other channels have one.
func segments(to, body string) int {
	if isWhatsApp(to) {
		return 1
	}
	units, single, each := 0, 160, 153
	for _, r := range body {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(gsm, r):
			units++
		case strings.ContainsRune(gsmExtended, r):
			units += 2
		default:
			single, each = 70, 67
		}
	}
	if single == 70 {
		units = len(utf16.Encode([]rune(body)))
	}
	if units <= single {
		return 1
	}
	return (units + each - 1) / each
}
