package embedded

import (
	"os"
	"syscall"
)

// roomy is the free memory below which test clusters stay on the disk.
const roomy = 4 << 30

// throwAwayRoot is memory when there is plenty: a cluster is a thousand small files, which a
// disk's file system makes several times slower, and so is each database a test clones.
func throwAwayRoot() string {
	const memory = "/dev/shm"
	var free syscall.Statfs_t
	if os.Getenv("TMPDIR") != "" || syscall.Statfs(memory, &free) != nil {
		return os.TempDir()
	}
	if free.Bavail*uint64(free.Bsize) < roomy || syscall.Access(memory, 0o3) != nil {
		return os.TempDir()
	}
	return memory
}
