package bench

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5"
)

// plainPush is the least that telling of something stored can be: one row inserted and committed, then one frame over
// a websocket on the loopback interface.
type plainPush struct {
	db      *pgx.Conn
	server  *http.Server
	out, in *websocket.Conn
	arrived chan time.Time
	body    string
}

// plainFrame is about as long as the frame of an event.
const plainFrame = 1200

func newPlainPush(ctx context.Context, database string) (p *plainPush, err error) {
	p = &plainPush{arrived: make(chan time.Time), body: strings.Repeat("x", plainFrame)}
	if p.db, err = pgx.Connect(ctx, database); err != nil {
		return nil, err
	}
	_, err = p.db.Exec(ctx, `CREATE TABLE said (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), text text NOT NULL)`)
	if err != nil {
		return nil, fmt.Errorf("make a plain table: %w", err)
	}
	return p, p.connect(ctx)
}

func (p *plainPush) connect(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	out := make(chan *websocket.Conn, 1)
	p.server = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err == nil { // else Dial has an error, too
			out <- conn
		}
	})}
	go p.server.Serve(listener)
	if p.in, _, err = websocket.DefaultDialer.DialContext(ctx, "ws://"+listener.Addr().String(), nil); err != nil {
		return err
	}
	p.out = <-out
	go p.read()
	return nil
}

func (p *plainPush) read() {
	defer close(p.arrived)
	for {
		if _, _, err := p.in.ReadMessage(); err != nil {
			return
		}
		p.arrived <- time.Now()
	}
}

// run does it n times at a steady pace and returns how long each took.
func (p *plainPush) run(ctx context.Context, n int, every time.Duration) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	began := time.Now()
	for i := range took {
		pause(ctx, time.Until(began.Add(time.Duration(i)*every)))
		sent := time.Now()
		if _, err := p.db.Exec(ctx, `INSERT INTO said (text) VALUES ($1)`, p.body[:200]); err != nil {
			return nil, fmt.Errorf("insert plainly: %w", err)
		}
		if err := p.out.WriteMessage(websocket.TextMessage, []byte(p.body)); err != nil {
			return nil, err
		}
		took[i] = (<-p.arrived).Sub(sent)
	}
	return took, ctx.Err()
}

func (p *plainPush) close() {
	for _, conn := range []*websocket.Conn{p.out, p.in} {
		if conn != nil {
			conn.Close()
		}
	}
	if p.server != nil {
		p.server.Close()
	}
	p.db.Close(context.Background())
}
