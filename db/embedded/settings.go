//go:build linux || darwin

package embedded

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// marker is the cluster_name of our postmasters; it tells an orphan of ours from a Postgres
// that somebody started by hand on the same data.
const marker = "livedesk"

// port only names the socket file; nothing listens on TCP.
const port = 5432

var settingName = regexp.MustCompile(`^[a-z_][a-z0-9_.]*$`)

// defaults suit a small desk on one machine. Postgres would write failed statements with
// their values, thus customers' words and numbers, to its log: errors go to the client only
// (log_min_messages=log leaves them out) and terse lines carry no row values.
func defaults() map[string]string {
	return map[string]string{
		"max_connections":         "60",
		"shared_buffers":          "128MB",
		"jit":                     "off",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_min_messages":        "log",
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
		"log_line_prefix":         "%m [%p] ",
	}
}

// fastDefaults trade every guarantee across a crash for speed.
func fastDefaults() map[string]string {
	return map[string]string{
		"max_connections":    "200",
		"fsync":              "off",
		"synchronous_commit": "off",
		"full_page_writes":   "off",
		"wal_level":          "minimal",
		"max_wal_senders":    "0",
		"checkpoint_timeout": "30min",
		"max_wal_size":       "256MB",
	}
}

// fixed are what the package itself relies on.
func fixed(socket string) map[string]string {
	return map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": socket,
		"port":                    strconv.Itoa(port),
		"cluster_name":            marker,
		"logging_collector":       "off",
		"log_destination":         "stderr",
	}
}

// settings are the postmaster's arguments.
func settings(opt Options, cluster, socket string) ([]string, error) {
	all := defaults()
	if opt.FastUnsafe {
		maps.Copy(all, fastDefaults())
	}
	ours := fixed(socket)
	for name, value := range opt.Tuning {
		if !settingName.MatchString(name) {
			return nil, fmt.Errorf("tuning: %q is not the name of a Postgres setting", name)
		}
		if _, taken := ours[name]; taken {
			return nil, fmt.Errorf("tuning: %s cannot be set", name)
		}
		all[name] = value
	}
	maps.Copy(all, ours)
	args := []string{"-D", cluster}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "-c", name+"="+all[name])
	}
	return args, nil
}
