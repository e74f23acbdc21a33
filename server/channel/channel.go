// Package channel is the contract between the desk and the companies that carry its messages.
//
// A provider turns requests of its company into the desk's words and the desk's messages into calls. It holds no
// state of a conversation, never touches the database, and may be called from many goroutines at once. The desk
// calls Receive inside a webhook, everything else from jobs and mutations with a deadline on the context.
package channel

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/livedesk/livedesk/model"
)

// Provider is one company's interface. What not every company can do is an optional interface below, found by
// assertion.
type Provider interface {
	// Name is the value of Channel.Provider that this provider serves.
	Name() model.ProviderName
	// Route is the path segment of its webhooks: /webhooks/<route>/<key>.
	Route() string
	// Fragment is what follows '#' in the webhook URL shown to admins, and is neither sent nor signed; it may be empty.
	Fragment() string
	// Check asks the company whether the credentials work and the sender belongs to them. A refusal is a
	// *model.Error with PROVIDER_REFUSED or PROVIDER_UNREACHABLE whose Field is relative to the credentials input.
	Check(ctx context.Context, c *model.Channel, secret model.Secret) (Checked, error)
	// Receive verifies a webhook and reads it. Any of the secrets may have signed it (two are given during a
	// rotation). It returns *Refusal when the request is not genuine or cannot be read.
	Receive(r *Request, c *model.Channel, secrets []model.Secret) (*Received, error)
	// Send hands one message over and returns the company's id for it. An error is a *SendError.
	Send(ctx context.Context, c *model.Channel, secret model.Secret, m *Outgoing) (externalID string, err error)
}

// MediaFetcher is a provider whose inbound files must be fetched with the channel's credentials.
type MediaFetcher interface {
	// FetchMedia opens the file at a URL that came in a webhook. The caller closes the body and caps its size.
	FetchMedia(ctx context.Context, c *model.Channel, secret model.Secret, from string) (*Media, error)
}

// Verifier is a provider that calls an address with GET before it posts there, to see that the desk expects it. Its
// channels have a verify token, which admins enter at the company beside the address.
type Verifier interface {
	// Verify returns the text to answer with, or *Refusal when the request does not hold the token.
	Verify(r *Request, token string) (answer string, err error)
}

// BodyLimiter is a provider whose webhooks hold more than usual.
type BodyLimiter interface {
	MaxBody() int64 // in bytes
}

// MediaLimiter is a provider that takes fewer files in one message than the desk does.
type MediaLimiter interface {
	MaxMedia(kind model.ChannelKind) int
}

// Typist is a provider that can show a customer that an answer is being written.
type Typist interface {
	// Type shows it to who wrote the message with the company's id, and marks that as read. It may show nothing at all:
	// nobody relies on it.
	Type(ctx context.Context, c *model.Channel, secret model.Secret, externalID string) error
}

// Chooser is a provider that can let the customer answer a message by pressing a button or choosing a row.
type Chooser interface {
	// MaxChoices is how many choices one message may have.
	MaxChoices(kind model.ChannelKind) int
}

// Finder is a provider that can be asked whether it took a message whose answer was lost.
type Finder interface {
	// Find looks for m among what was sent since the given time, leaving out the ids that known reports as the
	// desk's own already. A nil report without an error means: the provider does not have it.
	Find(ctx context.Context, c *model.Channel, secret model.Secret, m *Outgoing, since time.Time, known func(externalID string) bool) (*model.StatusReport, error)
}

// Checked is what a provider told about credentials that work.
type Checked struct {
	Warnings []string // plain sentences, for what could not be verified
}

// Request is a webhook as it reached the desk.
type Request struct {
	Method string
	Public *url.URL // the desk's own address as configured, never taken from the request
	URI    string   // path and query exactly as received, still encoded
	Header http.Header
	Body   []byte
	Now    time.Time
}

// Received is what one webhook held, in its order.
type Received struct {
	Messages []model.Incoming
	Statuses []model.StatusReport
	Left     string // why a part was left out, or what the company complains of, for the channel's health; empty: nothing
	Status   int    // to answer with, without a body; 0: 204
}

// Refusal is a webhook that is not taken. Nothing of it is stored but a counter and the reason.
type Refusal struct {
	Status int    // 400 malformed, 403 not genuine or of another account
	Reason string // for the channel's health; holds no text, number or secret
}

func (r *Refusal) Error() string { return r.Reason }

// Outgoing is one message to a customer.
type Outgoing struct {
	MessageID model.ID
	Attempt   int    // the number of this try to send it
	To        string // a number or a provider's user id, without scheme
	Text      string
	Files     []File // in their order
	Template  *model.TemplateCall
	Choices   []model.Choice // what the customer may answer with, best first; only for a Chooser, and the text says it all without them
	ReplyTo   string         // the provider's id of the message that is answered; empty for none
	StatusURL string         // where the provider reports what became of it; carries MessageID
}

// File is a file of a message to a customer.
type File struct {
	URL         string // public address that the provider fetches
	ContentType string
	Name        string
	Size        int64 // bytes
}

// Media is a file being fetched.
type Media struct {
	Body        io.ReadCloser
	ContentType string
	FileName    string
	Size        int64 // -1 when the provider does not say
}

// Outcome sorts the ways in which sending can go wrong by what may be done about it.
type Outcome int

// The outcomes of a send that did not succeed.
const (
	NotSent     Outcome = iota + 1 // it never reached the provider, or was refused for its rate: send again after RetryAfter
	Rejected                       // the provider refuses this message: it is FAILED
	Ambiguous                      // the provider may have taken it: never resend blindly
	Credentials                    // the provider refuses the credentials: stop the channel, keep the message
)

// SendError tells why a message was not, or perhaps not, handed over.
type SendError struct {
	Outcome    Outcome
	Code       string        // the provider's code; empty when there was no answer
	Text       string        // the provider's text
	Advice     string        // what to do about it, in plain words
	RetryAfter time.Duration // for NotSent; 0: the desk's own backoff
}

func (e *SendError) Error() string {
	if e.Code == "" {
		return e.Text
	}
	return e.Code + ": " + e.Text
}
