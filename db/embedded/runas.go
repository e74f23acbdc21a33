//go:build linux || darwin

package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// runAs is the user of the child. Postgres refuses to run as root, so a root process hands
// the child to postgres or nobody; any other process keeps its own user.
type runAs struct {
	name string
	cred *syscall.Credential // nil: our own user
}

// chooseUser keeps to the owner of an existing cluster, since Postgres insists on owning it.
func chooseUser(cluster string) (runAs, error) {
	owner, err := ownerOf(cluster)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return runAs{}, fmt.Errorf("look at %s: %w", cluster, err)
	}
	exists := err == nil
	if uid := os.Geteuid(); uid != 0 {
		if exists && owner != uint32(uid) {
			return runAs{}, fmt.Errorf("%s belongs to uid %d and this process is uid %d: run as that user, or chown -R the folder", cluster, owner, uid)
		}
		return runAs{name: strconv.Itoa(uid)}, nil
	}
	if exists && owner != 0 {
		return userByID(owner), nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return credential(u)
		}
	}
	return runAs{name: "nobody", cred: &syscall.Credential{Uid: 65534, Gid: 65534}}, nil
}

func userByID(uid uint32) runAs {
	if u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
		if as, err := credential(u); err == nil {
			return as
		}
	}
	return runAs{name: fmt.Sprintf("uid %d", uid), cred: &syscall.Credential{Uid: uid, Gid: uid}}
}

func credential(u *user.User) (runAs, error) {
	uid, err := strconv.ParseInt(u.Uid, 10, 64)
	if err != nil {
		return runAs{}, fmt.Errorf("uid of %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseInt(u.Gid, 10, 64)
	if err != nil {
		return runAs{}, fmt.Errorf("gid of %s: %w", u.Username, err)
	}
	// macOS has nobody at -2.
	return runAs{name: u.Username, cred: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

func ownerOf(path string) (uint32, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, err
	}
	return info.Sys().(*syscall.Stat_t).Uid, nil
}

// give makes the child's user the owner of one file.
func (as runAs) give(path string) error {
	if as.cred == nil {
		return nil
	}
	return os.Lchown(path, int(as.cred.Uid), int(as.cred.Gid))
}

// giveAll does so for a tree, as after a restore by root.
func (as runAs) giveAll(root string) error {
	if as.cred == nil {
		return nil
	}
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return as.give(path)
	})
}

// blockedAt is the topmost folder on the way to path that the child's user may not pass,
// going by owner, group and mode; empty when there is none.
func (as runAs) blockedAt(path string) string {
	if as.cred == nil {
		return ""
	}
	if parent := filepath.Dir(path); parent != path {
		if at := as.blockedAt(parent); at != "" {
			return at
		}
	}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return ""
	}
	stat, need := info.Sys().(*syscall.Stat_t), fs.FileMode(0o001)
	switch {
	case stat.Uid == as.cred.Uid:
		need = 0o100
	case stat.Gid == as.cred.Gid:
		need = 0o010
	}
	if info.Mode()&need == 0 {
		return path
	}
	return ""
}

// cannotSwitch tells the errors of setuid and setgroups in a process that may not use them:
// EPERM without the capability, EINVAL in a user namespace that lacks the uid.
func (as runAs) cannotSwitch(err error) bool {
	return as.cred != nil && (errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL))
}

// explain turns what the kernel says of a child that could not be started into advice.
func (as runAs) explain(err error, wanted string) error {
	switch {
	case as.cred == nil:
		return err
	case as.cannotSwitch(err):
		return fmt.Errorf("a database refuses to run as root, and this process may not switch to %s (uid %d): run as an ordinary user, or set DATABASE_URL: %w",
			as.name, as.cred.Uid, err)
	case errors.Is(err, fs.ErrPermission):
		if at := as.blockedAt(wanted); at != "" {
			return fmt.Errorf("the database runs as user %s, who cannot pass %s to reach %s: choose another data folder such as /var/lib/livedesk, or chmod o+x %s: %w",
				as.name, at, wanted, at, err)
		}
	}
	return err
}
