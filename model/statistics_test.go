package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestStatistics(t *testing.T) {
	t.Parallel()
	s := Statistics([]Span{{1000, 500}, {3000, 0}}, []Span{{2000, 2000}, {10_000, 1500}})
	for _, c := range []struct{ got, want float64 }{
		{*s.Wall.Median, 2.5}, {*s.Wall.P90, 7.9}, {*s.Wall.Average, 4}, {*s.Business.Median, 1}, {*s.Business.P90, 1.85}, {*s.Business.Average, 1},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%v, not %v", c.got, c.want)
		}
	}
	if s.Count != 4 {
		t.Error(s.Count)
	}
	if s = Statistics(); s.Count != 0 || s.Wall != (DurationSummary{}) || s.Business != (DurationSummary{}) {
		t.Errorf("of nothing: %+v", s)
	}
	if s = Statistics([]Span{{7000, 0}}); *s.Wall.Median != 7 || *s.Wall.P90 != 7 || *s.Business.Average != 0 {
		t.Errorf("of one: %+v", s)
	}
}

// The percentiles are those of the sorted values.
func TestPercentile(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		values := make([]int64, 1+random.IntN(60))
		for i := range values {
			values[i] = random.Int64N(1 + random.Int64N(50))
		}
		sorted := slices.Sorted(slices.Values(values))
		for _, share := range []float64{0, 0.5, 0.9, 1} {
			place := share * float64(len(sorted)-1)
			low, high := sorted[int(math.Floor(place))], sorted[int(math.Ceil(place))]
			want := float64(low) + (place-math.Floor(place))*float64(high-low)
			if got := percentile(slices.Clone(values), share); math.Abs(got-want) > 1e-9 {
				t.Fatalf("%v of %v: %v, not %v", share, sorted, got, want)
			}
		}
	}
}
