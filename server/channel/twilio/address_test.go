package twilio

import (
	"slices"
	"testing"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ scheme, id string }{
		"whatsapp:+15551234567":                       {"whatsapp", "+15551234567"},
		" whatsapp: +15551234567 ":                    {"whatsapp", "+15551234567"},
		"WhatsApp:+15551234567":                       {"whatsapp", "+15551234567"},
		"whatsapp:15551234567":                        {"whatsapp", "+15551234567"},
		"whatsapp:+1 (555) 123-45.67":                 {"whatsapp", "+15551234567"},
		"whatsapp:+1555123４５６７":                       {"whatsapp", "+15551234567"},
		"whatsapp:＋１５５５１２３４５６７":                       {"whatsapp", "+15551234567"},
		"whatsapp:+١٥٥٥١٢٣٤٥٦٧":                       {"whatsapp", "+15551234567"},
		"whatsapp:+𝟏𝟓𝟓𝟓𝟏𝟐𝟑𝟒𝟓𝟔𝟕":                       {"whatsapp", "+15551234567"},
		"+15551234567":                                {"", "+15551234567"},
		"15551234567":                                 {"", "+15551234567"},
		"rcs:+15551234567":                            {"rcs", "+15551234567"},
		"whatsapp:US.13491208655302741918":            {"whatsapp", "US.13491208655302741918"},
		"whatsapp:US.ENT.11815799212886844830":        {"whatsapp", "US.ENT.11815799212886844830"},
		"whatsapp:+1234567890123456":                  {"whatsapp", "+1234567890123456"}, // one digit too many for E.164
		"72975":                                       {"", "72975"},
		"12345678":                                    {"", "12345678"},
		"ACME Bank":                                   {"", "ACME Bank"},
		"0612345678":                                  {"", "0612345678"},
		"whatsapp:":                                   {"whatsapp", ""},
		"":                                            {"", ""},
		"a longer text: which is no scheme of Twilio": {"", "a longer text: which is no scheme of Twilio"},
		"+": {"", "+"},
	}
	for in, want := range cases {
		if scheme, id := address(in); scheme != want.scheme || id != want.id {
			t.Errorf("address(%q) = %q, %q; want %q, %q", in, scheme, id, want.scheme, want.id)
		}
	}
}

func TestSenders(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ from, user, parent, want []string }{
		"number":                   {from: []string{"whatsapp:+15551234567"}, want: []string{"+15551234567"}},
		"number and id":            {[]string{"whatsapp:+15551234567"}, []string{"whatsapp:US.1"}, nil, []string{"+15551234567", "US.1"}},
		"id twice, and its parent": {[]string{"whatsapp:US.1"}, []string{"whatsapp:US.1"}, []string{"whatsapp:US.ENT.2"}, []string{"US.1", "US.ENT.2"}},
		"number in second place":   {[]string{"whatsapp:US.1"}, []string{"whatsapp:+15551234567"}, []string{"whatsapp:US.ENT.2"}, []string{"+15551234567", "US.1", "US.ENT.2"}},
	}
	for name, tc := range cases {
		f := form{"From": tc.from, "ExternalUserId": tc.user, "ParentExternalUserId": tc.parent}
		if got := f.senders(); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
