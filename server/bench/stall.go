package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// stall is a socket that subscribes and then reads no more, as a laptop whose lid is closed.
type stall struct {
	Host, Token string
	Fill        salvo // more than the kernel takes for a peer that does not read, and than the server keeps

	listener *listener
	began    time.Time
	sockets  int // of the server, with this one
}

// stallTime is when a stalled socket is given up as one that stays.
const stallTime = 40 * time.Second

func (s *stall) begin(ctx context.Context) error {
	s.listener = newListener(s.Host, s.Token, &tally{})
	dialer := *appDialer
	dialer.NetDialContext = smallBuffer
	s.listener.dialer = &dialer
	if err := s.listener.signIn(ctx); err != nil {
		return err
	}
	if err := s.listener.subscribe(); err != nil {
		return err
	}
	if _, _, err := s.listener.conn.ReadMessage(); err != nil {
		return fmt.Errorf("subscribe before stalling: %w", err)
	}
	var err error
	s.began = time.Now()
	s.sockets, err = s.open(ctx)
	return err
}

// smallBuffer leaves little room for unread bytes, though enough for a whole segment of the loopback interface.
func smallBuffer(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetReadBuffer(256 << 10)
}

// gone waits until the server holds one socket less and returns how long that took since the last read. The client's
// end cannot tell: it would have to read.
func (s *stall) gone(ctx context.Context) (time.Duration, error) {
	for time.Since(s.began) < stallTime && ctx.Err() == nil {
		open, err := s.open(ctx)
		if err != nil {
			return 0, err
		}
		if open < s.sockets {
			break
		}
		pause(ctx, 100*time.Millisecond)
	}
	return time.Since(s.began), ctx.Err()
}

func (s *stall) end() { s.listener.cut(true) }

var openSockets = regexp.MustCompile(`(?m)^livedesk_sockets (\d+)$`)

// open is how many sockets the server says it has.
func (s *stall) open(ctx context.Context) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Host+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	client := http.Client{Timeout: postTime}
	response, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	found := openSockets.FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("the server does not say how many sockets it has: %.100s", text)
	}
	return strconv.Atoi(string(found[1]))
}
