package twiliotest

import "strings"

// optOut does what Twilio does with STOP and START by SMS before anybody else sees them: the number may not be sent to
// until the customer starts again, and Twilio answers by itself. The message is posted to the desk all the same. The
// caller holds the lock.
func (t *Twilio) optOut(m *message) {
	if m.sender.whatsApp() {
		return
	}
	switch strings.ToUpper(strings.TrimSpace(m.Body)) {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT":
		m.sender.optedOut[m.customer] = true
		t.respond(m, "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.")
	case "START", "YES", "UNSTOP":
		if m.sender.optedOut[m.customer] {
			delete(m.sender.optedOut, m.customer)
			t.respond(m, "You have successfully been re-subscribed to messages from this number. Reply STOP to unsubscribe.")
		}
	}
}

// joins lets the customer into the sandbox, which keeps that message for itself.
func (t *Twilio) joins(m *message) bool {
	if !strings.HasPrefix(strings.ToLower(m.Body), "join ") {
		return false
	}
	m.sender.joined[m.customer] = true
	t.respond(m, "You are all set! The sandbox can now send you messages.")
	return true
}

// respond puts a message on the customer's phone that no API call asked for. The caller holds the lock.
func (t *Twilio) respond(to *message, text string) {
	m := &message{account: to.account, customer: to.customer, sender: to.sender, service: to.service}
	at := t.now()
	m.Message = Message{
		Sid: t.sid("SM"), Direction: outboundReply, From: to.To, To: to.From, Service: to.Service, Body: text,
		Status: delivered, Sent: &at, Arrived: true,
	}
	m.segments = segments(m.To, text)
	t.add(m)
}
