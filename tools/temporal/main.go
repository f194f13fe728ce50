// Command temporal-server is the Temporal server of this repository, with the programs that
// it needs:
//
//	server start-dev   on SQLite, with the web UI; the flags are those of Temporal's CLI
//	start              from a configuration file, like the official image; on PostgreSQL
//	ui                 the web UI of a server in another process
//	schema             Temporal's SQL tool, which creates and updates the tables on PostgreSQL
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	_ "time/tzdata" // schedules name time zones, which some machines do not have

	"github.com/temporalio/ui-server/v2/server/version"
	"go.temporal.io/server/common/headers"
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql" // the store of `start`
	sqltool "go.temporal.io/server/tools/sql"
)

const usage = `usage: temporal-server server start-dev [flags]   on SQLite, with the web UI
       temporal-server start [flags]              from a configuration file or the environment
       temporal-server ui --temporal-address ...  the web UI of a server that is another process
       temporal-server schema ...                 temporal-sql-tool, with its arguments
       temporal-server --version`

func main() {
	err := run(os.Args[1:])
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "temporal-server:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) >= 2 && args[0] == "server" && args[1] == "start-dev":
		return startDev(args[2:])
	case len(args) >= 1 && args[0] == "start":
		return start(args[1:])
	case len(args) >= 1 && args[0] == "ui":
		return serveUI(args[1:])
	case len(args) >= 1 && args[0] == "schema":
		return sqltool.RunTool(append([]string{"temporal-sql-tool"}, args[1:]...))
	case len(args) == 1 && args[0] == "--version":
		fmt.Printf("temporal-server (Server %s, UI %s)\n", headers.ServerVersion, version.UIVersion)
		return nil
	default:
		fmt.Fprintln(os.Stderr, usage)
		return flag.ErrHelp
	}
}
