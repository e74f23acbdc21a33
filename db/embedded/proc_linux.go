package embedded

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// attributes put the child in a session of its own, away from the terminal's Ctrl-C, under
// the given user. The kernel sends it death when the thread that forked it ends, so that
// thread must be locked to a goroutine living as long as the child.
func attributes(as runAs, death syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Credential: as.cred, Pdeathsig: death}
}

// isPostgresOf tells whether pid is a living process of the cluster: Postgres stays in its
// data directory. A zombie has no exe and does not count.
func isPostgresOf(pid int, cluster string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	exe, err := os.Readlink(filepath.Join(proc, "exe"))
	if err != nil || !strings.Contains(filepath.Base(exe), "postgres") {
		return false
	}
	cwd, err := os.Stat(filepath.Join(proc, "cwd"))
	if err != nil {
		return false
	}
	home, err := os.Stat(cluster)
	return err == nil && os.SameFile(cwd, home)
}

// startedByUs looks for our mark among the arguments of a postmaster.
func startedByUs(pid int) bool {
	args, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	return err == nil && bytes.Contains(args, []byte("\x00cluster_name="+marker+"\x00"))
}

// processesOf are the living processes of the cluster.
func processesOf(cluster string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && isPostgresOf(pid, cluster) {
			pids = append(pids, pid)
		}
	}
	return pids
}
