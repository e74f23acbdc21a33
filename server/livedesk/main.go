// Command livedesk is a live desk for customer service. Run it without arguments to start it.
package main

import (
	"os"
	_ "time/tzdata" // zones must be known on machines without a zone database

	"github.com/livedesk/livedesk/server"
)

func main() { os.Exit(server.Main(os.Args[1:], os.Stdout, os.Stderr)) }
