// Command cluster runs all of Yeyak on this machine, as separate processes behind one entry
// point, and tests what users notice when processes are replaced or killed.
// `make cluster`, `make redeploy-test`, `make kill-test`, `make siege` and `make away-test`
// run it.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/rig/cluster"
	"github.com/yeyak/yeyak/internal/rig/cluster/crowd"
)

type commands struct {
	Run      run      `cmd:"" help:"Run the cluster until Ctrl-C."`
	Redeploy redeploy `cmd:"" help:"Replace every process under load, several times, and report what users noticed."`
	Siege    siege    `cmd:"" help:"Load everything with siege, as the documents of other order systems do, and report how much was served."`
	Away     away     `cmd:"" help:"Take Temporal down under load, and report what happened to each order that was placed meanwhile."`
	Kill     kill     `cmd:"" help:"Kill one process after another under load, and report how long users noticed each kill."`
}

// Programs are the programs of the cluster.
type Programs struct {
	Yeyak          string `default:"bin/yeyak" help:"Program yeyak."`
	TemporalServer string `env:"YEYAK_TEMPORAL_SERVER" default:"bin/temporal-server" help:"Temporal server."`
	Dir            string `default:".cluster" help:"Folder of logs and configurations."`
}

func (p Programs) options(listen string) cluster.Options {
	return cluster.Options{Yeyak: p.Yeyak, TemporalServer: p.TemporalServer, Dir: p.Dir, Listen: listen}
}

// Load is the load on the cluster meanwhile.
type Load struct {
	Users int           `default:"50" help:"Number of concurrent users."`
	Think time.Duration `default:"1s" help:"Average pause of a user between two requests."`
}

// oneCaller lifts the limits of one caller: all users have the token of one operator.
const oneCaller = "YEYAK_REQUESTS_PER_SECOND=0"

func (l Load) crowd(ctx context.Context, c *cluster.Cluster) (*crowd.Crowd, error) {
	return crowd.New(ctx, crowd.Options{URL: c.URL(), Token: c.Token(), Users: l.Users, Think: l.Think})
}

type run struct {
	Programs  `embed:""`
	Listen    string   `env:"YEYAK_LISTEN" default:"127.0.0.1:8080" help:"Address of the entry point, host:port."`
	UIPort    int      `env:"YEYAK_UI_PORT" default:"8233" help:"Port of Temporal's web UI; 0 uses a free port."`
	Versioned bool     `env:"YEYAK_VERSIONING" help:"Keep orders on the build that they began with. Orders are not processed until a build has been made the current one."`
	Set       []string `env:"YEYAK_CLUSTER_SET" placeholder:"NAME=VALUE" help:"Environment variables of all Yeyak processes, which do not get those of the terminal."`
	From      string   `help:"Start with this backup of a cluster's PostgreSQL server, which pg_basebackup has made."`
}

// Run implements the command.
func (r run) Run(ctx context.Context) error {
	fmt.Println("Starting PostgreSQL, Temporal with its web UI, two workers, two APIs and their entry point …")
	o := r.options(r.Listen)
	var err error
	if o.UI, err = r.uiAddress(); err != nil {
		return err
	}
	o.Versioned, o.From, o.Env = r.Versioned, r.From, r.Set
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return err
	}
	fmt.Printf(`
Yeyak is running.

  API          %[1]s
  API docs     %[1]s/docs
  Temporal UI  %[2]s
  Temporal     %[3]s
  Logs         %[4]s

`, c.URL(), c.UIURL(), c.Temporal(), c.Logs())
	for _, n := range c.Nodes() {
		fmt.Printf("  %-12s http://%s\n", n.Name, n.Address)
	}
	fmt.Printf("\nFor commands in another terminal:\n\n    export PATH=\"$PWD/bin:$PATH\"\n    . %s\n\nCtrl-C stops it; its data go with it, its logs stay.\n",
		c.EnvFile())
	<-ctx.Done()
	fmt.Println("\nStopping …")
	return c.Stop()
}

// uiAddress is the address of the web UI, on a port that is free.
func (r run) uiAddress() (string, error) {
	if r.UIPort == 0 {
		return freeAddress()
	}
	address := child.Address(r.UIPort)
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("%s, for Temporal's web UI, is in use: stop that program, or choose another port with YEYAK_UI_PORT (%w)", address, err)
	}
	return address, l.Close()
}

// freeAddress is the address of a cluster for a test.
func freeAddress() (string, error) {
	ports, err := child.FreePorts(1)
	if err != nil {
		return "", err
	}
	return child.Address(ports[0]), nil
}

func main() {
	var cli commands
	selected := kong.Parse(&cli, kong.Name("cluster"), kong.Description("The whole of Yeyak on this machine, as separate processes."))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once, and its children with it
	selected.BindTo(ctx, (*context.Context)(nil))
	if err := selected.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}
