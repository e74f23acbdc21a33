// Package graph is the API's door: it answers GraphQL, a few lines for each field.
//
// server mounts its handler. Reads go from here straight to db, every change through the desk; nothing is decided here
// but what a viewer may ask for at all, and the desk and the store decide that again. Generated code is in graph/exec,
// the protocols are in graph/transport.
package graph
