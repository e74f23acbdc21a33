package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the times in /proc (USER_HZ, which is 100 on every Linux that Go runs on).
const tick = 10 * time.Millisecond

// cpuDuring is how much processor time each of the processes, with its children, uses while do runs.
func cpuDuring(do func() error, pids ...int) ([]time.Duration, error) {
	before, err := cpuOf(pids)
	if err != nil {
		return nil, err
	}
	if err := do(); err != nil {
		return nil, err
	}
	used, err := cpuOf(pids)
	for i := range used {
		used[i] -= before[i]
	}
	return used, err
}

// cpuOf is how much processor time each of the processes and its present and former children have used. A child that
// is alive counts by itself, one that ended in its parent.
func cpuOf(pids []int) ([]time.Duration, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return nil, errors.New("processor time is read from /proc, which this machine lacks")
	}
	parents, own := map[int]int{}, map[int]time.Duration{}
	for _, path := range stats {
		if pid, parent, used, ok := readStat(path); ok {
			parents[pid], own[pid] = parent, used
		}
	}
	sums := make([]time.Duration, len(pids))
	for i, wanted := range pids {
		for pid, used := range own {
			if descends(pid, wanted, parents) {
				sums[i] += used
			}
		}
	}
	return sums, nil
}

func descends(pid, from int, parents map[int]int) bool {
	for ; pid > 1; pid = parents[pid] {
		if pid == from {
			return true
		}
	}
	return false
}

func readStat(path string) (pid, parent int, used time.Duration, ok bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, 0, false // it ended meanwhile
	}
	pid, err = strconv.Atoi(filepath.Base(filepath.Dir(path)))
	if err != nil {
		return 0, 0, 0, false
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 15 {
		return 0, 0, 0, false
	}
	parent, _ = strconv.Atoi(fields[1])
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		n, _ := strconv.Atoi(field)
		used += time.Duration(n) * tick
	}
	return pid, parent, used, true
}

// residentOf is how many bytes of memory a process holds.
func residentOf(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("read the memory of process %d", pid)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
