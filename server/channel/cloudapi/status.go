package cloudapi

import (
	"strconv"
	"strings"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// status reads a report on a message of ours. It is known by Meta's id, never by the customer's number: Meta may spell
// that otherwise than it was sent.
func (b *batch) status(value, s tree) {
	id := s.at("id").word()
	reached, ok := delivery(strings.ToLower(s.at("status").word()))
	if id == "" || len(id) > maxID || !ok {
		return
	}
	report := model.StatusReport{ExternalID: id, Status: reached, Raw: with(value, "status", s).raw()}
	report.MessageID, report.Attempt = called(s.at("biz_opaque_callback_data").word())
	if reached == model.Failed {
		explain(&report, s.at("errors").list())
	}
	b.got.Statuses = append(b.got.Statuses, report)
}

// delivery translates a status of Meta. A voice message that was played was read. What Meta adds one day proves at least
// that it has the message; that a customer deleted one says nothing about it.
func delivery(status string) (model.DeliveryStatus, bool) {
	switch status {
	case "delivered":
		return model.Delivered, true
	case "read", "played":
		return model.Read, true
	case "failed":
		return model.Failed, true
	case "", "deleted", "warning":
		return "", false
	}
	return model.Sent, true
}

// callback is what a message carries to Meta and back: our id and the number of the attempt.
func callback(m *channel.Outgoing) string {
	return string(m.MessageID) + "." + strconv.Itoa(m.Attempt)
}

// called reads what callback wrote. What is absent or malformed, because the number is used by others too, names nothing.
func called(text string) (id model.ID, attempt int) {
	name, number, _ := strings.Cut(text, ".")
	id, err := model.ParseID(name)
	if err != nil {
		return "", 0
	}
	if n, err := strconv.ParseUint(number, 10, 15); err == nil {
		attempt = int(n)
	}
	return id, attempt
}

// explain adds to the report of a failed message what its error means. Meta's own text serves when the code is not in
// the catalogue.
func explain(r *model.StatusReport, errors []tree) {
	r.ErrorText = "Meta could not deliver the message and gave no reason."
	if len(errors) == 0 {
		return
	}
	e := errors[0]
	r.ErrorCode = clean(e.at("code").word(), 32)
	known := lookUp(r.ErrorCode)
	r.Advice = known.advice
	if text := known.text; text != "" {
		r.ErrorText = text
	} else if text := firstOf(e.at("error_data", "details"), e.at("message"), e.at("title")); text != "" {
		r.ErrorText = text
	}
}
