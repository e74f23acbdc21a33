package egress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"
)

const limit = 1000

// fetch reads what the handler answers through a client that allows limit bytes.
func fetch(t *testing.T, timeout time.Duration, method string, h http.HandlerFunc) ([]byte, error) {
	t.Helper()
	at := serve(t, h)
	g := guard(t, Options{Private: []string{at}})
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+at, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := g.Client(Limits{Timeout: timeout, MaxBytes: limit}).Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// send answers with size bytes, with or without saying so before.
func send(size int, declared bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if declared {
			w.Header().Set("Content-Length", strconv.Itoa(size))
		} else {
			w.(http.Flusher).Flush()
		}
		w.Write(bytes.Repeat([]byte("x"), size))
	}
}

func TestBodySize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		h    http.HandlerFunc
		size int
		err  error
	}{
		{"full, declared", send(limit, true), limit, nil},
		{"full, not declared", send(limit, false), limit, nil},
		{"empty", send(0, false), 0, nil},
		{"one too many, declared", send(limit+1, true), 0, ErrTooLarge},
		{"one too many, not declared", send(limit+1, false), limit, ErrTooLarge},
		{"very large, not declared", send(5<<20, false), limit, ErrTooLarge},
		{"ten gigabytes declared, few sent", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000000000")
			w.Write([]byte("x"))
		}, 0, ErrTooLarge},
		{"less sent than declared", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("x"))
		}, 1, io.ErrUnexpectedEOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body, err := fetch(t, 10*time.Second, "GET", c.h)
			if len(body) != c.size || !errors.Is(err, c.err) {
				t.Errorf("%d bytes, %v", len(body), err)
			}
		})
	}
}

func TestHeadMayDeclareMore(t *testing.T) {
	t.Parallel()
	if _, err := fetch(t, 10*time.Second, "HEAD", send(limit+1, true)); err != nil {
		t.Error(err)
	}
}

// What is sent packed stays packed: a small answer cannot become a large one here.
func TestBodyIsNotUnpacked(t *testing.T) {
	t.Parallel()
	body, err := fetch(t, 10*time.Second, "GET", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Error("compression was asked for")
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Write([]byte("as it is"))
	})
	if string(body) != "as it is" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
}

// A server that drips, in the body or before the header, holds the caller no longer than the timeout.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	drip := func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.Write([]byte("x"))
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, h := range map[string]http.HandlerFunc{"drips": drip, "says nothing": silent} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := fetch(t, 200*time.Millisecond, "GET", h)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}
