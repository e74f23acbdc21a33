package twilio

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/twilio/twilio-go/client"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// maxRetryAfter bounds what Twilio, or something in between, can make the desk wait.
const maxRetryAfter = 10 * time.Minute

// sendError sorts what went wrong by what may be done about it. What Twilio may have taken is never called NotSent: a
// 5xx, an answer that is not Twilio's JSON, a connection that broke once there was one.
func (k *call) sendError(err error) *channel.SendError {
	var answer *client.TwilioRestError
	if errors.As(err, &answer) && k.status == 0 {
		return k.refused(answer) // twilio-go itself, before it sent anything
	}
	switch {
	case k.status == 0 && !k.reached.Load():
		return &channel.SendError{Outcome: channel.NotSent, Text: "Twilio could not be reached: " + cause(err)}
	case k.status == 0:
		return &channel.SendError{Outcome: channel.Ambiguous, Text: "The connection to Twilio broke: " + cause(err)}
	case k.status == http.StatusTooManyRequests:
		e := k.refused(answer)
		e.Outcome, e.RetryAfter = channel.NotSent, retryAfter(k.header)
		return e
	case k.status == http.StatusUnauthorized:
		e := k.refused(answer)
		e.Outcome, e.Advice = channel.Credentials, tokenAdvice
		return e
	case answer == nil || k.status >= 500 || k.status == http.StatusRequestTimeout:
		e := k.refused(answer)
		e.Outcome = channel.Ambiguous
		return e
	}
	return k.refused(answer)
}

// refused describes an error in Twilio's words, with the outcome and the advice of its code.
func (k *call) refused(answer *client.TwilioRestError) *channel.SendError {
	if answer == nil {
		text := "Twilio answered " + strconv.Itoa(k.status) + " and nothing that could be read."
		return &channel.SendError{Outcome: channel.Rejected, Text: text}
	}
	code := ""
	if answer.Code > 0 {
		code = strconv.Itoa(answer.Code)
	}
	known := lookUp(code)
	e := &channel.SendError{Outcome: known.outcome, Code: code, Text: clean(answer.Message, maxWord), Advice: known.advice}
	if e.Text == "" {
		e.Text = known.text
	}
	if e.Text == "" {
		e.Text = "Twilio refused the message and gave no reason."
	}
	return e
}

// cause is the error without the URL that net/http puts around it, which names the account.
func cause(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return clean(err.Error(), maxWord)
}

// retryAfter reads the header of a 429, which holds seconds or a date; 0 when it says nothing. A date counts from the
// answer's own, so that no other clock matters.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(text)
	now, err2 := http.ParseTime(h.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// refusal turns an API error of a check into what an admin reads. field is what Twilio does not know when it answers
// 404.
func (k *call) refusal(err error, missing string, field ...string) *model.Error {
	e := k.sendError(err)
	switch {
	case e.Outcome == channel.NotSent || e.Outcome == channel.Ambiguous:
		return model.Refuse(model.ProviderUnreached, "Twilio did not answer. Nothing was changed; try again.")
	case k.status == http.StatusNotFound:
		return model.Refuse(model.ProviderRefused, missing, field...)
	case e.Outcome == channel.Credentials:
		return model.Refuse(model.ProviderRefused, "Twilio does not accept this Account SID with this Auth Token.", AuthToken)
	}
	return model.Refuse(model.ProviderRefused, "Twilio refused: "+e.Text, AuthToken)
}
