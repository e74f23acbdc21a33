package desk

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/livedesk/livedesk/model"
)

// The cost of a password hash: the least that OWASP recommends for argon2id. One takes about 22 ms of a core.
const (
	hashMemory  = 19 << 10 // KiB
	hashPasses  = 2
	hashThreads = 1
	hashSalt    = 16 // bytes
	hashLength  = 32 // bytes
)

// parallelHashes bounds how many passwords are hashed at once, since each takes 19 MiB; waitingHashes, how many more wait.
const (
	parallelHashes = 4
	waitingHashes  = 50
)

// hasher hashes passwords, a few at a time.
type hasher struct {
	admitted chan struct{}
	running  chan struct{}
}

func newHasher() *hasher {
	return &hasher{admitted: make(chan struct{}, parallelHashes+waitingHashes), running: make(chan struct{}, parallelHashes)}
}

// hash makes a PHC string with a salt of its own. OVERLOADED when too many wait already.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	var salt [hashSalt]byte
	rand.Read(salt[:])
	var sum []byte
	err := h.run(ctx, func() {
		sum = argon2.IDKey([]byte(password), salt[:], hashPasses, hashMemory, hashThreads, hashLength)
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashPasses, hashThreads,
		base64.RawStdEncoding.EncodeToString(salt[:]), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// matches tells whether the password is the one of the PHC string. Without a hash it takes as long, and is false.
func (h *hasher) matches(ctx context.Context, phc, password string) (bool, error) {
	p, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	var sum []byte
	err = h.run(ctx, func() {
		sum = argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.threads, uint32(len(p.sum)))
	})
	return err == nil && phc != "" && subtle.ConstantTimeCompare(sum, p.sum) == 1, err
}

func (h *hasher) run(ctx context.Context, work func()) error {
	select {
	case h.admitted <- struct{}{}:
		defer func() { <-h.admitted }()
	default:
		return model.Refuse(model.Overloaded, "Too many people are signing in at this moment. Try again in a few seconds.")
	}
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
	case <-ctx.Done():
		return ctx.Err()
	}
	work()
	return nil
}

type phc struct {
	memory, passes uint32
	threads        uint8
	salt, sum      []byte
}

// parsePHC reads a stored hash with its own cost, so that the cost can be raised for new ones. The empty string stands
// for an account that does not exist, and costs the same.
func parsePHC(s string) (p phc, err error) {
	if s == "" {
		return phc{hashMemory, hashPasses, hashThreads, make([]byte, hashSalt), make([]byte, hashLength)}, nil
	}
	part := strings.Split(s, "$")
	var version int
	if len(part) != 6 || part[1] != "argon2id" {
		return p, fmt.Errorf("read a password hash: not argon2id")
	}
	if _, err = fmt.Sscanf(part[2], "v=%d", &version); err == nil && version != argon2.Version {
		err = fmt.Errorf("version %d", version)
	}
	if err == nil {
		_, err = fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads)
	}
	if err == nil {
		p.salt, err = base64.RawStdEncoding.DecodeString(part[4])
	}
	if err == nil {
		p.sum, err = base64.RawStdEncoding.DecodeString(part[5])
	}
	if err != nil {
		return p, fmt.Errorf("read a password hash: %w", err)
	}
	return p, nil
}
