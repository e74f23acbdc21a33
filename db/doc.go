// Package db says what is kept: the desk's Postgres, through bun on pgx.
//
// The server's desk calls it to write, graph to read; both get and give values of model. Every method of Store works
// inside and outside a transaction. A query is scoped by the account, and for agents by their channels; that scope is
// the fence between tenants and between agents. Nothing here decides anything, and nothing calls out of the database.
package db
