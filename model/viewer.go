package model

import (
	"context"
	"slices"
)

// Role says what an agent may do in their account.
type Role string

// The roles, from the most to the least allowed.
const (
	Admin      Role = "ADMIN"      // everything: people, channels and their secrets, settings
	Supervisor Role = "SUPERVISOR" // sees and moves every conversation, sets others' availability, keeps labels and teams
	AgentRole  Role = "AGENT"      // works on the conversations of their channels
)

// Viewer is who asks: an agent with a session, or a named part of the desk itself.
type Viewer struct {
	Account int64
	Agent   ID   // empty for the desk itself
	Session ID   // the session of the request
	Role    Role // empty for the desk itself
	System  string

	// Channels are those of an agent of the role AGENT, where they were read once for many queries: a subscription
	// keeps them, and is given new ones when they change. Nil: whoever queries asks the database.
	Channels []ID
}

// Sees tells whether the conversations of the channel are open to a viewer whose channels were read.
func (v *Viewer) Sees(channel ID) bool { return v.SeesAll() || slices.Contains(v.Channels, channel) }

// SystemViewer is a named part of the desk that works on the account by itself.
func SystemViewer(account int64, name string) *Viewer { return &Viewer{Account: account, System: name} }

// SeesAll tells whether every channel of the account is open to the viewer.
func (v *Viewer) SeesAll() bool {
	return v != nil && (v.System != "" || v.Role == Admin || v.Role == Supervisor)
}

// IsAdmin tells whether the viewer may change people, channels and settings.
func (v *Viewer) IsAdmin() bool { return v != nil && (v.System != "" || v.Role == Admin) }

type viewerKey struct{}

// WithViewer puts who asks into the context.
func WithViewer(ctx context.Context, v *Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// ViewerFrom returns who asks, or UNAUTHENTICATED when nobody is signed in.
func ViewerFrom(ctx context.Context) (*Viewer, error) {
	v, _ := ctx.Value(viewerKey{}).(*Viewer)
	if v == nil {
		return nil, Refuse(Unauthenticated, "Sign in first: send the token of signIn as \"Authorization: Bearer <token>\".")
	}
	return v, nil
}

type addressKey struct{}

// WithAddress puts the network address of the caller into the context.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// AddressFrom returns the network address of the caller, or "".
func AddressFrom(ctx context.Context) string {
	a, _ := ctx.Value(addressKey{}).(string)
	return a
}
