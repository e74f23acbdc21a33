package server

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// lines keeps a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// What people write, who they are and what opens a door never reaches the log, whatever goes right or wrong.
func TestLogHoldsNobodysWords(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{Development, Production} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			var log lines
			d := &door{world: newWorldLogging(t, &log, func(c *Config) { c.Mode = mode })}
			secrets := d.liveDay()
			d.server.Stop(t.Context())
			text := log.String()
			if !strings.Contains(text, "take a webhook") {
				t.Errorf("the outage was not logged: %s", text)
			}
			for what, secret := range secrets {
				if secret == "" || strings.Contains(text, secret) {
					t.Errorf("the log holds %s, %q", what, secret)
				}
			}
			if numbers := regexp.MustCompile(`\+?44770[0-9]+|\+?1555[0-9]+`).FindAllString(text, -1); numbers != nil {
				t.Errorf("the log holds the numbers %q", numbers)
			}
		})
	}
}

// liveDay is a day at the desk on which everything goes wrong that can, and returns what must be told to nobody.
func (d *door) liveDay() map[string]string {
	d.t.Helper()
	d.channel("WhatsApp", twiliotest.WhatsAppNumber)
	d.webhook = withoutFragment(d.twilio.Webhook(twiliotest.WhatsAppNumber))
	d.agent("canaryagent", "WhatsApp")
	p := d.agents["canaryagent"]
	d.customerSays(customer, "canary from the customer", twiliotest.WhatsAppNumber, true)
	p.seesMessage("canary from the customer")
	p.seesAttachment("READY")
	p.reply("canary from the agent", "")
	d.customerReceives(customer, "canary from the agent")
	p.note("canary in a note")
	address := d.fileFor(p, "canaryfile.png", pixel)
	d.twilio.FailDelivery(func(twiliotest.Message) int { return 63024 })
	p.reply("canary that fails", "")
	p.seesDelivery("canary that fails", "FAILED")
	d.twilio.FailNext(1, twiliotest.Fault{Kind: twiliotest.ServerError})
	p.reply("canary in doubt", "")
	d.eventually("a message is in doubt", func() bool { return d.count("messages WHERE status = 'UNKNOWN'") == 1 })
	d.company.breakCredentials(d.world)
	p.reply("canary without credentials", "")
	p.seesChannel("WhatsApp", "NEEDS_CREDENTIALS")
	d.knock(knock{form: d.form("canary that is forged"), token: "canarytoken"})
	d.knock(knock{address: d.url() + "/webhooks/canaryprovider/canarykey", form: d.form("canary")})
	send(d.t, d.asked("canarybearer", `{ canary }`))
	send(d.t, d.asked(p.token, `query canary($x: Canary!) { node(id: "canary") { id } }`))
	p.mutate("signIn", `{"email":"canary@example.org","password":"canarypassword"}`, "token")
	d.outageOf(p)
	d.agents["canaryagent"].must("changePassword", `{"currentPassword":"`+testPassword+`","password":"canarypassword2"}`)
	return map[string]string{"a text": "canary", "the webhook's key": d.webhook[strings.LastIndexByte(d.webhook, '/')+1:], "a session": p.token, "the admin's session": d.admin.token,
		"a password": testPassword, "the auth token": twiliotest.AuthToken, "the new auth token": d.token, "an e-mail address": "example.org", "a file's address": address[strings.LastIndex(address, "sig=")+4:]}
}

// outageOf lets everything fail that needs the database.
func (d *door) outageOf(p *person) {
	d.t.Helper()
	end := d.outage()
	d.says("canary during an outage")
	send(d.t, d.asked(p.token, `mutation { addNote(input: {conversationId: "`+p.inView()+`", clientKey: "canary", text: "canary"}) { userErrors { code } } }`))
	send(d.t, d.asked("", `mutation { signIn(input: {email: "canary@example.org", password: "canarypassword"}) { token } }`))
	d.upload401("canary")
	end()
	d.eventually("ready again", func() bool { status, _ := d.ready(); return status == http.StatusOK })
}

// upload401 sends a file with a token that is none.
func (d *door) upload401(token string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url()+"/uploads", strings.NewReader("canary"))
	must(d.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("X-File-Name", "canary")
	send(d.t, r)
}
