//go:build linux || darwin

package embedded

import (
	"errors"
	"fmt"
	"strings"
)

// explainMissing adds the way out when the cluster needs binaries that are not there: those
// of its own version, or a move of the data to the version that is.
func explainMissing(err error, f folder, as runAs, major int) error {
	var missing *missingError
	if major == 0 || !errors.As(err, &missing) {
		return err
	}
	return fmt.Errorf("%s was written by Postgres %d and is left as it is: %w\n%s", f.cluster(), major, err, moveSteps(f, as, major))
}

// moveSocket is a folder for the socket and the dump; mkdir fails when somebody has it.
const moveSocket = "/tmp/livedesk-move"

// moveSteps are shell commands for a move to another major version, run with both installed.
func moveSteps(f folder, as runAs, major int) string {
	old := fmt.Sprintf("%s.%d", f.cluster(), major)
	socket := moveSocket
	steps := []string{
		fmt.Sprintf("OLD=<bin folder of Postgres %d> NEW=<bin folder of Postgres %d or newer>", major, oldest),
		"mkdir -m 700 " + socket,
		fmt.Sprintf(`$OLD/pg_ctl -w -D %s -o "-c listen_addresses= -k %s" start`, f.cluster(), socket),
		fmt.Sprintf("$NEW/pg_dumpall -h %s -U %s -f %s/dump.sql", socket, superuser, socket),
		fmt.Sprintf("$OLD/pg_ctl -w -D %s stop", f.cluster()),
		fmt.Sprintf("mv %s %s", f.cluster(), old),
		fmt.Sprintf("$NEW/initdb -D %s -U %s --auth=trust --encoding=UTF8 --lc-collate=C --lc-ctype=C.UTF-8 --data-checksums", f.cluster(), superuser),
		fmt.Sprintf(`$NEW/pg_ctl -w -D %s -o "-c listen_addresses= -k %s" start`, f.cluster(), socket),
		fmt.Sprintf("$NEW/psql -X -h %s -U %s -d postgres -f %s/dump.sql", socket, superuser, socket),
		fmt.Sprintf("$NEW/pg_ctl -w -D %s stop", f.cluster()),
	}
	who := ""
	if as.cred != nil {
		who = fmt.Sprintf(", as user %s (who must be allowed to write to %s meanwhile)", as.name, f)
	}
	return "To move the data to another version" + who + ", run:\n  " + strings.Join(steps, "\n  ")
}
