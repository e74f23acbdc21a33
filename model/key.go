package model

import "encoding/hex"

// Key is an ID in the 16 bytes that it stands for: what is held by the million. The zero Key is that of no object.
type Key [16]byte

// IsZero tells whether the key names nothing.
func (k Key) IsZero() bool { return k == Key{} }

// ID is the id that the key stands for, "" for the zero Key.
func (k Key) ID() ID {
	if k.IsZero() {
		return ""
	}
	return ID(format(k))
}

// Key is the bytes of the id; the zero Key for what is no id.
func (id ID) Key() (k Key) {
	if len(id) != 36 {
		return Key{}
	}
	var b [32]byte
	copy(b[0:8], id[0:8])
	copy(b[8:12], id[9:13])
	copy(b[12:16], id[14:18])
	copy(b[16:20], id[19:23])
	copy(b[20:32], id[24:36])
	if _, err := hex.Decode(k[:], b[:]); err != nil {
		return Key{}
	}
	return k
}
