//go:build linux

package transport_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livedesk/livedesk/graph/transport"
	"github.com/livedesk/livedesk/graph/transport/internal/testschema"
)

const (
	audience    = 1000
	frameText   = 190                      // makes a frame of some 300 bytes, like an event of a desk
	audienceURL = "LIVEDESK_TEST_AUDIENCE" // set in the process that plays the clients
	maxAllocs   = 5                        // per delivered message
)

// One event at a time to a thousand members of one group. The clients are another process, so that CPU time and
// allocations are the server's.
func BenchmarkFanOut(b *testing.B) {
	events := make(chan uint64)
	var members atomic.Int64
	ws := &transport.WebSocket{PingInterval: time.Hour}
	d := newDesk(b, script{
		tail: func(ctx context.Context, s *transport.Stream, out chan<- *testschema.Event) {
			s.Started(1)
			for {
				select {
				case i := <-events:
					s.At(i)
					out <- &testschema.Event{Position: int(i), Scope: strings.Repeat("x", frameText)}
				case <-ctx.Done():
					return
				}
			}
		},
		prelude: counted(&members),
	}.events, ws)
	delivered := startAudience(b, ws, d.url, &members)
	position := uint64(1)
	publish := func() {
		position++
		events <- position
		if _, err := delivered.ReadByte(); err != nil {
			b.Fatalf("the audience has gone: %v", err)
		}
	}
	publish() // fills the pools
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := cpuTime()
	for b.Loop() {
		publish()
	}
	cpu = cpuTime() - cpu
	runtime.ReadMemStats(&after)
	messages := float64(b.N) * audience
	allocs := float64(after.Mallocs-before.Mallocs) / messages
	b.ReportMetric(float64(cpu.Microseconds())/messages, "cpu-µs/msg")
	b.ReportMetric(allocs, "allocs/msg")
	if allocs > maxAllocs && b.N > 1 {
		b.Errorf("%.1f allocations per delivered message, want at most %d", allocs, maxAllocs)
	}
}

// Memory of idle members of one group.
func BenchmarkIdle(b *testing.B) {
	ws := &transport.WebSocket{PingInterval: time.Hour}
	var members atomic.Int64
	d := newDesk(b, script{tail: idleTail, prelude: counted(&members)}.events, ws)
	resident, heap, stack := memory(b)
	startAudience(b, ws, d.url, &members)
	for b.Loop() {
		residentNow, heapNow, stackNow := memory(b)
		b.ReportMetric(float64(residentNow-resident)/audience/1024, "RSS-KB/sub")
		b.ReportMetric(float64(heapNow-heap)/audience/1024, "heap-KB/sub")
		b.ReportMetric(float64(stackNow-stack)/audience/1024, "stack-KB/sub")
	}
}

// startAudience runs this test binary again as a thousand clients and waits until all are members. What it returns
// gives one byte each time that all of them have received one event.
func startAudience(b *testing.B, ws *transport.WebSocket, url string, members *atomic.Int64) *bufio.Reader {
	b.Helper()
	process := exec.CommandContext(b.Context(), os.Args[0])
	process.Env = append(os.Environ(), audienceURL+"="+url)
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := process.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
		await(b, "the audience has left", func() bool { return ws.Counters.Sockets.Load() == 0 })
	})
	await(b, "the audience has joined", func() bool { return members.Load() == audience })
	return bufio.NewReader(out)
}

// The benchmarks start this binary as their clients; then no test may run.
func init() {
	if url := os.Getenv(audienceURL); url != "" {
		beAudience(url)
	}
}

// beAudience is the other process. It prints a byte for every event that all clients have received.
func beAudience(url string) {
	var received atomic.Int64
	for i := range audience {
		conn, _, err := (&websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}).Dial(url, nil)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, m := range []string{initMessage, "", follows(fmt.Sprintf("1f0b6c1e-8a52-4c5e-9d0a-%012d", i), 1), `{"type":"ping"}`, ""} {
			if m == "" { // the acknowledgement, the pong
				_, _, err = conn.ReadMessage()
			} else {
				err = conn.WriteMessage(websocket.TextMessage, []byte(m))
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		go count(conn.NetConn(), &received)
	}
	select {}
}

// count takes each read for one event, which it is when they come one at a time: the clients share two cores with the server.
func count(conn net.Conn, received *atomic.Int64) {
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if err == io.EOF || n < frameText {
			return
		}
		if received.Add(1)%audience == 0 {
			_, _ = os.Stdout.Write([]byte{'.'})
		}
	}
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func memory(b *testing.B) (resident, heap, stack int64) {
	b.Helper()
	runtime.GC()
	runtime.GC()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return pages * int64(os.Getpagesize()), int64(stats.HeapInuse), int64(stats.StackInuse)
}
