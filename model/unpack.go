package model

import (
	"encoding/binary"
	"errors"
	"time"
)

var errPacked = errors.New("this is not what pack wrote")

// unpacker reads what a packer wrote. After the first thing that is not there it reads nothing more.
type unpacker struct {
	b          []byte
	bad        bool
	made       int64
	last, turn int64
	max, here  int
}

func unpack(b []byte) ([]Candidate, error) {
	if len(b) == 0 || b[0] != packed {
		return nil, errPacked
	}
	u := &unpacker{b: b[1:]}
	count := u.number()
	u.last, u.turn = u.number(), u.number()
	if count < 0 || count > int64(len(b)) {
		return nil, errPacked
	}
	candidates := make([]Candidate, count)
	for i := range candidates {
		candidates[i] = u.candidate()
	}
	if u.bad || len(u.b) > 0 {
		return nil, errPacked
	}
	return candidates, nil
}

func (u *unpacker) candidate() Candidate {
	flags := u.bytes(1)[0]
	c := Candidate{
		Availability: availabilities[flags&3], Connected: flags&packConnected != 0, Disabled: flags&packDisabled != 0,
		Member: flags&packMember != 0, AgentID: u.id(flags), Load: int(u.number()),
	}
	if flags&packSame == 0 {
		u.max, u.here = int(u.number()), int(u.number())
	}
	c.MaxLoad, c.MaxChannelLoad = u.max, u.here
	if u.here > 0 {
		c.ChannelLoad = int(u.number())
	}
	c.Turn = u.turn - int64(u.natural())
	if flags&packAssigned != 0 {
		c.LastAssignedAt = time.UnixMilli(u.last - int64(u.natural())).UTC()
	}
	return c
}

func (u *unpacker) id(flags byte) ID {
	if flags&packText != 0 {
		return ID(u.bytes(u.natural()))
	}
	u.made += u.number()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(u.made)<<16)
	copy(b[6:15], u.bytes(9))
	b[15] = byte(KindAgent)
	return ID(format(b))
}

func (u *unpacker) number() int64 {
	n, size := binary.Varint(u.b)
	u.skip(size)
	return n
}

func (u *unpacker) natural() uint64 {
	n, size := binary.Uvarint(u.b)
	u.skip(size)
	return n
}

// skip goes on behind a number of the size, which is not positive when there was none.
func (u *unpacker) skip(size int) {
	if u.bad = u.bad || size <= 0; !u.bad {
		u.b = u.b[size:]
	}
}

// bytes returns the next n bytes, and a zero instead when there are not as many.
func (u *unpacker) bytes(n uint64) []byte {
	if u.bad = u.bad || n > uint64(len(u.b)); u.bad || n == 0 {
		return make([]byte, 1)[:min(n, 1)]
	}
	b := u.b[:n]
	u.b = u.b[n:]
	return b
}
