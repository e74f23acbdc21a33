package embedded

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes put the child in a session of its own under the given user. There is no death
// signal here: an orphan is taken over by the next start.
func attributes(as runAs, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Credential: as.cred}
}

func arguments(pid int) string {
	out, err := exec.Command("/bin/ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// isPostgresOf tells whether pid is the postmaster of the cluster, by its arguments.
func isPostgresOf(pid int, cluster string) bool {
	args := arguments(pid)
	return strings.Contains(args, "postgres") && strings.Contains(args, " "+cluster)
}

// startedByUs looks for our mark among the arguments of a postmaster.
func startedByUs(pid int) bool {
	return strings.Contains(arguments(pid), "cluster_name="+marker)
}

// processesOf finds none: a backend's cluster is not to be seen here, Postgres itself
// refuses to start while one is left, and the next try follows.
func processesOf(string) []int { return nil }
