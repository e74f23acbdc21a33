// Package server is the program: its settings, its parts put together, its routes, and its commands.
//
// server/livedesk calls it and nothing else does. What the desk does stands in server/desk; here it is only given its
// database, providers and clock, and connected to HTTP.
package server
