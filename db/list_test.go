package db

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/livedesk/livedesk/model"
)

func TestKeysComeBackFromCursors(t *testing.T) {
	t.Parallel()
	for _, want := range []key{
		{segment: 'a', number: 1700000000123456, id: model.NewID(model.KindConversation)},
		{segment: 'm', number: 7},
		{segment: 'p', text: "łukasz ✓", id: model.NewID(model.KindAgent)},
		{segment: 'w', number: -1, id: model.NewID(model.KindConversation)},
	} {
		cursor := want.cursor()
		if got, err := parseKey(&cursor, "xampw", "after"); err != nil || *got != want {
			t.Errorf("%+v came back as %+v, %v", want, got, err)
		}
		if _, err := parseKey(&cursor, "xyz", "before"); model.CodeOf(err) != model.Invalid {
			t.Errorf("another list took %+v: %v", want, err)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(key{segment: 'a', number: 1, id: model.NewID(model.KindAgent)}.cursor())
	f.Add("YWFh")
	f.Fuzz(func(t *testing.T, cursor string) {
		k, err := parseKey(&cursor, "a", "after")
		if (k == nil) == (err == nil) {
			t.Errorf("%q gave %v, %v", cursor, k, err)
		}
		if k != nil {
			again := k.cursor()
			if back, err := parseKey(&again, "a", "after"); err != nil || *back != *k {
				t.Errorf("%q is %+v and then %+v", cursor, k, back)
			}
		}
	})
}

func TestSearchTerms(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"ana":              "ana:*",
		" Ana  Lima ":      "Ana:* & Lima:*",
		"+44 (7700) 900":   "447700900:*",
		"O'Brien-Tanaka":   "O:* & Brien:* & Tanaka:*",
		"田中 太郎":            "田中:* & 太郎:*",
		"room 12":          "room:* & 12:*",
		"a & b | !c:* <->": "a:* & b:* & c:*",
		"!?":               "",
		"":                 "",
	} {
		if got := searchTerms(typed); got != want {
			t.Errorf("%q becomes %q, want %q", typed, got, want)
		}
	}
}

// What is asked for while a query is under way goes together into the next one, and nothing is read twice.
func TestLoadsReadTogether(t *testing.T) {
	t.Parallel()
	var reads [][]int
	entered, proceed := make(chan struct{}), make(chan struct{})
	var l Load[int, int]
	l.from(1, func(_ context.Context, _ int64, keys []int) (map[int]int, error) {
		reads = append(reads, slices.Sorted(slices.Values(keys))) // one query at a time: no lock is needed
		if len(reads) == 1 {
			close(entered)
			<-proceed
		}
		found := map[int]int{}
		for _, k := range keys {
			found[k] = k * k
		}
		return found, nil
	})
	var all sync.WaitGroup
	ask := func(keys ...int) {
		all.Go(func() {
			got, err := l.Get(t.Context(), keys)
			for i, k := range keys {
				if err != nil || got[i] != k*k {
					t.Errorf("%v gave %v, %v", keys, got, err)
				}
			}
		})
	}
	ask(1, 2)
	<-entered
	for k := range 20 {
		ask(k, k+1)
	}
	for waiting := 0; waiting < 21; { // until everybody has said what they want
		runtime.Gosched()
		l.mu.Lock()
		waiting = len(l.wanted)
		l.mu.Unlock()
	}
	close(proceed)
	all.Wait()
	if len(reads) != 2 || !slices.Equal(reads[0], []int{1, 2}) || slices.Contains(reads[1], 2) || len(reads[1]) != 19 {
		t.Errorf("read %v, want two queries, and nothing twice", reads)
	}
}

// A caller who leaves does not take the values from those who wait for the same query.
func TestLoadsSurviveWhoLeaves(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	entered, proceed := make(chan struct{}), make(chan struct{})
	first := true
	var l Load[int, int]
	l.from(1, func(context.Context, int64, []int) (map[int]int, error) {
		if first {
			first = false
			close(entered)
			<-proceed
			return nil, gone
		}
		return map[int]int{1: 10}, nil
	})
	leader := make(chan error)
	go func() {
		_, err := l.Get(t.Context(), []int{1})
		leader <- err
	}()
	<-entered
	waiter := make(chan []int)
	go func() {
		got, _ := l.Get(t.Context(), []int{1})
		waiter <- got
	}()
	for asked := false; !asked; {
		runtime.Gosched()
		l.mu.Lock()
		asked = l.wanted[1]
		l.mu.Unlock()
	}
	close(proceed)
	if err := <-leader; !errors.Is(err, gone) {
		t.Errorf("the leader got %v", err)
	}
	if got := <-waiter; len(got) != 1 || got[0] != 10 {
		t.Errorf("who waited got %v", got)
	}
}
