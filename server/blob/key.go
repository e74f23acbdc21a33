package blob

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// keyForm spreads the blobs of an account over 1024 folders. It leaves no room for a path of another meaning.
var keyForm = regexp.MustCompile(`^[0-9]{1,19}/[a-z2-7]{2}/[a-z2-7]{24,}$`)

// NewKey makes a key for a new blob of the account: "<account>/<2 letters>/<24 letters>", at least 128 random bits.
// Write it down before Put, so that whatever became of the Put, Delete finds it.
func NewKey(account int64) string {
	r := strings.ToLower(rand.Text())
	return strconv.FormatInt(account, 10) + "/" + r[:2] + "/" + r[2:]
}

func checkKey(key string) error {
	if !keyForm.MatchString(key) {
		return fmt.Errorf("blob key %q: not made by NewKey", key)
	}
	return nil
}
