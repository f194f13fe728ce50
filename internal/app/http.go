package app

import (
	stdlog "log"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// newHTTPServer makes a server that gives up on clients which send their
// request too slowly. Its own log lines go to log.
func newHTTPServer(handler http.Handler, log *zap.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          stdlog.New(serverLog{log.Named("http")}, "", 0),
	}
}

// hosts are the names that requests to the address may carry, nil when any
// may. A web page can give a name of its own site the address of this machine:
// only what listens on loopback can be reached that way alone, so only there
// names are checked.
func hosts(address net.Addr, named []string) []string {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return nil
	}
	return append([]string{"localhost", "127.0.0.1", "::1", tcp.IP.String()}, named...)
}
