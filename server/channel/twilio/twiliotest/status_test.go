package twiliotest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

func TestStatusesOfASentMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"WhatsApp", nil, "sent delivered read"},
		{"SMS", []string{"From", twiliotest.SMSNumber, "To", "+4917012345678"}, "sent delivered"},
		{"service", []string{"From", "", "MessagingServiceSid", twiliotest.ServiceSid}, "queued sent delivered read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, twiliotest.Options{ReadReceipts: true})
			w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
			w.writes(t, twiliotest.Inbound{From: ana, Service: twiliotest.ServiceSid, Body: "hi"})
			sid := w.sends(t, append(c.fields, "StatusCallback", w.desk.URL+"/status?message=1#rc=2")...)
			if err := w.WaitIdle(w.ctx); err != nil {
				t.Fatal(err)
			}
			if got := w.desk.statuses(sid); got != c.want {
				t.Errorf("callbacks %q, want %q", got, c.want)
			}
		})
	}
}

func TestStatusFormOfWhatsApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{Manual: true})
	sid := w.sends(t, "StatusCallback", w.desk.URL+"/status")
	if _, err := w.Report(w.ctx, sid, "failed", 63016); err != nil {
		t.Fatal(err)
	}
	form := w.desk.received()[0]
	for name, want := range map[string]string{
		"MessageSid": sid, "SmsSid": sid, "SmsStatus": "failed", "MessageStatus": "failed", "ErrorCode": "63016",
		"AccountSid": twiliotest.AccountSid, "From": twiliotest.WhatsAppNumber, "To": ana, "ChannelPrefix": "whatsapp",
		"ApiVersion": "2010-04-01",
	} {
		if form.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, form.Get(name), want)
		}
	}
	if form.Get("ChannelInstallSid") == "" || form.Get("ChannelStatusMessage") == "" || form.Has("RawDlrDoneDate") {
		t.Errorf("fields of the channel: %v", form)
	}
}

func TestDeliveryFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.AddSandbox(twiliotest.AccountSid, "whatsapp:+14155238886")
	w.FailDelivery(func(m twiliotest.Message) int {
		if m.Body == "spam" {
			return 30007
		}
		return 0
	})
	for _, c := range []struct {
		name   string
		fields []string
		want   string
		code   int
	}{
		{"nobody wrote", nil, "failed", 63016},
		{"sandbox not joined", []string{"From", "whatsapp:+14155238886"}, "failed", 63015},
		{"by its number", []string{"From", twiliotest.SMSNumber, "To", "+1555010030003"}, "sent undelivered", 30003},
		{"by a rule", []string{"From", twiliotest.SMSNumber, "To", "+4917012345678", "Body", "spam"}, "sent undelivered", 30007},
		{"media away", []string{"MediaUrl", w.desk.URL + "/gone"}, "failed", 63019},
	} {
		sid := w.sends(t, append(c.fields, "StatusCallback", w.desk.URL+"/status")...)
		if err := w.WaitIdle(w.ctx); err != nil {
			t.Fatal(err)
		}
		m, _ := w.Message(sid)
		if got := w.desk.statuses(sid); got != c.want || m.ErrorCode != c.code || m.Arrived {
			t.Errorf("%s: callbacks %q and error %d, want %q and %d", c.name, got, m.ErrorCode, c.want, c.code)
		}
	}
	w.NothingUnexpected(t)
}

func TestWindowOfADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	last := func(fields ...string) int {
		t.Helper()
		sid := w.sends(t, fields...)
		if err := w.WaitIdle(w.ctx); err != nil {
			t.Fatal(err)
		}
		m, _ := w.Message(sid)
		return m.ErrorCode
	}
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	w.Advance(23*time.Hour + 59*time.Minute)
	if code := last(); code != 0 {
		t.Errorf("just inside the window: error %d", code)
	}
	w.Advance(time.Minute)
	if code := last(); code != 63016 {
		t.Errorf("just outside the window: error %d, want 63016", code)
	}
	if code := last("Body", "", "ContentSid", twiliotest.TemplateSid); code != 0 {
		t.Errorf("an approved template outside the window: error %d", code)
	}
	if code := last("From", "whatsapp:"+twiliotest.ServiceNumber); code != 63016 {
		t.Errorf("the window of another sender: error %d, want 63016", code)
	}
}

func TestMischiefWithCallbacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{Seed: 7, ReadReceipts: true})
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	send := func(m twiliotest.Mischief) []string {
		t.Helper()
		w.SetMischief(m)
		sid := w.sends(t, "StatusCallback", w.desk.URL+"/status")
		if err := w.WaitIdle(w.ctx); err != nil {
			t.Fatal(err)
		}
		if now, _ := w.Message(sid); now.Status != "read" {
			t.Errorf("mischief with callbacks changed the message: %s", now.Status)
		}
		var posted []string
		for _, form := range w.desk.received() {
			if form.Get("MessageSid") == sid {
				posted = append(posted, form.Get("MessageStatus"))
			}
		}
		return posted
	}
	if got := send(twiliotest.Mischief{DropStatus: 1}); len(got) != 0 {
		t.Errorf("dropped callbacks came: %v", got)
	}
	if got := send(twiliotest.Mischief{DuplicateStatus: 1}); fmt.Sprint(got) != "[sent sent delivered delivered read read]" {
		t.Errorf("doubled callbacks: %v", got)
	}
	seen := map[string]bool{}
	for range 40 {
		got := send(twiliotest.Mischief{ShuffleStatus: 1})
		seen[fmt.Sprint(got)] = true
		if slices.Sort(got); fmt.Sprint(got) != "[delivered read sent]" {
			t.Fatalf("shuffled callbacks: %v", got)
		}
	}
	if len(seen) < 2 {
		t.Errorf("forty shuffles gave one order: %v", seen)
	}
}

func TestCustomerReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	sid := w.sends(t, "StatusCallback", w.desk.URL+"/status")
	if err := w.WaitIdle(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.CustomerReads(w.ctx, ana)
	w.CustomerReads(w.ctx, ana)
	if got := w.desk.statuses(sid); got != "sent delivered read" {
		t.Errorf("callbacks %q", got)
	}
	forms := w.desk.received()
	if form := forms[len(forms)-1]; form.Get("EventType") != "READ" {
		t.Errorf("the callback of a read message: %v", form)
	}
}

func TestStatusCallbackOfSenderAndService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.SetStatusCallback(twiliotest.SMSNumber, w.desk.URL+"/number")
	w.SetStatusCallback(twiliotest.ServiceSid, w.desk.URL+"/service")
	w.desk.answers(func(rw http.ResponseWriter, _ url.Values) { rw.WriteHeader(http.StatusOK) })
	for want, fields := range map[string][]string{
		"/number":  {"From", twiliotest.SMSNumber, "To", "+4917012345678"},
		"/service": {"From", "", "MessagingServiceSid", twiliotest.ServiceSid, "To", "+4917012345678"},
	} {
		sid := w.sends(t, fields...)
		p, err := w.WaitForPost(w.ctx, func(p twiliotest.Post) bool { return p.MessageSid == sid })
		if err != nil || p.URL != w.desk.URL+want {
			t.Errorf("posted to %q, %v; want %q", p.URL, err, want)
		}
	}
	if err := w.WaitIdle(w.ctx); err != nil {
		t.Fatal(err)
	}
}
