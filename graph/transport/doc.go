// Package transport carries GraphQL to gqlgen: over HTTP (HTTP) and over graphql-transport-ws on gorilla/websocket
// (WebSocket), with the limits that both need at the door (Limits, OneOf, RemoveDefer).
//
// graph adds its transports to gqlgen's handler and reads StreamFrom and SocketFrom in its resolvers. The package knows
// nothing of desks: who may see what comes in through Init and Share, and it imports nothing of ours.
//
// It replaces gqlgen's own transports because those answer parse errors with the wrong status, echo bad bodies, close
// faulty sockets with a code that makes clients reconnect without pause, keep stalled readers for ever, and run each
// subscription once per subscriber.
package transport
