package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
	"github.com/livedesk/livedesk/server/desk"
)

// maxWebhook is how many bytes a provider's request may hold. Twilio's hold a few thousand.
const maxWebhook = 256 << 10

// webhookTime is how long storing may take; the provider waits 15 s for the whole exchange.
const webhookTime = 10 * time.Second

// webhooks serves POST /webhooks/{provider}/{key}. Success is always 204 without a body: Twilio sends a body of type
// text/plain to the customer. 5xx is only for what a retry can mend.
type webhooks struct {
	desk    *desk.Desk
	routes  []string // of the providers that the program has
	metrics *metrics
	log     *slog.Logger
}

func (h *webhooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	status, reason := h.take(w, r)
	route := r.PathValue("provider")
	if !slices.Contains(h.routes, route) {
		route = "unknown" // the path is the caller's
	}
	h.metrics.webhook(route, status, time.Since(start))
	if reason != "" {
		http.Error(w, reason, status)
		return
	}
	w.WriteHeader(status)
}

// take returns the status to answer with, and one line that says what to do unless it was taken.
func (h *webhooks) take(w http.ResponseWriter, r *http.Request) (int, string) {
	ctx, cancel := context.WithTimeout(r.Context(), webhookTime)
	defer cancel()
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(webhookTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhook))
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return http.StatusRequestEntityTooLarge, "A webhook holds at most 256 KB."
	case err != nil:
		return http.StatusBadRequest, "The request did not arrive whole."
	}
	err = h.desk.Webhook(ctx, r.PathValue("provider"), r.PathValue("key"), &channel.Request{Method: r.Method, URI: r.RequestURI, Header: r.Header, Body: body})
	if err != nil {
		return h.refusal(ctx, err)
	}
	return http.StatusNoContent, ""
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
