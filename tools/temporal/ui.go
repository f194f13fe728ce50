package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/labstack/echo/v4"
	"github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/api"
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

// serveUI runs the web UI of a server in another process, until this process gets a signal to
// end.
func serveUI(args []string) error {
	o, err := parseUI(args)
	if err != nil {
		return err
	}
	// The UI's own start would end the process without naming the port.
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
	}), server_options.WithAPIMiddleware([]api.Middleware{o.refuseOtherNames}))
}

// refuseOtherNames protects workflows against a web page that resolves a name of its own site
// to the address of this machine. A server on loopback can only be reached that way, so names
// are checked on loopback only.
func (o uiOptions) refuseOtherNames(c echo.Context) runtime.ServeMuxOption {
	host := c.Request().Host
	return runtime.WithMiddlewares(func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			if !o.named(host) {
				http.Error(w, fmt.Sprintf("this server is not %q", host), http.StatusMisdirectedRequest)
				return
			}
			next(w, r, params)
		}
	})
}

// named reports whether a request with this Host header is allowed. Any port is allowed, since
// it may have been forwarded.
func (o uiOptions) named(host string) bool {
	if ip := net.ParseIP(o.ip); ip == nil || !ip.IsLoopback() {
		return true
	}
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			host = name
		}
	}
	return slices.Contains([]string{o.ip, "localhost", "127.0.0.1", "::1"}, strings.Trim(host, "[]"))
}
