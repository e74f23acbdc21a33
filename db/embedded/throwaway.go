//go:build linux || darwin

package embedded

import (
	"errors"
	"fmt"
	"os"
	"time"
)

const throwAway = "livedesk-pg-"

// newThrowAway makes a temporary data folder that the child's user can pass, and removes those
// that killed processes left.
func newThrowAway() (string, error) {
	root := throwAwayRoot()
	dropThrowAways(root)
	dir, err := os.MkdirTemp(root, throwAway+"*")
	if err != nil {
		return "", fmt.Errorf("make temporary data folder: %w", err)
	}
	if err := os.Chmod(dir, searchable()); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// dropThrowAways leaves young folders alone: their lock may not have been taken yet.
func dropThrowAways(root string) {
	left, err := named(root, throwAway, "")
	if err != nil {
		return
	}
	for _, dir := range left {
		info, err := os.Lstat(folder(dir).lock())
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if lock, err := takeLock(folder(dir)); err == nil {
			// Best effort: another user's folder, or one just going away, stays.
			_ = os.RemoveAll(dir)
			_ = lock.Close()
		}
	}
}
