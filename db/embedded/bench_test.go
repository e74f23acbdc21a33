//go:build linux || darwin

package embedded

import (
	"testing"
)

// The times of a start, until the database takes connections; the stop is not counted.
func benchmarkStart(b *testing.B, opt func(*testing.B) Options) {
	for b.Loop() {
		b.StopTimer()
		o := opt(b)
		b.StartTimer()
		s := start(b, o)
		b.StopTimer()
		stop(b, s)
		b.StartTimer()
	}
}

func BenchmarkFirstStart(b *testing.B) {
	benchmarkStart(b, func(b *testing.B) Options { return Options{Dir: newDir(b)} })
}

func BenchmarkLaterStart(b *testing.B) {
	dir := newDir(b)
	stop(b, start(b, Options{Dir: dir}))
	benchmarkStart(b, func(*testing.B) Options { return Options{Dir: dir} })
}

func BenchmarkThrowAwayStart(b *testing.B) {
	benchmarkStart(b, func(*testing.B) Options { return Options{FastUnsafe: true} })
}
