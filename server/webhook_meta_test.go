package server

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/server/channel/cloudapi/cloudtest"
)

// metaDoor is a desk with a channel of the WhatsApp Cloud API, whose webhooks a test posts itself.
type metaDoor struct {
	*world
	meta            *cloudtest.Meta
	webhook, verify string
}

func newMetaDoor(t testing.TB) *metaDoor {
	w := newMetaWorld(t)
	w.channel("WhatsApp", "whatsapp:"+cloudtest.Number)
	d := &metaDoor{world: w, meta: w.company.(*metaCompany).meta}
	var c struct{ WebhookURL, VerifyToken string }
	decode(t, d.admin.query(`query($id: ID!) { channel(id: $id) { webhookUrl verifyToken } }`, `{"id":"`+w.channels["WhatsApp"]+`"}`)["channel"], &c)
	d.webhook, d.verify = c.WebhookURL, c.VerifyToken
	return d
}

func (d *metaDoor) asks(method, address string, body []byte, signature string) (int, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("X-Hub-Signature-256", signature)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func (d *metaDoor) posts(body []byte) (int, string) {
	return d.asks(http.MethodPost, d.webhook, body, cloudtest.Sign(cloudtest.Secret, body))
}

func TestMetaVerifiesTheWebhook(t *testing.T) {
	t.Parallel()
	d := newMetaDoor(t)
	const query = "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
	twilio := strings.Replace(d.webhook, "/whatsapp/", "/twilio/", 1)
	for _, c := range []struct {
		address string
		status  int
		answer  string
	}{
		{d.webhook + query + d.verify, 200, "1158201444"},
		{d.webhook + query + "x", 403, ""},
		{d.webhook + query, 403, ""},
		{d.webhook, 400, ""},
		{d.webhook[:len(d.webhook)-1] + query + d.verify, 404, ""},
		{twilio + query + d.verify, 404, ""},
	} {
		status, answer := d.asks(http.MethodGet, c.address, nil, "")
		if status != c.status || c.answer != "" && answer != c.answer || strings.Contains(answer, "1158201444") != (c.status == 200) {
			t.Errorf("%d %q, want %d %q", status, answer, c.status, c.answer)
		}
	}
	if len(d.verify) != 32 {
		t.Errorf("the token has %d characters", len(d.verify))
	}
	d.agent("hana", "WhatsApp")
	got := d.agents["hana"].query(`query($id: ID!) { channel(id: $id) { phoneNumberId webhookUrl verifyToken } }`, `{"id":"`+d.channels["WhatsApp"]+`"}`)["channel"]
	if want := `"phoneNumberId":"` + cloudtest.NumberID + `","webhookUrl":null,"verifyToken":null`; !strings.Contains(string(got), want) {
		t.Errorf("an agent is shown %s", got)
	}
}

func TestMetasWebhooksAtTheDoor(t *testing.T) {
	t.Parallel()
	d := newMetaDoor(t)
	payload := func(in cloudtest.Inbound) []byte {
		body, err := d.meta.Payload(in)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	d.meta.AddNumber("200", "+15550100200", cloudtest.AccountID)
	large := payload(cloudtest.Inbound{From: "+447700900101", Text: strings.Repeat("é", 1<<20)})
	for _, c := range []struct {
		name   string
		body   []byte
		status int
		stored int
	}{
		{"a message", payload(cloudtest.Inbound{From: "+447700900101", Text: "hello"}), 200, 1},
		{"a customer without a number", payload(cloudtest.Inbound{UserID: "US.13491208655302741918", Text: "hello"}), 200, 2},
		{"another number of the app", payload(cloudtest.Inbound{From: "+447700900101", Text: "not here", To: "200"}), 200, 2},
		{"two megabytes", large, 200, 3},
		{"four megabytes", append(large, large...), 413, 3},
		{"no JSON", []byte("hello"), 400, 3},
		{"another product", []byte(`{"object":"page"}`), 200, 3},
	} {
		status, answer := d.posts(c.body)
		if status != c.status || (status == 200) != (answer == "") {
			t.Errorf("%s: answered %d %q, want %d", c.name, status, answer, c.status)
		}
		if n := d.count("messages"); n != c.stored {
			t.Errorf("%s: %d messages are stored, want %d", c.name, n, c.stored)
		}
	}
	forged := payload(cloudtest.Inbound{From: "+447700900101", Text: "forged"})
	if status, _ := d.asks(http.MethodPost, d.webhook, forged, cloudtest.Sign(strings.Repeat("0", 32), forged)); status != 403 {
		t.Errorf("a forged webhook is answered %d", status)
	}
	if n := d.count("messages"); n != 3 {
		t.Errorf("%d messages are stored", n)
	}
}

// Credentials are refused in the place of the input where they stand, and nothing of them comes back.
func TestCredentialsOfMetaThatAreRefused(t *testing.T) {
	t.Parallel()
	d := newMetaDoor(t)
	good := d.company.credentials(d.world, "whatsapp:"+cloudtest.Number)
	for _, c := range []struct{ from, to, field string }{
		{`"accessToken":"` + cloudtest.Token, `"accessToken":"EAAother`, "accessToken"},
		{`"appSecret":"7`, `"appSecret":"8`, "appSecret"},
		{`"phoneNumberId":"1`, `"phoneNumberId":"2`, "phoneNumberId"},
		{`"businessAccountId":"4`, `"businessAccountId":"5`, "businessAccountId"},
		{`"phoneNumber":"+15`, `"phoneNumber":"+16`, "phoneNumber"},
		{"", "", "phoneNumber"}, // another channel has it
	} {
		input := `{"name":"Second","credentials":` + strings.Replace(good, c.from, c.to, 1) + `}`
		got := d.admin.mutate("createChannel", input, "channel { id }")
		var made struct {
			UserErrors []struct{ Field []string }
		}
		decode(t, got, &made)
		errs := made.UserErrors
		if len(errs) != 1 || strings.Join(errs[0].Field, ".") != "credentials.whatsappCloud."+c.field || strings.Contains(string(got), cloudtest.Token) {
			t.Errorf("%s: %s", c.field, got)
		}
	}
}

// Why a part of a batch was left out is told to admins, and what stands beside it is stored: Meta sends a webhook that was
// not taken over and over for days.
func TestAPartOfABatchIsLeftOut(t *testing.T) {
	t.Parallel()
	d := newMetaDoor(t)
	d.agent("hana", "WhatsApp")
	d.customerSays("+447700900101", "hello", "", false)
	p := d.agents["hana"]
	p.seesMessage("hello")
	p.reply("one", "")
	p.seesDelivery("one", "DELIVERED")
	d.meta.FailNext(1, cloudtest.Fault{Kind: cloudtest.Unavailable})
	p.reply("in doubt", "")
	p.seesDelivery("in doubt", "UNKNOWN")
	var doubtful, advice string
	if err := d.server.db.Pool().QueryRow(t.Context(), "SELECT id::text, advice FROM messages WHERE status = 'UNKNOWN'").Scan(&doubtful, &advice); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(advice, "The provider reports") {
		t.Errorf("agents are told %q, but Meta cannot be asked", advice)
	}
	number := `"metadata":{"phone_number_id":"` + cloudtest.NumberID + `"}`
	batch := func(values ...string) []byte {
		return []byte(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{` + strings.Join(values, `}},{"field":"messages","value":{`) + `}}]}]}`)
	}
	taken := d.meta.Messages()[0].ID
	for _, c := range []struct{ body, why string }{
		{string(batch(number+`,"statuses":[{"id":"`+taken+`","status":"sent","biz_opaque_callback_data":"`+doubtful+`.1"}]`,
			number+`,"messages":[{"id":"wamid.B1","from":"447700900101","type":"text","text":{"body":"beside a report"}}]`)), "could not hold"},
		{string(batch(`"metadata":{"phone_number_id":"200"},"messages":[{"id":"wamid.B2","from":"447700900101","type":"text","text":{"body":"not here"}}]`,
			number+`,"messages":[{"id":"wamid.B3","from":"447700900101","type":"text","text":{"body":"beside another number"}}]`)), "another phone number ID"},
	} {
		if status, answer := d.posts([]byte(c.body)); status != 200 {
			t.Errorf("answered %d %q", status, answer)
		}
		if err := d.server.desk.SaveHealth(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := d.admin.query(`query($id: ID!) { channel(id: $id) { health { lastRefusedReason } } }`, `{"id":"`+d.channels["WhatsApp"]+`"}`)["channel"]
		if !strings.Contains(string(got), c.why) {
			t.Errorf("admins are told %s, want %q", got, c.why)
		}
	}
	p.seesMessage("beside a report")
	p.seesMessage("beside another number")
	if n := d.count("messages WHERE text = 'not here'"); n != 0 {
		t.Error("another number's message is stored here")
	}
	body := batch(number + `,"statuses":[{"id":"wamid.LATE","status":"delivered","biz_opaque_callback_data":"` + doubtful + `.1"}]`)
	if status, _ := d.posts(body); status != 200 {
		t.Error(status)
	}
	p.seesDelivery("in doubt", "DELIVERED") // the report settles it
}
