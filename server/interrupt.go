package server

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interruptible returns a context that ends when somebody asks the program to end. Who asks a second time is not held up
// by an orderly end: the program ends at once, by the signal. Both are waited for from the start, since a second one that
// came before the first was dealt with would be lost.
func interruptible() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals, done := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			cancel()
		case <-done:
			return
		}
		select {
		case again := <-signals:
			endBy(again)
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
		close(done)
	}
}

// endBy ends the program as if it did not know of the signal.
func endBy(s os.Signal) {
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	self, err := os.FindProcess(os.Getpid())
	if err != nil || self.Signal(s) != nil {
		os.Exit(1) // a system that sends no signals to itself
	}
}
