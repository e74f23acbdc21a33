//go:build linux || darwin

package embedded

import (
	"io/fs"
	"os"
)

// stamp notices that a package upgrade has put other binaries in place. A postmaster that runs
// on then loads new libraries into old code, and every new connection fails.
type stamp struct {
	path    string
	running fs.FileInfo // the file that was started
	last    fs.FileInfo // as seen by the previous look
}

func newStamp(path string) (*stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &stamp{path: path, running: info, last: info}, nil
}

// replaced is true once for each other file that two looks in a row have found the same: the
// upgrade is then through. A missing file is no replacement.
func (s *stamp) replaced() bool {
	info, err := os.Stat(s.path)
	if err != nil {
		return false
	}
	settled := sameFile(info, s.last)
	s.last = info
	if !settled || sameFile(info, s.running) {
		return false
	}
	s.running = info
	return true
}

func sameFile(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
