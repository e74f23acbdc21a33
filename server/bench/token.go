package bench

import (
	"crypto/sha256"

	"github.com/livedesk/livedesk/model"
)

// newToken makes a session's token and what the database keeps of it.
func newToken(account int64) (token string, hash []byte) {
	token = model.NewKey(account)
	sum := sha256.Sum256([]byte(token))
	return token, sum[:]
}
