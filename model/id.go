package model

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// ID names one object. It is a UUID of version 7 whose last byte says what kind of object it names, so that an id
// can be looked up without being told its kind. Outside the desk it is opaque.
type ID string

// Kind is the sort of object that an ID names.
type Kind byte

// The kinds are part of stored ids: a number is never reused.
const (
	KindAgent        Kind = 1
	KindTeam         Kind = 2
	KindAiAgent      Kind = 3
	KindChannel      Kind = 4
	KindContact      Kind = 5
	KindConversation Kind = 6
	KindMessage      Kind = 7
	KindAttachment   Kind = 8
	KindLabel        Kind = 9
	KindSession      Kind = 10
	KindConnection   Kind = 11
	KindRequest      Kind = 12
	KindProcess      Kind = 13
	KindRule         Kind = 14
	KindAuditEntry   Kind = 15
	KindDecision     Kind = 16
	KindArticle      Kind = 18
	KindSurvey       Kind = 20
	KindExport       Kind = 24
	KindAiTurn       Kind = 21
)

// NewID makes an id of the kind that sorts after those made in earlier milliseconds.
func NewID(kind Kind) ID { return NewIDAt(kind, time.Now()) }

// NewIDAt makes an id of the kind for the given time.
func NewIDAt(kind Kind, at time.Time) ID {
	var b [16]byte
	rand.Read(b[6:15])
	ms := uint64(at.UnixMilli())
	binary.BigEndian.PutUint16(b[0:], uint16(ms>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(ms))
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	b[15] = byte(kind)
	return ID(format(b))
}

// ParseID reads an id from its text form. The error has the code INVALID.
func ParseID(s string) (ID, error) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return "", &Error{Code: Invalid, Text: "This is not an id."}
	}
	var b [16]byte
	if _, err := hex.Decode(b[:], []byte(s[0:8]+s[9:13]+s[14:18]+s[19:23]+s[24:36])); err != nil {
		return "", &Error{Code: Invalid, Text: "This is not an id."}
	}
	return ID(format(b)), nil
}

// Kind tells what sort of object the id names; 0 for an id of another origin.
func (id ID) Kind() Kind {
	if len(id) != 36 {
		return 0
	}
	n, err := strconv.ParseUint(string(id[34:]), 16, 8)
	if err != nil {
		return 0
	}
	return Kind(n)
}

func format(b [16]byte) string {
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
