package twiliotest

import "strconv"

// reasons are delivery errors of Twilio's catalogue with their texts: those by which a message that was accepted
// fails later.
var reasons = map[int]string{
	11200: "HTTP retrieval failure",
	30001: "Queue overflow",
	30002: "Account suspended",
	30003: "Unreachable destination handset",
	30004: "Message blocked",
	30005: "Unknown destination handset",
	30006: "Landline or unreachable carrier",
	30007: "Message filtered",
	30008: "Unknown error",
	30034: "Message from an Unregistered Number",
	30410: "Provider Timeout Error",
	63001: "Channel could not authenticate the request",
	63003: "Channel could not find To address",
	63005: "Channel did not accept given content",
	63009: "Channel provider returned an internal service error",
	63013: "Channel policy violation",
	63014: "Message delivery failed because it was blocked by a user action",
	63015: "Channel Sandbox can only send messages to phone numbers that have joined the Sandbox",
	63016: "Failed to send freeform message because you are outside the allowed window. If you are using WhatsApp, please use a Message Template.",
	63018: "Rate limit exceeded for Channel",
	63019: "Media failed to download",
	63021: "Channel invalid content error",
	63024: "Invalid message recipient",
	63032: "We cannot send this message to this user because of a limitation",
	63038: "Account exceeded the daily messages limit",
	63049: "Meta chose not to deliver this WhatsApp marketing message",
}

func reasonText(code int) string {
	if text, known := reasons[code]; known {
		return text
	}
	return "Error " + strconv.Itoa(code)
}

// FailDelivery adds a rule: a message for which it returns an error code is accepted, and fails with that code. 0
// means nothing is wrong with it. A customer's number that ends in a delivery error code, as +1555 00 30003 does,
// needs no rule.
func (t *Twilio) FailDelivery(rule func(Message) int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = append(t.rules, rule)
}

// failure is the code with which the message will fail, or 0. The caller holds the lock.
func (t *Twilio) failure(m *message) int {
	for _, rule := range t.rules {
		if code := rule(m.snapshot()); code != 0 {
			return code
		}
	}
	if number := waID(m.To); len(number) > 5 {
		code, _ := strconv.Atoi(number[len(number)-5:])
		if _, known := reasons[code]; known && code >= 30000 {
			return code
		}
	}
	return t.channelFailure(m)
}

// window is how long WhatsApp takes free text after a customer's last message.
const window = 24 * 60 * 60 * 1e9

func (t *Twilio) channelFailure(m *message) int {
	if !m.sender.whatsApp() {
		return 0
	}
	if m.sender.sandbox && !m.sender.joined[m.customer] {
		return 63015
	}
	content := m.account.content(m.ContentSid)
	wrote, ever := m.customer.wroteAt[m.sender]
	if (content == nil || !content.Approved) && (!ever || t.now().Sub(wrote) >= window) {
		return 63016
	}
	return 0
}

// unsent tells whether the error keeps the message from leaving Twilio at all; carriers report the others later.
func unsent(code int) bool { return code < 30003 || code == 30034 || code >= 60000 }
