//go:build linux || darwin

package embedded

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// packaged are the folders where packages put versioned Postgres binaries: Debian, PGDG on
// Red Hat, Alpine, Gentoo, Homebrew (Apple silicon, Intel, Linux) and Postgres.app.
var packaged = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/libexec/postgresql*",
	"/usr/lib64/postgresql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// systemPlaces lists PATH's postgres first, then the packaged ones, newest first in each.
func systemPlaces() []string {
	var places []string
	if exe, err := exec.LookPath("postgres"); err == nil {
		places = append(places, filepath.Dir(exe))
	}
	for _, pattern := range packaged {
		// The only error is a malformed pattern, and these are constants.
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return folderVersion(b) - folderVersion(a) })
		places = append(places, found...)
	}
	return places
}

var digits = regexp.MustCompile(`\d+`)

func folderVersion(path string) int {
	all := digits.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, err := strconv.Atoi(all[len(all)-1])
	if err != nil {
		return 0
	}
	return n
}
