// Package model says what is true on a live desk: its things, their states, and the decisions about them.
//
// Everything here is a value or a pure function: no IO, no goroutines, and time is an argument. One struct serves as
// database row, domain value and API object, so the tags say how bun stores it and gqlgen binds it as it is. Every
// other package may import model; model imports the standard library and nothing else.
package model
