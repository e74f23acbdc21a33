package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/desk"
)

// maxWebhook is how many bytes a provider's request may hold, unless the provider says otherwise. Twilio's hold a few
// thousand.
const maxWebhook = 256 << 10

// webhookTime is how long storing may take; the provider waits 15 s for the whole exchange.
const webhookTime = 10 * time.Second

// webhooks serves POST /webhooks/{provider}/{key}, and GET for providers that first ask whether they are expected. A
// webhook that was taken is answered without a body: Twilio sends one of type text/plain to the customer. 5xx is only for
// what a retry can mend.
type webhooks struct {
	desk    *desk.Desk
	routes  map[string]int64 // of the providers that the program has, with the size of their webhooks in bytes
	metrics *metrics
	log     *slog.Logger
}

// routesOf lists the routes of the providers.
func routesOf(providers []channel.Provider) map[string]int64 {
	routes := map[string]int64{}
	for _, p := range providers {
		routes[p.Route()] = maxWebhook
		if l, ok := p.(channel.BodyLimiter); ok {
			routes[p.Route()] = l.MaxBody()
		}
	}
	return routes
}

func (h *webhooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	route := r.PathValue("provider")
	limit, known := h.routes[route]
	if !known {
		route, limit = "unknown", maxWebhook // the path is the caller's
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		h.verify(w, r)
		return
	}
	status, reason := h.take(w, r, limit)
	h.metrics.webhook(route, status, time.Since(start))
	if reason != "" {
		http.Error(w, reason, status)
		return
	}
	w.WriteHeader(status)
}

// verify answers a provider that asks whether it is expected. The answer is the caller's own text, so no browser may
// take it for anything else.
func (h *webhooks) verify(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), webhookTime)
	defer cancel()
	answer, err := h.desk.VerifyWebhook(ctx, r.PathValue("provider"), r.PathValue("key"), &channel.Request{Method: r.Method, URI: r.RequestURI, Header: r.Header})
	if err != nil {
		status, reason := h.refusal(ctx, err)
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		http.Error(w, reason, status)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, answer)
}

// take returns the status to answer with, and one line that says what to do unless it was taken.
func (h *webhooks) take(w http.ResponseWriter, r *http.Request, limit int64) (int, string) {
	ctx, cancel := context.WithTimeout(r.Context(), webhookTime)
	defer cancel()
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(webhookTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("A webhook holds at most %d KB.", limit>>10)
	case err != nil:
		return http.StatusBadRequest, "The request did not arrive whole."
	}
	status, err := h.desk.Webhook(ctx, r.PathValue("provider"), r.PathValue("key"), &channel.Request{Method: r.Method, URI: r.RequestURI, Header: r.Header, Body: body})
	if err != nil {
		return h.refusal(ctx, err)
	}
	return status, ""
}

// refusal turns what went wrong into the status and the line.
func (h *webhooks) refusal(ctx context.Context, err error) (int, string) {
	var refused *channel.Refusal
	switch {
	case errors.As(err, &refused):
		return refused.Status, refused.Reason
	case model.CodeOf(err) == model.NotFound:
		return http.StatusNotFound, "There is no channel at this address. Copy the webhook URL from the channel's settings again."
	case model.CodeOf(err) != "":
		return http.StatusBadRequest, "This request cannot be stored."
	}
	h.log.ErrorContext(ctx, "take a webhook", "error", err)
	return http.StatusServiceUnavailable, "Try again."
}
