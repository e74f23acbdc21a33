package cloudapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// maxRetryAfter bounds what Meta, or something in between, can make the desk wait.
const maxRetryAfter = 10 * time.Minute

// sendError sorts what went wrong by what may be done about it: by the code of Meta's error, which alone is stable, and
// only without one by the HTTP status. What Meta may have taken is never called NotSent.
func (k *call) sendError(err error) *channel.SendError {
	switch {
	case k.status == 0 && !k.reached.Load():
		return &channel.SendError{Outcome: channel.NotSent, Text: "Meta could not be reached: " + cause(err)}
	case k.status == 0:
		return &channel.SendError{Outcome: channel.Ambiguous, Text: "The connection to Meta broke: " + cause(err)}
	}
	e := k.refused()
	if e.Outcome == channel.NotSent {
		e.RetryAfter = max(e.RetryAfter, retryAfter(k.header))
	}
	return e
}

// refused describes an error in Meta's words, with the outcome and the advice of its code.
func (k *call) refused() *channel.SendError {
	code := k.code()
	known := lookUp(code)
	e := &channel.SendError{Outcome: known.outcome, Code: code, Advice: known.advice, RetryAfter: known.wait}
	if e.Outcome == 0 {
		e.Outcome = k.outcome()
	}
	if e.Outcome == channel.Credentials && e.Advice == "" {
		e.Advice = tokenAdvice
	}
	e.Text = firstOf(k.answer.at("error", "error_data", "details"), k.answer.at("error", "message"))
	if known.text != "" {
		e.Text = known.text
	}
	if e.Text == "" {
		e.Text = "Meta answered " + strconv.Itoa(k.status) + " and nothing that could be read."
	}
	return e
}

// code is that of Meta's error; "" when the answer holds none. 0 is a code of its own.
func (k *call) code() string { return clean(k.answer.at("error", "code").word(), 32) }

// outcome is what the status says when the code says nothing. A success that could not be read may be one.
func (k *call) outcome() channel.Outcome {
	switch {
	case k.status == http.StatusTooManyRequests:
		return channel.NotSent
	case k.status == http.StatusUnauthorized:
		return channel.Credentials
	case k.status < 400, k.status >= 500, k.status == http.StatusRequestTimeout, k.answer.at("error", "is_transient").isTrue():
		return channel.Ambiguous
	}
	return channel.Rejected
}

// cause is the error without the URL that net/http may put around it.
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

// retryAfter reads the header, which holds seconds or a date; 0 when it says nothing. A date counts from the answer's
// own, so that no other clock matters.
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

// refusal turns an error of a check into what an admin reads. missing says what Meta does not know, or does not show to
// this token, which it does not tell apart.
func (k *call) refusal(err error, missing, field string) *model.Error {
	e := k.sendError(err)
	switch {
	case e.Outcome == channel.NotSent || e.Outcome == channel.Ambiguous:
		return model.Refuse(model.ProviderUnreached, "Meta did not answer. Nothing was changed; try again.")
	case e.Code == "0" || e.Code == "190" || k.status == http.StatusUnauthorized:
		return model.Refuse(model.ProviderRefused, "Meta does not accept this access token.", AccessToken)
	case e.Outcome == channel.Credentials:
		return model.Refuse(model.ProviderRefused, "The access token lacks the permissions whatsapp_business_messaging and whatsapp_business_management.", AccessToken)
	case e.Code == "100" || e.Code == "33" || k.status == http.StatusNotFound:
		return model.Refuse(model.ProviderRefused, missing, field)
	}
	return model.Refuse(model.ProviderRefused, "Meta refused: "+e.Text, AccessToken)
}
