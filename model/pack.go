package model

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
)

// packed is the version of the form that pack writes. Records are read for as long as they are replayed: a new form gets
// a new number, and unpack knows both for that long.
const packed = 1

// The first byte of a packed candidate. Its lowest two bits are the place in availabilities.
const (
	packConnected byte = 4 << iota
	packDisabled
	packMember
	packAssigned // a time of the last assignment follows
	packSame     // the limits are those of the candidate before
	packText     // the id is none of an agent made by NewID, and follows as text
)

var availabilities = []Availability{Online, Busy, Away, Offline}

// packer writes candidates one after the other, each against what came before: about 24 bytes each, for a decision among
// 200 to fit into 8 KB of JSON.
type packer struct {
	b          []byte
	made       int64 // when the last id was made
	last, turn int64 // the greatest of all: the others are counted back from them
	max, here  int   // the limits of the candidate before
}

// pack writes the candidates. Numbers are varints, and times milliseconds.
func pack(candidates []Candidate) []byte {
	p := &packer{b: append(make([]byte, 0, 27*len(candidates)+20), packed)}
	for i := range candidates {
		p.turn = max(p.turn, candidates[i].Turn)
		if !candidates[i].LastAssignedAt.IsZero() {
			p.last = max(p.last, candidates[i].lastAssigned())
		}
	}
	for _, n := range []int64{int64(len(candidates)), p.last, p.turn} {
		p.b = binary.AppendVarint(p.b, n)
	}
	for i := range candidates {
		p.add(&candidates[i])
	}
	return p.b
}

func (p *packer) add(c *Candidate) {
	start := len(p.b)
	p.b = append(p.b, 0)
	flags := byte(slices.Index(availabilities, c.Availability.known()))
	flags |= flag(c.Connected, packConnected) | flag(c.Disabled, packDisabled) | flag(c.Member, packMember) | p.id(c.AgentID)
	p.b = binary.AppendVarint(p.b, int64(c.Load))
	here := max(c.MaxChannelLoad, 0)
	if c.MaxLoad == p.max && here == p.here {
		flags |= packSame
	} else {
		p.max, p.here = c.MaxLoad, here
		p.b = binary.AppendVarint(binary.AppendVarint(p.b, int64(p.max)), int64(p.here))
	}
	if here > 0 {
		p.b = binary.AppendVarint(p.b, int64(c.ChannelLoad))
	}
	p.b = binary.AppendUvarint(p.b, uint64(p.turn-c.Turn))
	if !c.LastAssignedAt.IsZero() {
		flags |= packAssigned
		p.b = binary.AppendUvarint(p.b, uint64(p.last-c.lastAssigned()))
	}
	p.b[start] = flags
}

func flag(set bool, flag byte) byte {
	if set {
		return flag
	}
	return 0
}

// id leaves out what all ids of agents have in common, and writes how much later than the one before it was made. It
// returns the flag that says how.
func (p *packer) id(id ID) byte {
	if parsed, err := ParseID(string(id)); err != nil || parsed != id || id.Kind() != KindAgent {
		p.b = append(binary.AppendUvarint(p.b, uint64(len(id))), id...)
		return packText
	}
	made, _ := strconv.ParseInt(string(id[0:8]+id[9:13]), 16, 64) // ParseID has read it
	tail, _ := hex.DecodeString(string(id[14:18] + id[19:23] + id[24:34]))
	p.b = append(binary.AppendVarint(p.b, made-p.made), tail...)
	p.made = made
	return 0
}
