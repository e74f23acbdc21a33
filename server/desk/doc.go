// Package desk is what happens on a live desk: every write, one verb per file.
//
// graph calls it for agents, the webhook route for customers, and the workers for what was queued. A verb loads,
// decides with model, saves and tells, all in one transaction; calls to the outside are jobs of their own. It checks
// the viewer first. A customer's message passes through receive.go; what the desk then does by itself is in react.go,
// greet.go and place.go.
package desk
