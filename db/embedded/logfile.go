//go:build linux || darwin

package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxLog bounds pg.log; pg.log.1 keeps as much of what came before.
const maxLog = 4 << 20

// logFile is Postgres' standard error. The child writes to the file itself, not to a pipe, so
// that it can still tell why it stopped when this process is gone.
type logFile struct {
	file *os.File
	path string
}

func openLog(f folder) (*logFile, error) {
	file, err := os.OpenFile(f.log(), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open Postgres' log: %w", err)
	}
	return &logFile{file: file, path: f.log()}, nil
}

func (l *logFile) close() error { return l.file.Close() }

func (l *logFile) size() int64 {
	info, err := l.file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// trim moves an overlong log to pg.log.1. The file is emptied, not renamed: the child has it
// open for appending.
func (l *logFile) trim() error {
	size := l.size()
	if size <= maxLog {
		return nil
	}
	old, err := os.OpenFile(l.path+".1", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(old, io.NewSectionReader(l.file, size-maxLog, maxLog))
	return errors.Join(err, old.Close(), l.file.Truncate(0))
}

// tail is the end of what was logged since the size was from.
func (l *logFile) tail(from int64) string {
	const enough = 4 << 10
	text := make([]byte, enough)
	from = max(from, l.size()-enough)
	n, err := l.file.ReadAt(text, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return "its log cannot be read: " + err.Error()
	}
	return lastLines(text[:n], 12)
}

func lastLines(text []byte, count int) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-count):], []byte("\n")))
}
