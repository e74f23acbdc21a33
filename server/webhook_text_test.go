package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// texts are what customers' phones, and those who would break the desk, have been known to send.
var texts = []string{
	"hello", "", " ", "\n", "\t \r\n", "ünïcödé", "日本語のテキスト", "שלום עולם", "مرحبا بالعالم", "👩‍👩‍👧‍👦🏳️‍🌈👍🏽", "𝕳𝖊𝖑𝖑𝖔 𐍈", "\U0010FFFF\U000F0000",
	"nul\x00in the middle", "\x00", "\x00\x00\x00", "ends with nul\x00", "\xff\xfe", "\xc3\x28 is no character", "cut off \xf0\x9f\x98", "overlong \xc0\xaf",
	"a lone surrogate \xed\xa0\x80 in CESU-8", "a pair of them \xed\xa0\xbd\xed\xb8\x80", `a lone surrogate \ud800 in JSON`, `\u0000`, `\x00`, `\`, `\\\`,
	"\ufeffmark", "\u202Eright to left\u202C", "zero\u200bwidth\u200d\u2060", "\u2028line\u2029paragraph", "\uFFFD", "\uFFFE\uFFFF", "\x01\x02\x1b[31mred\x7f\u0085",
	`'; DROP TABLE messages; --`, `" OR ""="`, `$1 $2 ? ?? $tag$ $$`, `%s %d %n %00`, `{{.}} ${x} #{y}`, `<script>alert(1)</script>`, `{"a":"\u0000"}`, `=1+1`, `NULL`, `NaN`,
	strings.Repeat("e\u0301", 9000), strings.Repeat("\u0301", 30000), strings.Repeat("x", model.MaxIncomingText), strings.Repeat("x", model.MaxIncomingText+1),
	strings.Repeat("x", model.MaxIncomingText-1) + "é", strings.Repeat("x", 100_000), strings.Repeat("🦊", 16_385), strings.Repeat("\n", 5000), strings.Repeat("\xff", 22_000),
}

func TestAnyTextIsTakenAndStoredClean(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for i, text := range texts {
		form := d.form(text, "ProfileName", text[:min(len(text), 200)])
		if got := d.knock(knock{form: form}); got.status != http.StatusNoContent {
			t.Errorf("text %d %.40q: answered %d %s", i, text, got.status, got.body)
			continue
		}
		var stored string
		err := d.server.db.Pool().QueryRow(t.Context(), `SELECT text FROM messages WHERE external_id = $1`, form.Get("MessageSid")).Scan(&stored)
		if err != nil || stored != model.CleanText(text, model.MaxIncomingText) {
			t.Errorf("text %d %.40q: stored %.40q, %v", i, text, stored, err)
		}
	}
	if n := d.count("messages"); n != len(texts) {
		t.Errorf("%d messages of %d", n, len(texts))
	}
	if n := d.count("conversations"); n != 1 {
		t.Errorf("%d conversations", n)
	}
}

// The fields beside the text are as much the customer's.
func TestAnyFieldIsTakenClean(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, field := range []string{"ProfileName", "WaId", "MessageType", "ButtonText", "ButtonPayload", "InteractiveData", "ChannelMetadata", "FlowData", "Latitude", "Longitude",
		"Address", "Label", "NumMedia", "MediaUrl0", "MediaContentType0", "OriginalRepliedMessageSid", "ReferralBody", "ReferralSourceUrl", "ReferralNumMedia", "ErrorCode",
		"NumSegments", "ExternalUserId", "SomethingNew", "a\x00b", "\xff", "Forwarded"} {
		for _, value := range []string{"\x00", "\xff\xfe", `{"a":"\ud800\u0000"}`, `{"list_reply":{"id":"\ud800","title":"\u0000"}}`, "-1e400", strings.Repeat("9", 400), strings.Repeat("x", 20_000), "whatsapp:", "https://\x00"} {
			if got := d.knock(knock{form: d.form("text", field, value)}); got.status != http.StatusNoContent {
				t.Errorf("%q = %.30q: answered %d %s", field, value, got.status, got.body)
			}
		}
	}
	if n := d.count("messages") - d.count("webhook_requests"); n != 0 {
		t.Errorf("%d more messages than requests", n)
	}
}

// What a blocked customer writes is kept, opens nothing and is announced to nobody.
func TestBlockedCustomer(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	hana := d.agents["hana"]
	d.says("before")
	hana.seesMessage("before")
	contact := d.contactOf(customer)
	d.admin.must("updateContact", `{"contactId":"`+contact+`","blocked":true}`)
	if got := d.says("blocked text"); got != http.StatusNoContent {
		t.Errorf("answered %d", got)
	}
	d.customerSays(customer, "", twiliotest.WhatsAppNumber, true)
	d.eventually("the blocked customer's picture is kept", func() bool { return d.count("attachments WHERE state = 'READY'") == 1 })
	stranger := "whatsapp:+447700900199"
	if got := d.says("the next", "From", stranger); got != http.StatusNoContent {
		t.Errorf("a stranger: answered %d", got)
	}
	hana.seesMessage("the next")
	hana.hasSeen("blocked text", "0")
	for _, e := range hana.events() {
		if m := e.Event.Message; m != nil && m.Text != "before" && m.Text != "the next" {
			t.Errorf("hana was told of %+v", m)
		}
	}
	if n := d.count("messages WHERE blocked"); n != 2 {
		t.Errorf("%d messages kept", n)
	}
	d.admin.must("updateContact", `{"contactId":"`+contact+`","blocked":false}`)
	d.says("forgiven")
	hana.seesMessage("forgiven")
}

func (d *door) contactOf(address string) (id string) {
	d.t.Helper()
	err := d.server.db.Pool().QueryRow(d.t.Context(), `SELECT contact_id::text FROM identities WHERE address = $1`, model.CleanAddress(address)).Scan(&id)
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}
