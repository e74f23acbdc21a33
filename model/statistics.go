package model

import (
	"math"
	"slices"
)

// DurationStatistics are a report's figures about durations of one kind.
type DurationStatistics struct {
	Count          int
	Wall, Business DurationSummary
}

// DurationSummary is in seconds; nil where there was nothing to sum up.
type DurationSummary struct {
	Median, P90, Average *float64
}

// Span is one duration, in milliseconds.
type Span struct{ Wall, Business int64 }

// Statistics sums up the durations of all the lists.
func Statistics(lists ...[]Span) *DurationStatistics {
	n := 0
	for _, list := range lists {
		n += len(list)
	}
	wall, business := make([]int64, 0, n), make([]int64, 0, n)
	for _, list := range lists {
		for _, s := range list {
			wall, business = append(wall, s.Wall), append(business, s.Business)
		}
	}
	return &DurationStatistics{Count: n, Wall: summary(wall), Business: summary(business)}
}

func summary(values []int64) DurationSummary {
	if len(values) == 0 {
		return DurationSummary{}
	}
	sum := int64(0)
	for _, v := range values {
		sum += v
	}
	median, p90, average := percentile(values, 0.5)/1000, percentile(values, 0.9)/1000, float64(sum)/float64(len(values))/1000
	return DurationSummary{Median: &median, P90: &p90, Average: &average}
}

// percentile is what the share of the values does not exceed, between two of them in proportion, as percentile_cont in
// SQL is. It puts the values into another order.
func percentile(values []int64, share float64) float64 {
	place := share * float64(len(values)-1)
	low := int(math.Floor(place))
	a := nth(values, low)
	if float64(low) == place {
		return float64(a)
	}
	b := slices.Min(values[low+1:])
	return float64(a) + (place-float64(low))*float64(b-a)
}

// nth is the value that would stand at the place if the values were sorted. Those after it are not smaller, then.
func nth(values []int64, place int) int64 {
	low, high := 0, len(values)-1
	for low < high {
		pivot := middle(values[low], values[low+(high-low)/2], values[high])
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case place <= j:
			high = j
		case place >= i:
			low = i
		default:
			return values[place]
		}
	}
	return values[place]
}

func middle(a, b, c int64) int64 { return max(min(a, b), min(max(a, b), c)) }
