package twiliotest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

func TestFaultsOfTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	for i, c := range []struct {
		name  string
		fault twiliotest.Fault
		taken bool
		check func(answer) bool
	}{
		{"reset after accepting", twiliotest.Fault{Kind: twiliotest.Reset, Accept: true}, true,
			func(a answer) bool { return errors.Is(a.err, syscall.ECONNRESET) }},
		{"reset before", twiliotest.Fault{Kind: twiliotest.Reset}, false,
			func(a answer) bool { return errors.Is(a.err, syscall.ECONNRESET) }},
		{"500 after accepting", twiliotest.Fault{Kind: twiliotest.ServerError, Accept: true}, true,
			func(a answer) bool { return a.status == 500 && a.fields["code"] == 20500.0 }},
		{"500 before", twiliotest.Fault{Kind: twiliotest.ServerError}, false,
			func(a answer) bool { return a.status == 500 }},
		{"503 in HTML", twiliotest.Fault{Kind: twiliotest.Unavailable, RetryAfter: 1500 * time.Millisecond}, false,
			func(a answer) bool {
				return a.status == 503 && a.header.Get("Content-Type") == "text/html" && a.header.Get("Retry-After") == "2"
			}},
		{"half a 201", twiliotest.Fault{Kind: twiliotest.Cut}, true,
			func(a answer) bool { return a.status == 201 && errors.Is(a.err, io.ErrUnexpectedEOF) }},
		{"429", twiliotest.Fault{Kind: twiliotest.RateLimited, RetryAfter: time.Second, Accept: true}, false,
			func(a answer) bool {
				return a.status == 429 && a.fields["code"] == 20429.0 && a.header.Get("Retry-After") == "1"
			}},
		{"401", twiliotest.Fault{Kind: twiliotest.Unauthorized}, false,
			func(a answer) bool { return a.status == 401 && a.fields["code"] == 20003.0 }},
		{"any refusal", twiliotest.Fault{Kind: twiliotest.Refuse, Status: 400, Code: 21611, Text: "full"}, false,
			func(a answer) bool {
				return a.status == 400 && a.fields["code"] == 21611.0 && a.fields["message"] == "full"
			}},
		{"slow", twiliotest.Fault{Kind: twiliotest.Slow, Delay: 20 * time.Millisecond}, true,
			func(a answer) bool { return a.status == 201 }},
	} {
		text := fmt.Sprint("message ", i)
		before := len(w.Ledger())
		w.FailNext(1, c.fault)
		a := w.create(t, "Body", text)
		if !c.check(a) {
			t.Errorf("%s: %d %q %v", c.name, a.status, a.text, a.err)
		}
		if taken := len(w.Ledger()) > before; taken != c.taken {
			t.Errorf("%s: taken %v, want %v", c.name, taken, c.taken)
		}
		if !c.taken {
			continue
		}
		if _, err := w.WaitForMessage(w.ctx, ana, twiliotest.Says(text)); err != nil {
			t.Errorf("%s: the accepted message did not arrive: %v", c.name, err)
		}
	}
	if a := w.create(t); a.status != http.StatusCreated {
		t.Errorf("after the faults: %d %s", a.status, a.text)
	}
}

func TestHangEndsWhenTheCallerGivesUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	w.FailNext(1, twiliotest.Fault{Kind: twiliotest.Hang, Accept: true})
	short := *w
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	short.ctx = ctx
	ended := make(chan error, 1)
	go func() { ended <- short.create(t, "StatusCallback", w.desk.URL+"/x?message=1").err }()
	if _, err := w.WaitForMessage(w.ctx, ana, twiliotest.Says("hello")); err != nil {
		t.Errorf("the callback alone is to prove the acceptance: %v", err)
	}
	select {
	case err := <-ended:
		t.Fatalf("the call ended by itself: %v", err)
	default:
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the call ended with %v", err)
	}
}

func TestCloseLetsHeldRequestsGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	reached := make(chan struct{})
	w.Fail(func(*twiliotest.Call) *twiliotest.Fault {
		close(reached)
		return &twiliotest.Fault{Kind: twiliotest.Hang}
	})
	ended := make(chan error, 1)
	go func() { ended <- w.create(t).err }()
	<-reached
	w.Close()
	if err := <-ended; err == nil {
		t.Error("a held request was answered")
	}
}

func TestCallbackBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.writes(t, twiliotest.Inbound{From: ana, To: twiliotest.WhatsAppNumber, Body: "hi"})
	w.FailNext(1, twiliotest.Fault{Kind: twiliotest.EarlyAnswers})
	var answered atomic.Bool
	var early atomic.Bool
	w.desk.answers(func(rw http.ResponseWriter, form url.Values) {
		if form.Get("MessageStatus") == "sent" && !answered.Load() {
			early.Store(true)
		}
		rw.WriteHeader(http.StatusNoContent)
	})
	sid := w.sends(t, "StatusCallback", w.desk.URL+"/x")
	answered.Store(true)
	if !early.Load() {
		t.Error("the answer came before the first callback")
	}
	if err := w.WaitIdle(w.ctx); err != nil {
		t.Fatal(err)
	}
	if got := w.desk.statuses(sid); got != "sent delivered" {
		t.Errorf("callbacks %q", got)
	}
}

func TestHookSeesEveryOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twiliotest.Options{})
	w.Fail(func(c *twiliotest.Call) *twiliotest.Fault {
		if c.Operation == "FetchService" {
			return &twiliotest.Fault{Kind: twiliotest.ServerError}
		}
		return nil
	})
	if a := w.call(t, "/v1/Services/"+twiliotest.ServiceSid, nil); a.status != 500 {
		t.Errorf("the named operation: %d", a.status)
	}
	if a := w.call(t, "/v1/Services", nil); a.status != 200 {
		t.Errorf("another operation: %d", a.status)
	}
	w.Fail(nil)
	if a := w.call(t, "/v1/Services/"+twiliotest.ServiceSid, nil); a.status != 200 {
		t.Errorf("without a hook: %d", a.status)
	}
}

func TestSometimesIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	faults := []twiliotest.Fault{{Kind: twiliotest.Reset}, {Kind: twiliotest.ServerError}}
	a, b := twiliotest.Sometimes(3, 0.1, faults...), twiliotest.Sometimes(3, 0.1, faults...)
	hit := 0
	for range 1000 {
		x, y := a(&twiliotest.Call{Operation: "CreateMessage"}), b(&twiliotest.Call{Operation: "CreateMessage"})
		if (x == nil) != (y == nil) || x != nil && *x != *y {
			t.Fatal("two hooks of one seed differ")
		}
		if x != nil {
			hit++
		}
	}
	if hit < 60 || hit > 140 {
		t.Errorf("%d of 1000 requests had a fault, want about 100", hit)
	}
}
