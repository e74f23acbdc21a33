package bench

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// figures are what a benchmark found, in order, with the bars that it had to clear.
type figures struct {
	parts []string
	short []string
}

// add notes a figure. Times are in milliseconds.
func (f *figures) add(key string, value any) {
	switch v := value.(type) {
	case float64:
		value = number(v)
	case time.Duration:
		key, value = key+"_ms", number(float64(v)/1e6)
	}
	f.parts = append(f.parts, fmt.Sprintf("%s=%v", key, value))
}

// number writes three significant digits, and whole numbers whole.
func number(v float64) string {
	if v >= 100 || v <= -100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// atLeast notes a figure and the least it must be.
func (f *figures) atLeast(key string, value, bar float64) {
	f.add(key, value)
	f.add(key+"_bar", bar)
	if !(value >= bar) { // so that NaN falls short
		f.short = append(f.short, fmt.Sprintf("%s is %.3g, the bar is at least %.3g", key, value, bar))
	}
}

// atMost notes a figure and the most it may be.
func (f *figures) atMost(key string, value, bar float64) {
	f.add(key, value)
	f.add(key+"_bar", bar)
	if !(value <= bar) {
		f.short = append(f.short, fmt.Sprintf("%s is %.3g, the bar is at most %.3g", key, value, bar))
	}
}

// within notes a duration and the most it may be.
func (f *figures) within(key string, value, bar time.Duration) {
	f.atMost(key+"_ms", float64(value)/1e6, float64(bar)/1e6)
}

func (f *figures) String() string { return strings.Join(f.parts, " ") }

func (f *figures) verdict() error {
	if len(f.short) == 0 {
		return nil
	}
	return errors.New("falls short: " + strings.Join(f.short, "; "))
}

// median of the values; it sorts them.
func median[T ~int64 | ~float64](values []T) T { return percentile(values, 0.5) }

// percentile of the values by nearest rank; it sorts them.
func percentile[T ~int64 | ~float64](values []T, p float64) T {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[min(int(float64(len(values))*p), len(values)-1)]
}
