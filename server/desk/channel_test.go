package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// keyOf returns the key in a webhook URL of the office.
func (o *office) keyOf(url string) string {
	o.t.Helper()
	key, ok := strings.CutPrefix(url, "https://desk.example.com/base/webhooks/twilio/")
	key, fragment, _ := strings.Cut(key, "#")
	if !ok || model.AccountOfKey(key) != o.account || fragment != "rc=5&rp=ct,rt,5xx" {
		o.t.Fatalf("webhook URL %q", url)
	}
	return key
}

func (o *office) webhookKey(c *model.Channel) string {
	o.t.Helper()
	url, err := o.WebhookURL(o.asAdmin(), c)
	if err != nil {
		o.t.Fatal(err)
	}
	return o.keyOf(url)
}

// wantKey fails unless the key leads to the channel, or to none.
func (o *office) wantKey(key string, c *model.Channel) {
	o.t.Helper()
	got, err := o.db.ChannelByKey(o.t.Context(), key)
	if c == nil {
		wantCode(o.t, err, model.NotFound)
	} else if err != nil || got.ID != c.ID || got.Sender != c.Sender {
		o.t.Errorf("key leads to %+v, %v", got, err)
	}
}

func TestCreateChannel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.carrier.warnings = []string{"A warning."}
	in := twilioChannel(" Support ", " +15550000001\n")
	in.Secret["authToken"] += " \n"
	o.events()
	c, warnings, err := o.CreateChannel(o.asAdmin(), in)
	if err != nil || len(warnings) != 1 {
		t.Fatal(warnings, err)
	}
	if c.Name != "Support" || c.Sender.PhoneNumber != "+15550000001" || c.State() != model.ChannelActive || c.SecretHint != "cdef" ||
		c.ReopenPolicy != model.AlwaysNew || c.AssignmentMode != model.Manual {
		t.Errorf("channel %+v", c)
	}
	if o.carrier.secret["authToken"] != "0123456789abcdef0123456789abcdef" {
		t.Errorf("checked %v", o.carrier.secret)
	}
	o.wantKey(o.webhookKey(c), c)
	o.wantKey(model.NewKey(o.account), nil)
	o.wantKey("nonsense", nil)
	o.wantEvents(show(model.Event{Kind: model.ChannelChanged, ChannelID: c.ID}))
	o.count(1, `channels WHERE secret LIKE 'k1:%' AND row(channels)::text NOT LIKE '%0123456789%'`)
}

func TestCreateChannelStoresNothingRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.connect("+15550000001")
	service := twilioChannel("Service", "")
	service.Sender.Service = "MG1"
	if _, _, err := o.CreateChannel(o.asAdmin(), service); err != nil {
		t.Fatal(err)
	}
	try := func(change func(*desk.NewChannel), code model.Code, path ...string) {
		t.Helper()
		in := twilioChannel("New", "+15550000009")
		change(&in)
		_, _, err := o.CreateChannel(o.asAdmin(), in)
		wantCode(t, err, code, path...)
	}
	try(func(n *desk.NewChannel) { n.Name = "" }, model.Invalid, "name")
	try(func(n *desk.NewChannel) { n.Name = "LINE +15550000001" }, model.Taken, "name")
	try(func(n *desk.NewChannel) { n.Sender.PhoneNumber = "+15550000001" }, model.Taken, "credentials", "twilioWhatsapp", "sender", "phoneNumber")
	try(func(n *desk.NewChannel) { n.Sender = service.Sender }, model.Taken, "credentials", "twilioWhatsapp", "sender", "messagingServiceSid")
	try(func(n *desk.NewChannel) { n.Sender.Service = "MG2" }, model.Invalid, "credentials", "twilioWhatsapp", "sender")
	try(func(n *desk.NewChannel) { n.Sender.PhoneNumber = "" }, model.Invalid, "credentials", "twilioWhatsapp", "sender")
	try(func(n *desk.NewChannel) { n.Provider = model.EngageLab }, model.Invalid, "credentials", "twilioWhatsapp")
	o.carrier.refuse = model.Refuse(model.ProviderRefused, "No.", "authToken")
	try(func(*desk.NewChannel) {}, model.ProviderRefused, "credentials", "twilioWhatsapp", "authToken")
	o.count(2, `channels`)
	o.count(2, `webhook_keys`)
	hana := o.hire("hana", model.Supervisor)
	_, _, err := o.CreateChannel(o.as(hana.ID, model.Supervisor), twilioChannel("New", "+15550000009"))
	wantCode(t, err, model.Forbidden)
}

func TestWebhookURLIsForThoseWhoSeeAll(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana := o.hire("hana", model.AgentRole)
	c := o.connect("+15550000001")
	for role, shown := range map[model.Role]bool{model.Admin: true, model.Supervisor: true, model.AgentRole: false} {
		if url, err := o.WebhookURL(o.as(hana.ID, role), c); err != nil || (url != "") != shown {
			t.Errorf("%s gets %q, %v", role, url, err)
		}
	}
}

func TestRotateWebhookURLKeepsTheFormerOneADay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	first := o.webhookKey(c)
	if _, err := o.RotateWebhookURL(o.asAdmin(), c.ID); err != nil {
		t.Fatal(err)
	}
	second := o.webhookKey(c)
	if second == first {
		t.Error("the URL is the same")
	}
	o.wantKey(first, c)
	o.wantKey(second, c)
	o.count(1, `webhook_keys WHERE key = $1 AND expires_at BETWEEN now() + '23:59' AND now() + '24:00'`, first)
	o.exec(`UPDATE webhook_keys SET expires_at = now() WHERE key = $1`, first)
	o.wantKey(first, nil)
	if err := o.ForgetExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.count(1, `webhook_keys`)
}

func TestUpdateChannelReplacesCheckedCredentials(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	o.exec(`UPDATE channels SET credentials_bad_at = now()`)
	in := twilioChannel("", "+15550000002")
	in.Secret = model.Secret{"authToken": "ffffffffffffffffffffffffffff9876"}
	change := desk.ChannelChange{Channel: c.ID, Credentials: &in}
	o.carrier.refuse = model.Refuse(model.ProviderUnreached, "No answer.")
	got, _, err := o.UpdateChannel(o.asAdmin(), change)
	wantCode(t, err, model.ProviderUnreached, "credentials", "twilioWhatsapp")
	if got == nil || got.Sender.PhoneNumber != "+15550000001" || got.State() != model.ChannelNeedsCredentials {
		t.Errorf("as it is now: %+v", got)
	}
	o.carrier.refuse = nil
	if got, _, err = o.UpdateChannel(o.asAdmin(), change); err != nil || got.Sender.PhoneNumber != "+15550000002" || got.State() != model.ChannelActive || got.SecretHint != "9876" {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err = o.db.Channel(t.Context(), o.account, c.ID); err != nil {
		t.Fatal(err)
	}
	current, all, err := o.Secrets(t.Context(), got)
	if err != nil || current["authToken"] != in.Secret["authToken"] || len(all) != 2 || all[1]["authToken"] != "0123456789abcdef0123456789abcdef" {
		t.Errorf("secrets %v %v, %v", current, all, err)
	}
	o.wind(24 * time.Hour)
	if _, all, err = o.Secrets(t.Context(), got); err != nil || len(all) != 1 {
		t.Errorf("after a day %v, %v", all, err)
	}
	if err := o.ForgetExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.count(1, `channels WHERE secret_before IS NULL`)
}

func TestUpdateChannelKeepsKindAndProvider(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c, other := o.connect("+15550000001"), o.connect("+15550000002")
	sms := twilioChannel("", "+15550000001")
	sms.Kind, sms.CredentialsPath = model.SMS, []string{"credentials", "twilioSms"}
	_, _, err := o.UpdateChannel(o.asAdmin(), desk.ChannelChange{Channel: c.ID, Credentials: &sms})
	wantCode(t, err, model.Invalid, "credentials", "twilioSms")
	taken := twilioChannel("", other.Sender.PhoneNumber)
	_, _, err = o.UpdateChannel(o.asAdmin(), desk.ChannelChange{Channel: c.ID, Credentials: &taken})
	wantCode(t, err, model.Taken, "credentials", "twilioWhatsapp", "sender", "phoneNumber")
	same := twilioChannel("", "+15550000001")
	got, _, err := o.UpdateChannel(o.asAdmin(), desk.ChannelChange{Channel: c.ID, Credentials: &same})
	if err != nil || got.SealedBefore != "" {
		t.Errorf("the same credentials made former ones: %+v, %v", got, err)
	}
}

func TestChannelIsPausedAndRemoved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hana := o.hire("hana", model.AgentRole)
	c := o.connect("+15550000001")
	key := o.webhookKey(c)
	if _, err := o.AddChannelAgents(o.asAdmin(), c.ID, []model.ID{hana.ID}); err != nil {
		t.Fatal(err)
	}
	got, _, err := o.UpdateChannel(o.asAdmin(), desk.ChannelChange{Channel: c.ID, Paused: ptr(true), Name: ptr("Night")})
	if err != nil || got.State() != model.ChannelPaused || got.Name != "Night" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, _, err = o.UpdateChannel(o.asAdmin(), desk.ChannelChange{Channel: c.ID, Paused: ptr(false)}); err != nil || got.State() != model.ChannelActive {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = o.RemoveChannel(o.asAdmin(), c.ID); err != nil || got.RemovedAt == nil || got.Sends() {
		t.Errorf("%+v, %v", got, err)
	}
	o.wantKey(key, nil)
	if url, err := o.WebhookURL(o.asAdmin(), got); err != nil || url != "" {
		t.Errorf("a removed channel has the URL %q, %v", url, err)
	}
	if of, err := o.db.ChannelsOf(t.Context(), o.account, hana.ID); err != nil || len(of) != 1 {
		t.Errorf("members who read it: %v, %v", of, err)
	}
	_, _, err = o.UpdateChannel(o.asAdmin(), desk.ChannelChange{Channel: c.ID, Paused: ptr(false)})
	wantCode(t, err, model.ChannelNotActive, "channelId")
	_, err = o.RotateWebhookURL(o.asAdmin(), c.ID)
	wantCode(t, err, model.ChannelNotActive, "channelId")
	o.connect("+15550000001") // the number is free again
}

func TestSendingResumesWhenItCan(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	waits := o.conversation(c, model.Open, "")
	o.exec(`INSERT INTO messages (account_id, conversation_id, seq, id, channel_id, direction, kind, text, status, created_at)
		VALUES ($1, $2, 1, $3, $4, 'OUTBOUND', 'TEXT', 'hello', 'QUEUED', now())`, o.account, waits, model.NewID(model.KindMessage), c.ID)
	good := twilioChannel("", "+15550000001")
	for _, step := range []struct {
		what   string
		change desk.ChannelChange
		jobs   int
	}{
		{"renamed", desk.ChannelChange{Name: ptr("Line")}, 0},
		{"paused", desk.ChannelChange{Paused: ptr(true)}, 0},
		{"paused, with new credentials", desk.ChannelChange{Credentials: &good}, 0},
		{"resumed", desk.ChannelChange{Paused: ptr(false)}, 1},
		{"with new credentials", desk.ChannelChange{Credentials: &good}, 1},
	} {
		o.exec(`DELETE FROM river_job`)
		step.change.Channel = c.ID
		if _, _, err := o.UpdateChannel(o.asAdmin(), step.change); err != nil {
			t.Fatal(err)
		}
		var jobs int
		if o.one(&jobs, `SELECT count(*) FROM river_job WHERE args->>'conversation' = $1::text`, waits); jobs != step.jobs {
			t.Errorf("%s: %d jobs to send, want %d", step.what, jobs, step.jobs)
		}
	}
}

func TestUpdateAssignment(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.connect("+15550000001")
	got, err := o.UpdateAssignment(o.asAdmin(), desk.AssignmentChange{Channel: c.ID, Mode: ptr(model.Sequential), ReopenPolicy: ptr(model.ReopenWithin), ReopenWithinHours: ptr(48)})
	if err != nil || got.AssignmentMode != model.Sequential || got.ReopenPolicy != model.ReopenWithin || got.ReopenWithinHours != 48 {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = o.UpdateAssignment(o.asAdmin(), desk.AssignmentChange{Channel: c.ID, ReopenWithinHours: ptr(0)})
	wantCode(t, err, model.Invalid, "reopenWithinHours")
	if got == nil || got.ReopenWithinHours != 48 {
		t.Errorf("as it is now: %+v", got)
	}
	_, err = o.UpdateAssignment(o.asAdmin(), desk.AssignmentChange{Channel: model.NewID(model.KindChannel)})
	wantCode(t, err, model.NotFound, "channelId")
	_, err = o.UpdateAssignment(o.as(o.admin, model.Supervisor), desk.AssignmentChange{Channel: c.ID})
	wantCode(t, err, model.Forbidden)
}
