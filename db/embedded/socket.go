//go:build linux || darwin

package embedded

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
)

// maxSocketPath is what sun_path holds beside its final NUL.
const maxSocketPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// prepareSocket returns a folder for the socket that only our user and the child's can enter:
// who can connect is trusted. It lies in the data folder, or in the temporary one when that
// path is too long for a socket or its file system has none (some shared folders).
func prepareSocket(f folder, as runAs) (string, error) {
	short := fmt.Sprintf("livedesk-%x", sha256.Sum256(fmt.Appendf(nil, "%d %s", os.Geteuid(), f)))[:21]
	var all error
	for _, dir := range []string{f.socket(), filepath.Join(os.TempDir(), short), filepath.Join("/tmp", short)} {
		err := trySocket(dir, as)
		if err == nil {
			return dir, nil
		}
		all = errors.Join(all, err)
	}
	return "", fmt.Errorf("find a folder for the database's socket: %w", all)
}

func trySocket(dir string, as runAs) error {
	file := filepath.Join(dir, fmt.Sprintf(".s.PGSQL.%d", port))
	if len(file) > maxSocketPath {
		return fmt.Errorf("%s is longer than the %d bytes of a socket's path", file, maxSocketPath)
	}
	if err := claimFolder(dir, as); err != nil {
		return err
	}
	if at := as.blockedAt(dir); at != "" {
		return fmt.Errorf("user %s cannot pass %s", as.name, at)
	}
	// The cluster is known to be down: these are a killed postmaster's.
	for _, stale := range []string{file, file + ".lock"} {
		if err := os.Remove(stale); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	probe, err := net.Listen("unix", filepath.Join(dir, "probe"))
	if err != nil {
		return err
	}
	return probe.Close()
}

// claimFolder makes the folder the child's with ourselves as its group. One in a shared place
// that belongs to anybody else is refused.
func claimFolder(dir string, as runAs) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner := int(info.Sys().(*syscall.Stat_t).Uid)
	if !info.IsDir() || owner != os.Geteuid() && owner != as.uid() {
		return fmt.Errorf("%s belongs to uid %d", dir, owner)
	}
	if as.cred == nil {
		return os.Chmod(dir, 0o700)
	}
	if err := os.Chown(dir, as.uid(), os.Getegid()); err != nil {
		return err
	}
	return os.Chmod(dir, 0o750)
}

// address is a connection URL through the socket.
func address(socket, role, database string) string {
	query := url.Values{"host": {socket}, "port": {fmt.Sprint(port)}}
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database, RawQuery: query.Encode()}
	return u.String()
}
