package twiliotest

import (
	"errors"
	"net/http"
	"time"
)

// pageSend plays a customer: the body is an Inbound. It answers when the desk did, with the post.
func (t *Twilio) pageSend(w http.ResponseWriter, r *http.Request) {
	var in Inbound
	if !readJSON(w, r, &in) {
		return
	}
	p, err := t.CustomerSends(r.Context(), in)
	switch {
	case errors.Is(err, ErrNoWebhook):
		sayError(w, http.StatusConflict, "No webhook is set for this number: Twilio has the message, the desk does not know.")
	case errors.Is(err, ErrNotReceived):
		sayError(w, http.StatusConflict, "No webhook is set for the Messaging Service: Twilio drops its messages.")
	case err != nil:
		sayError(w, http.StatusBadRequest, err.Error())
	default:
		reply(http.StatusOK, p.view()).write(w)
	}
}

func (t *Twilio) pageCustomer(w http.ResponseWriter, r *http.Request) {
	var c Customer
	if !readJSON(w, r, &c) {
		return
	}
	if !validAddress(c.Address) || c.UserID != "" && !validAddress(c.UserID) {
		sayError(w, http.StatusBadRequest, "An address is +491701234567, whatsapp:+491701234567 or whatsapp:DE.abc123.")
		return
	}
	t.AddCustomer(c)
	done(w)
}

func (t *Twilio) pageRead(w http.ResponseWriter, r *http.Request) {
	var of struct {
		Customer string `json:"customer"`
	}
	if readJSON(w, r, &of) {
		t.CustomerReads(r.Context(), of.Customer)
		done(w)
	}
}

// pageWebhook sets the URLs of a number, WhatsApp sender or service; an absent one stays as it is.
func (t *Twilio) pageWebhook(w http.ResponseWriter, r *http.Request) {
	var set struct {
		Of       string  `json:"of"`
		URL      *string `json:"url"`
		Callback *string `json:"callback"`
	}
	if !readJSON(w, r, &set) {
		return
	}
	for _, given := range []*string{set.URL, set.Callback} {
		if given != nil && !isURL(*given) {
			sayError(w, http.StatusBadRequest, "This is no address that Twilio takes.")
			return
		}
	}
	t.mu.Lock()
	known := t.senders[set.Of] != nil || t.service(set.Of) != nil
	t.mu.Unlock()
	if !known {
		sayError(w, http.StatusNotFound, "There is no such number or service.")
		return
	}
	t.configure(set.Of, func(g *target) {
		replace(&g.url, set.URL)
		replace(&g.callback, set.Callback)
	})
	done(w)
}

func (t *Twilio) pageRedeliver(w http.ResponseWriter, r *http.Request) {
	var what struct {
		MessageSid string `json:"messageSid"`
		Times      int    `json:"times"`
	}
	if !readJSON(w, r, &what) {
		return
	}
	views := []postView{}
	for _, p := range t.Redeliver(r.Context(), what.MessageSid, min(max(what.Times, 1), 50)) {
		views = append(views, p.view())
	}
	reply(http.StatusOK, views).write(w)
}

var faultNames = map[string]Fault{
	"hang":         {Kind: Hang, Accept: true},
	"reset":        {Kind: Reset, Accept: true},
	"lost":         {Kind: Reset},
	"server-error": {Kind: ServerError, Accept: true},
	"unavailable":  {Kind: Unavailable},
	"rate-limited": {Kind: RateLimited, RetryAfter: time.Second},
	"unauthorized": {Kind: Unauthorized},
	"slow":         {Kind: Slow, Delay: 5 * time.Second},
	"early":        {Kind: EarlyAnswers, Delay: 3 * time.Second},
}

// pageFault makes the next requests that create a message go wrong.
func (t *Twilio) pageFault(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Kind  string `json:"kind"`
		Times int    `json:"times"`
	}
	if !readJSON(w, r, &ask) {
		return
	}
	f, known := faultNames[ask.Kind]
	if !known {
		sayError(w, http.StatusBadRequest, "There is no such fault.")
		return
	}
	t.FailNext(min(max(ask.Times, 1), 100), f)
	done(w)
}

// pageAdvance moves the clock on, to let the 24-hour window pass.
func (t *Twilio) pageAdvance(w http.ResponseWriter, r *http.Request) {
	var by struct {
		Hours float64 `json:"hours"`
	}
	if readJSON(w, r, &by) {
		t.Advance(time.Duration(by.Hours * float64(time.Hour)))
		done(w)
	}
}
