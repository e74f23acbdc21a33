package twilio

import (
	"strings"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// deliveryStatus returns what a status callback reports, in lower case, and "" for a customer's message: that has
// SmsStatus "received" and no MessageStatus.
func (f form) deliveryStatus() string {
	if strings.EqualFold(f.word("EventType"), "read") {
		return "read"
	}
	if s := strings.ToLower(f.word("MessageStatus")); s != "" {
		return s
	}
	s := strings.ToLower(f.word("SmsStatus"))
	if s == "" || inboundStatus(s) {
		return ""
	}
	return s
}

func inboundStatus(s string) bool { return s == "receiving" || s == "received" }

// received wraps the report of a status callback. Reports about customers' own messages hold nothing for the desk.
func (f form) received(status, uri string) *channel.Received {
	if inboundStatus(status) {
		return &channel.Received{}
	}
	id, attempt := reported(uri)
	report := model.StatusReport{
		ExternalID: f.messageSID(),
		MessageID:  id,
		Attempt:    attempt,
		Status:     delivery(status),
		Raw:        f.raw(),
	}
	explain(&report, f.word("ErrorCode"), f.first("ChannelStatusMessage", "ErrorMessage"))
	return &channel.Received{Statuses: []model.StatusReport{report}}
}

// delivery translates a status of Twilio. Whatever comes before delivery is SENT to the desk: Twilio has the message.
// So is a status that Twilio adds one day: it proves that much.
func delivery(status string) model.DeliveryStatus {
	switch status {
	case "delivered":
		return model.Delivered
	case "read":
		return model.Read
	case "failed", "undelivered", "canceled":
		return model.Failed
	}
	return model.Sent
}

// explain adds to the report of a failed message what its error code means. Twilio's own text serves when the code is
// not in the catalogue.
func explain(r *model.StatusReport, code, text string) {
	if r.Status != model.Failed {
		return
	}
	if code = clean(code, 32); code == "0" {
		code = ""
	}
	known := lookUp(code)
	r.ErrorCode, r.ErrorText, r.Advice = code, known.text, known.advice
	if r.ErrorText == "" {
		r.ErrorText = clean(text, maxWord)
	}
	if r.ErrorText == "" {
		r.ErrorText = "Twilio could not deliver the message and gave no reason."
	}
}
