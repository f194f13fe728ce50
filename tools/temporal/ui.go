package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"strconv"

	"github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/server/temporal"
)

// uiOptions are the flags of `ui`.
type uiOptions struct {
	ip       string
	port     int
	frontend string // host:port
}

func parseUI(args []string) (o uiOptions, err error) {
	flags := flag.NewFlagSet("ui", flag.ContinueOnError)
	flags.StringVar(&o.ip, "ip", "127.0.0.1", "`address` to listen on")
	flags.IntVar(&o.port, "port", 8233, "port to listen on")
	flags.StringVar(&o.frontend, "temporal-address", "", "frontend of the server, `host:port`")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if _, _, err := net.SplitHostPort(o.frontend); err != nil {
		return o, fmt.Errorf("--temporal-address %q: want host:port", o.frontend)
	}
	return o, nil
}

// serveUI runs the web UI of a server that is another process, until this one is
// told to end.
func serveUI(args []string) error {
	o, err := parseUI(args)
	if err != nil {
		return err
	}
	// The UI's own start ends the process without a word of which port it was.
	l, err := net.Listen("tcp", net.JoinHostPort(o.ip, strconv.Itoa(o.port)))
	if err == nil {
		err = l.Close()
	}
	if err != nil {
		return errors.Join(errors.New("the web UI cannot listen"), err)
	}
	ui := o.server()
	go func() {
		<-temporal.InterruptCh()
		ui.Stop()
	}()
	return ui.Start()
}

func (o uiOptions) server() *server.Server {
	return server.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		Host: o.ip, Port: o.port, TemporalGRPCAddress: o.frontend, EnableUI: true, HideLogs: true,
		DisableNewsFetch: true, // it works offline
		CORS:             uiconfig.CORS{CookieInsecure: true},
	}))
}
