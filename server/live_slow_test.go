package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// An agent whose network hangs is cut off once too much waits for them. Nobody else waits, and they miss nothing when
// they come back with their cursor.
func TestStalledClientIsCutOff(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.agent("hana", "WhatsApp")
	d.agent("ben", "WhatsApp")
	hana, ben := d.agents["hana"], d.agents["ben"]
	conn := hana.dialWith(websocket.Dialer{NetDialContext: smallBuffer})
	subscribe(t, conn, "stalled", hana.cursorNow())
	hana.cut() // what she reads, she reads on the socket that stalls
	const n = 120
	for i := range n {
		if got := d.says(fmt.Sprint(i, " ", strings.Repeat("x", 60_000))); got != 204 {
			t.Fatalf("answered %d", got)
		}
	}
	ben.until("every message", func() bool { return len(added(ben.seen)) == n })
	d.eventually("the stalled socket is closed for being slow", func() bool { return d.server.ws.Counters.SlowCloses.Load() == 1 })
	got := drain(t, conn)
	if len(got) == 0 || len(got) == n {
		t.Fatalf("%d of %d messages came through the stalled socket", len(got), n)
	}
	hana.mu.Lock()
	hana.cursor, hana.seen = got[len(got)-1].Cursor, nil
	hana.mu.Unlock()
	hana.connect()
	hana.until("the rest", func() bool { return len(added(hana.seen)) == n-len(added(got)) })
}

// smallBuffer dials with little room for unread bytes, though enough for a whole segment of the loopback interface.
func smallBuffer(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetReadBuffer(256 << 10)
}

// drain reads a socket to its end. A client that reads again in time is told to come back; one that does not finds the
// connection reset, since what is left for it cannot be delivered.
func drain(t *testing.T, conn *websocket.Conn) (events []liveEvent) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	for {
		var f frame
		err := conn.ReadJSON(&f)
		if websocket.IsCloseError(err, 1013) || errors.Is(err, syscall.ECONNRESET) {
			return events
		}
		if err != nil {
			t.Fatalf("the socket ended with %v", err)
		}
		events = append(events, f.event(t))
	}
}
