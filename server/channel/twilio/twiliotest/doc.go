// Package twiliotest is a Twilio to try the desk against: the REST API that sends, the webhooks that report, and the
// customers' phones at the other end. Tests start it in their own process, `livedesk emulate` as a server with a page
// where one plays the customer.
//
// It owns accounts, numbers, WhatsApp senders, Messaging Services, messages and files, all in memory, and signs,
// refuses and misbehaves as the real one does. It knows nothing of the desk: it must not import it, read its database,
// or be kinder to it than Twilio is. Where Twilio's behaviour is not published, the comment at the place says what was
// assumed.
package twiliotest
