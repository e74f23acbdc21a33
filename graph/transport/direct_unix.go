//go:build unix

package transport

import (
	"net"
	"syscall"
)

// direct gives frames to the kernel without waiting. It takes them nearly always, and then a frame costs no goroutine
// and no deadline: of an event to many sockets that was a third.
type direct struct {
	raw     syscall.RawConn
	try     func(fd uintptr) bool // made once: a closure per frame would be garbage
	frames  []byte
	written int
}

func (d *direct) init(conn net.Conn) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	d.raw = raw
	d.try = func(fd uintptr) bool {
		d.written, _ = syscall.Write(int(fd), d.frames) // an error comes again to the flusher
		return true
	}
}

// write returns how many of the bytes the kernel took. Nobody else may be writing.
func (d *direct) write(frames []byte) int {
	if d.raw == nil {
		return 0
	}
	d.frames, d.written = frames, 0
	_ = d.raw.Write(d.try)
	d.frames = nil
	return max(0, d.written)
}
