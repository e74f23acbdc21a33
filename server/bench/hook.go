package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
)

// hook is where the webhooks of a channel go.
type hook struct {
	Host string // of the server, which is also its public address
	Path string
	To   string // the channel's number
}

// at is the hook on a server.
func (h hook) at(p *process) hook {
	h.Host = strings.TrimPrefix(p.url, "http://")
	return h
}

// sid is the n-th message id that a benchmark uses.
func sid(n int) string { return fmt.Sprintf("SM%032x", n) }

// customer is the address of the n-th customer.
func customer(n int) string { return fmt.Sprintf("whatsapp:+4915%09d", n) }

// request is a whole HTTP request with the webhook of a customer's message, signed as Twilio does.
func (h hook) request(n, from int, text string) []byte {
	form := twiliotest.InboundForm(twiliotest.AccountSid, sid(n), twiliotest.Inbound{From: customer(from), To: h.To, Body: text, ProfileName: "Ana Lima"})
	body, signature := twiliotest.SignedForm(twiliotest.AuthToken, "http://"+h.Host+h.Path, form)
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: TwilioProxy/1.1\r\nContent-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nX-Twilio-Signature: %s\r\nContent-Length: %d\r\n\r\n",
		h.Path, h.Host, signature, len(body))
	b.WriteString(body)
	return b.Bytes()
}

// poster sends prepared requests on a connection that it keeps. net/http's client would take as much of the cores as
// the server that is measured.
type poster struct {
	host string
	conn net.Conn
	r    *bufio.Reader
}

// postTime is how long an answer may take.
const postTime = 20 * time.Second

// post sends the request and returns the status of the answer. After an error the next one goes over a new connection.
func (p *poster) post(request []byte) (status int, err error) {
	if p.conn == nil {
		if p.conn, err = net.DialTimeout("tcp", p.host, postTime); err != nil {
			p.conn = nil
			return 0, err
		}
		p.r = bufio.NewReader(p.conn)
	}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if err = p.conn.SetDeadline(time.Now().Add(postTime)); err != nil {
		return 0, err
	}
	if _, err = p.conn.Write(request); err != nil {
		return 0, err
	}
	return p.answer()
}

func (p *poster) answer() (status int, err error) {
	line, err := p.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("no HTTP: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length := 0
	for {
		if line, err = p.r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		name, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
		if !ok {
			break
		}
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
	}
	_, err = io.CopyN(io.Discard, p.r, int64(length))
	return status, err
}

func (p *poster) close() {
	if p.conn != nil {
		p.conn.Close()
		p.conn = nil
	}
}
