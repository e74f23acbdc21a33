package cloudapi

import (
	"net/http"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// Receive verifies a webhook of Meta and reads all of its entries: customers' messages, and reports on messages of ours.
// A well-signed payload is always taken, because Meta sends one that is not over and over for days: what is about another
// number of the app, or of a kind that the desk does not know, is left out.
func (p *Provider) Receive(r *channel.Request, c *model.Channel, secrets []model.Secret) (*channel.Received, error) {
	if r.Method != http.MethodPost {
		return nil, malformed("Meta called with " + clean(r.Method, 16) + " instead of POST.")
	}
	if !genuine(r, secrets) {
		return nil, forged(r)
	}
	payload, ok := parse(r.Body)
	if !ok || !payload.isObject() {
		return nil, malformed("The request is not a JSON object.")
	}
	b := batch{channel: c, now: r.Now, got: channel.Received{Status: http.StatusOK}}
	if object := payload.at("object").word(); object != "whatsapp_business_account" {
		b.leave("The app sends webhooks of another product here: subscribe this address to the WhatsApp Business Account only.")
		return &b.got, nil
	}
	for _, entry := range payload.at("entry").list() {
		for _, change := range entry.at("changes").list() {
			b.read(change)
		}
	}
	return &b.got, nil
}

// batch is what a webhook held, as far as it was read.
type batch struct {
	channel *model.Channel
	now     time.Time
	got     channel.Received
}

// leave notes why something was left out; the first reason stays.
func (b *batch) leave(reason string) {
	if b.got.Left == "" {
		b.got.Left = reason
	}
}

// read takes one change. Fields besides "messages" tell of templates, quality or other senders of the same number.
func (b *batch) read(change tree) {
	value := change.at("value")
	if change.at("field").word() != "messages" {
		return
	}
	number := value.at("metadata", "phone_number_id").word()
	if number == "" || number != b.channel.Sender.NumberID {
		b.leave("Webhooks of another phone number ID come to this address: give that number a channel and an address of its own.")
		return
	}
	for _, m := range value.at("messages").list() {
		b.message(value, m)
	}
	for _, s := range value.at("statuses").list() {
		b.status(value, s)
	}
	for _, e := range value.at("errors").list() {
		b.leave("Meta reports an error of the account: " + e.at("code").word() + " " + clean(e.at("title").word(), 200))
	}
}

// with puts a part of the payload beside its metadata, for the ledger.
func with(value tree, name string, part tree) tree {
	return tree{map[string]any{"metadata": value.at("metadata").value, name: part.value}}
}
