package db

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/livedesk/livedesk/model"
)

// KeyRing seals secrets with AES-256-GCM. It seals under its current key and opens what any of its keys sealed, so
// that a key can be replaced while its secrets are still about.
type KeyRing struct {
	current string
	keys    map[string]cipher.AEAD
	masters [][]byte // the current one first
}

// keyBytes is the length of a sealing key.
const keyBytes = 32

// ParseKeyRing reads keys as "<id>:<base64 of 32 bytes>", separated by commas or line breaks. The first one is the
// current one. An id is a number, and is never used for another key again.
func ParseKeyRing(s string) (*KeyRing, error) {
	r := &KeyRing{keys: map[string]cipher.AEAD{}}
	for entry := range strings.FieldsFuncSeq(s, func(c rune) bool { return strings.ContainsRune(", \t\r\n", c) }) {
		id, master, key, err := parseSealingKey(entry)
		if err != nil {
			return nil, err
		}
		if r.keys[id] != nil {
			return nil, fmt.Errorf("sealing key %s stands twice in the key ring", id)
		}
		if r.current == "" {
			r.current = id
		}
		r.keys[id] = key
		r.masters = append(r.masters, master)
	}
	if r.current == "" {
		return nil, errors.New("the key ring is empty: give at least one sealing key as <id>:<base64 of 32 bytes>")
	}
	return r, nil
}

// parseSealingKey never puts any of the text into its error, since that may be a key.
func parseSealingKey(entry string) (string, []byte, cipher.AEAD, error) {
	id, text, _ := strings.Cut(entry, ":")
	if n, err := strconv.ParseUint(id, 10, 32); err != nil || strconv.FormatUint(n, 10) != id {
		return "", nil, nil, errors.New("a sealing key is written <id>:<base64 of 32 bytes>, where the id is a number")
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != keyBytes {
		return "", nil, nil, fmt.Errorf("sealing key %s is not 32 bytes in base64", id)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", nil, nil, fmt.Errorf("sealing key %s: %w", id, err)
	}
	gcm, err := cipher.NewGCM(block)
	return id, key, gcm, err
}

// Derive makes the keys of another purpose, one for each key of the ring with the current one first, so that what was
// signed before a rotation stays good.
func (r *KeyRing) Derive(purpose string) ([][]byte, error) {
	derived := make([][]byte, len(r.masters))
	for i, master := range r.masters {
		key, err := hkdf.Key(sha256.New, master, nil, "livedesk "+purpose, keyBytes)
		if err != nil {
			return nil, fmt.Errorf("derive a key for %s: %w", purpose, err)
		}
		derived[i] = key
	}
	return derived, nil
}

// LoadKeyRing reads the key ring in the file. When there is no file it makes one with a new key, readable by its owner
// alone; of several processes that do so at once, one wins and all use its key.
func LoadKeyRing(path string) (*KeyRing, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if err := generateKeyFile(path); err != nil {
			return nil, fmt.Errorf("make the file of sealing keys: %w", err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the sealing keys: %w", err)
	}
	r, err := ParseKeyRing(string(text))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return r, nil
}

// generateKeyFile writes the whole file under another name first and then links it, which fails if there is one.
func generateKeyFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // has mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	var key [keyBytes]byte
	rand.Read(key[:])
	_, err = fmt.Fprintf(f, "1:%s\n", base64.StdEncoding.EncodeToString(key[:]))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// CurrentID names the key under which secrets are sealed now.
func (r *KeyRing) CurrentID() string { return r.current }

// SealedUnder names the key of a sealed text, "" when it is none.
func SealedUnder(sealed string) string {
	id, _, ok := strings.Cut(sealed, ":")
	if !ok || !strings.HasPrefix(id, "k") {
		return ""
	}
	return id[1:]
}

// Seal encrypts under the current key: "k<id>:<base64 of nonce and ciphertext>". It opens only with the same aad.
func (r *KeyRing) Seal(plain []byte, aad string) (string, error) {
	gcm := r.keys[r.current]
	nonce := make([]byte, gcm.NonceSize(), gcm.NonceSize()+len(plain)+gcm.Overhead())
	rand.Read(nonce)
	return "k" + r.current + ":" + base64.StdEncoding.EncodeToString(gcm.Seal(nonce, nonce, plain, []byte(aad))), nil
}

// Open decrypts what Seal made. It fails when the key is not in the ring, the text was changed, or it was sealed for
// another place.
func (r *KeyRing) Open(sealed, aad string) ([]byte, error) {
	_, text, _ := strings.Cut(sealed, ":")
	id := SealedUnder(sealed)
	gcm := r.keys[id]
	if gcm == nil {
		return nil, fmt.Errorf("open a secret: sealing key %q is not in the key ring", id)
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) < gcm.NonceSize() {
		return nil, errors.New("open a secret: it is damaged")
	}
	plain, err := gcm.Open(nil, b[:gcm.NonceSize()], b[gcm.NonceSize():], []byte(aad))
	if err != nil {
		return nil, errors.New("open a secret: it was changed, or sealed for another place")
	}
	return plain, nil
}

// SealedAt is the aad of a secret in a column of a row: the place where alone it can be opened.
func SealedAt(table, column string, account int64, row model.ID) string {
	return table + "|" + column + "|" + strconv.FormatInt(account, 10) + "|" + string(row)
}
