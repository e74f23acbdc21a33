// Package channeltest is the conformance suite of providers: what every implementation of channel.Provider must do,
// whatever company stands behind it. The tests of a provider make a Harness, which knows the company's form of requests and
// has a fake of its API, and call Run and Recorded; their fuzz test calls CheckStorable.
//
// It is for tests only: the program must not link it. It knows the contract alone, and no company.
package channeltest

import (
	"testing"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel"
)

// Harness puts one channel of a provider between the suite and a fake of its company.
type Harness interface {
	// Provider talks to the fake, and waits for it for about a second.
	Provider() channel.Provider
	// Unreachable is the same provider with a company that takes no connection.
	Unreachable() channel.Provider
	// Channel is one that the fake knows.
	Channel() *model.Channel
	// Secret is what the fake accepts and signs with. Former is another one of the same form.
	Secret() model.Secret
	Former() model.Secret

	// Message is the webhook of a customer's text, not signed.
	Message(externalID, text string) *channel.Request
	// Report is the webhook about a message of ours, not signed. The id is as the provider would have sent it.
	Report(m *channel.Outgoing, externalID string, status model.DeliveryStatus) *channel.Request
	// Sign signs the request in place of a former signature.
	Sign(r *channel.Request, secret model.Secret)
	// SignatureHeader is where the signature stands.
	SignatureHeader() string

	// Address is a customer that the fake takes messages for.
	Address() string
	// FailNext makes the next call that sends end so.
	FailNext(f Failure)
	// Taken is how many messages the fake has taken.
	Taken() int

	// File is what a webhook said about a file that a customer sent: its address and its bytes.
	File() (model.IncomingMedia, []byte)
	// Forget lets the company lose its files.
	Forget()
	// Foreign is the address of a file that is not at the company; a credential that reaches it fails the test.
	Foreign() string
}

// Failure is how a call that sends goes wrong.
type Failure int

// The failures. Of the first four, the fake takes the message or not as it likes: the provider cannot know.
const (
	Hangs        Failure = iota // no answer in time
	Breaks                      // the connection breaks
	Garbles                     // an error of something in between, not in the company's form
	CutShort                    // half of the right answer
	TooFast                     // refused for its rate; come back after RateWait
	Unauthorised                // the credentials are refused
	Refused                     // the message itself is refused, with a code that the provider explains
)

// RateWait is what the fake says with TooFast.
const RateWait = 7 * time.Second

// Run checks everything that needs no recorded requests. make is called for each check, and cleans up by itself.
func Run(t *testing.T, make func(t *testing.T) Harness) {
	t.Helper()
	for _, check := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"signature", signature}, {"rotation", rotation}, {"tampering", tampering},
		{"duplicates and races", duplicates}, {"statuses", statuses}, {"oversize", oversize}, {"other channels", others},
		{"send", send}, {"lost answers", lost}, {"refusals", refusals}, {"never reached", unreachable},
		{"media", media}, {"media elsewhere", elsewhere},
	} {
		t.Run(check.name, func(t *testing.T) {
			t.Parallel()
			check.run(t, make(t))
		})
	}
}

func outgoing(h Harness, text string) *channel.Outgoing {
	return &channel.Outgoing{MessageID: model.NewID(model.KindMessage), Attempt: 2, To: h.Address(), Text: text}
}
