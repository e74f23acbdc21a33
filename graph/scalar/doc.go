// Package scalar says how the API reads and writes its scalars.
//
// gqlgen's generated code calls it, since that cannot import graph. Values are cleaned here, at the door: what comes
// out of it can be stored.
package scalar
