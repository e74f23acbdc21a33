//go:build !unix

package transport

import "net"

// direct is for systems whose sockets can be written to without waiting; here every frame takes a flusher.
type direct struct{}

func (*direct) init(net.Conn) {}

func (*direct) write([]byte) int { return 0 }
