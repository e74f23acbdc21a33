package model

import (
	"encoding/binary"
	"errors"
	"time"
)

// SlotLength is how long the stretch of time is whose facts are stored together. It divides every offset that zones
// have had since 1972, so that no bucket of a report begins within a slot.
const SlotLength = 15 * time.Minute

const slotMs = int64(SlotLength / time.Millisecond)

// SlotOf is when the slot of the moment begins.
func SlotOf(at time.Time) time.Time { return at.Truncate(SlotLength).UTC() }

// Packs are the facts of slots, each in its stored form.
type Packs struct {
	slots map[int64]*slotPack
}

type slotPack struct {
	keys    map[Key]int // from 1 on; 0 is the zero Key
	list    []Key
	credits map[Credit]int
	order   []Credit
	count   int
	body    []byte
}

// packForm is the first byte of a pack: the form that follows it.
const packForm = 1

// Add puts the facts of one conversation from a moment up to another into their slots.
func (p *Packs) Add(conversation Key, facts []Fact, from, to time.Time) {
	bySlot := map[int64][]Fact{}
	for _, f := range facts {
		if f.At >= from.UnixMilli() && f.At < to.UnixMilli() {
			slot := f.At - f.At%slotMs
			bySlot[slot] = append(bySlot[slot], f)
		}
	}
	for slot, some := range bySlot {
		if p.slots == nil {
			p.slots = map[int64]*slotPack{}
		}
		if p.slots[slot] == nil {
			p.slots[slot] = &slotPack{keys: map[Key]int{{}: 0}, credits: map[Credit]int{}}
		}
		p.slots[slot].add(conversation, some, slot)
	}
}

func (p *slotPack) add(conversation Key, facts []Fact, slot int64) {
	p.count++
	p.body = append(p.body, conversation[:]...)
	p.body = binary.AppendUvarint(p.body, uint64(len(facts)))
	for _, f := range facts {
		p.body = append(p.body, byte(f.Kind))
		p.body = binary.AppendUvarint(p.body, uint64(f.At-slot))
		p.body = binary.AppendUvarint(p.body, uint64(p.credit(f.Credit)))
		if f.Kind.timed() {
			p.body = binary.AppendUvarint(p.body, uint64(f.Wall))
			p.body = binary.AppendUvarint(p.body, uint64(f.Wall-f.Business))
		}
	}
}

func (p *slotPack) credit(c Credit) int {
	n, known := p.credits[c]
	if !known {
		n = len(p.order)
		p.credits[c] = n
		p.order = append(p.order, c)
		for _, k := range c.parts() {
			if _, known := p.keys[k]; !known {
				p.list = append(p.list, k)
				p.keys[k] = len(p.list)
			}
		}
	}
	return n
}

func (c Credit) parts() [4]Key { return [4]Key{c.Channel, c.Agent, c.AiAgent, c.Team} }

// bytes is the stored form: the keys that credits are made of, the credits, then each conversation with its facts. It is
// kept short, so that Postgres holds it within the row.
func (p *slotPack) bytes() []byte {
	b := binary.AppendUvarint([]byte{packForm}, uint64(len(p.list)))
	for _, k := range p.list {
		b = append(b, k[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(p.order)))
	for _, c := range p.order {
		for _, k := range c.parts() {
			b = binary.AppendUvarint(b, uint64(p.keys[k]))
		}
	}
	b = binary.AppendUvarint(b, uint64(p.count))
	return append(b, p.body...)
}

// Slots calls each for every slot that has facts, in no order.
func (p *Packs) Slots(each func(slot time.Time, body []byte) error) error {
	for slot, pack := range p.slots {
		if err := each(time.UnixMilli(slot).UTC(), pack.bytes()); err != nil {
			return err
		}
	}
	return nil
}

// FactVisitor is told what is in packs. Begin gives the credits to which the numbers of the facts that follow refer.
type FactVisitor interface {
	Begin(slot int64, credits []Credit)
	Fact(conversation Key, kind FactKind, at int64, credit int, wall, business int64)
}

var errPack = errors.New("the stored facts of a slot cannot be read")

// ReadPack tells the visitor what is in a slot's stored form.
func ReadPack(slot time.Time, body []byte, v FactVisitor) error {
	if len(body) == 0 || body[0] != packForm {
		return errPack
	}
	r := packReader{rest: body[1:]}
	credits := r.credits()
	start := slot.UnixMilli()
	v.Begin(start, credits)
	for range r.size(17) {
		conversation := r.key()
		for range r.size(3) {
			kind, at, credit := r.kind(), start+int64(r.uvarint()), int(r.uvarint())
			var wall, business int64
			if kind.timed() {
				wall = int64(r.uvarint())
				business = wall - int64(r.uvarint())
			}
			if r.bad || uint(credit) >= uint(len(credits)) || kind == 0 || kind >= factKinds {
				return errPack
			}
			v.Fact(conversation, kind, at, credit, wall, business)
		}
	}
	if r.bad || len(r.rest) > 0 {
		return errPack
	}
	return nil
}

type packReader struct {
	rest []byte
	bad  bool
}

func (r *packReader) credits() []Credit {
	keys := make([]Key, 1+r.size(16))
	for i := range keys[1:] {
		keys[i+1] = r.key()
	}
	one := func() Key {
		n := r.uvarint()
		if n >= uint64(len(keys)) {
			r.bad = true
			return Key{}
		}
		return keys[n]
	}
	credits := make([]Credit, r.size(4))
	for i := range credits {
		credits[i] = Credit{Channel: one(), Agent: one(), AiAgent: one(), Team: one()}
	}
	return credits
}

func (r *packReader) key() (k Key) {
	if len(r.rest) < len(k) {
		r.bad, r.rest = true, nil
		return k
	}
	copy(k[:], r.rest)
	r.rest = r.rest[len(k):]
	return k
}

func (r *packReader) kind() FactKind {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	kind := FactKind(r.rest[0])
	r.rest = r.rest[1:]
	return kind
}

func (r *packReader) uvarint() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// size reads how many things follow, each of which takes at least so many bytes.
func (r *packReader) size(each int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/each) {
		r.bad, r.rest = true, nil
		return 0
	}
	return int(n)
}
