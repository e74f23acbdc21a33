package model

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// teller writes down what it is told.
type teller struct {
	credits []Credit
	lines   []string
}

func (l *teller) Begin(_ int64, credits []Credit) { l.credits = credits }

func (l *teller) Fact(conversation Key, kind FactKind, at int64, credit int, wall, business int64) {
	l.lines = append(l.lines, fmt.Sprint(nameOf(conversation), " ", tell(Fact{Kind: kind, At: at, Credit: l.credits[credit], Wall: wall, Business: business})))
}

// What is packed is read again, but for what is not of the time.
func TestPacks(t *testing.T) {
	t.Parallel()
	var packs Packs
	from, to := SlotOf(factNoon), SlotOf(factNoon).Add(24*time.Hour)
	var want []string
	for i, v := range readVectors(t) {
		facts := v.story.Facts(func(Key, time.Time) *Calendar { return nil })
		conversation := named(fmt.Sprint("c", i))
		packs.Add(conversation, facts, from, to)
		for _, f := range facts {
			if f.At >= from.UnixMilli() && f.At < to.UnixMilli() {
				want = append(want, fmt.Sprint(nameOf(conversation), " ", tell(f)))
			}
		}
	}
	var got teller
	if err := packs.Slots(func(slot time.Time, body []byte) error { return ReadPack(slot, body, &got) }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got.lines)
	slices.Sort(want)
	if !slices.Equal(got.lines, want) {
		t.Errorf("%d facts went in and %d came out", len(want), len(got.lines))
	}
}

// Whatever is read, it is either refused or consistent, and never a crash.
func FuzzReadPack(f *testing.F) {
	var packs Packs
	packs.Add(named("c"), []Fact{{Kind: FactReply, At: factNoon.UnixMilli() + 5, Credit: Credit{Channel: named("shop")}, Wall: 10, Business: 3}, {Kind: FactSent, At: factNoon.UnixMilli()}},
		factNoon, factNoon.Add(time.Minute))
	_ = packs.Slots(func(_ time.Time, body []byte) error { f.Add(body); return nil })
	f.Add([]byte{packForm, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(_ *testing.T, body []byte) { _ = ReadPack(factNoon, body, &teller{}) })
}

func TestKeys(t *testing.T) {
	t.Parallel()
	id := NewID(KindConversation)
	if id.Key().ID() != id || !ID("").Key().IsZero() || !ID("x").Key().IsZero() || (Key{}).ID() != "" {
		t.Error(id, id.Key().ID())
	}
}
