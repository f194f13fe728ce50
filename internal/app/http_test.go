package app

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/internal/config"
)

// logged is the line of net/http in the server's log.
func logged(t *testing.T, logs *observer.ObservedLogs, says string) observer.LoggedEntry {
	t.Helper()
	var found observer.LoggedEntry
	require.Eventually(t, func() bool {
		for _, e := range logs.FilterLoggerName("http").All() {
			if text, _ := e.ContextMap()["says"].(string); strings.Contains(text, says) {
				found = e
				return true
			}
		}
		return false
	}, time.Minute, time.Millisecond)
	require.Equal(t, "server", found.Message)
	return found
}

// get sends a request over a connection of its own, and ignores the answer.
func get(t *testing.T, address, path string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"))
	require.NoError(t, err)
	_, _ = conn.Read(make([]byte, 1))
}

// TestServerLog: net/http's messages about clients and panics are in the log, in its
// format.
func TestServerLog(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	server := newHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/panics":
			panic("out of order")
		case "/twice":
			w.WriteHeader(http.StatusOK)
			w.WriteHeader(http.StatusOK)
		}
	}), zap.New(core))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	at := listener.Addr().String()

	server.ErrorLog.Print("http: TLS handshake error from 127.0.0.1:1: EOF")
	require.Equal(t, zap.DebugLevel, logged(t, logs, "TLS handshake").Level, "any client can cause it")
	get(t, at, "/panics")
	panicked := logged(t, logs, "http: panic serving 127.0.0.1:")
	require.Equal(t, zap.ErrorLevel, panicked.Level)
	require.Contains(t, panicked.ContextMap()["says"], "out of order")
	require.Contains(t, panicked.ContextMap()["stack"], "http_test.go")
	get(t, at, "/twice")
	require.Equal(t, zap.WarnLevel, logged(t, logs, "http: superfluous").Level)
}

// flaky is a listener that has no file descriptors left for the first connection.
type flaky struct {
	net.Listener
	failed atomic.Bool
}

type noDescriptors struct{}

func (noDescriptors) Error() string   { return "too many open files" }
func (noDescriptors) Timeout() bool   { return false }
func (noDescriptors) Temporary() bool { return true }

// Accept implements net.Listener.
func (f *flaky) Accept() (net.Conn, error) {
	if f.failed.CompareAndSwap(false, true) {
		return nil, noDescriptors{}
	}
	return f.Listener.Accept()
}

// Failures to accept connections are warnings in every server: here in the sandbox,
// which serves the next connection.
func TestServerLog_SandboxPayments(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.InfoLevel)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	cfg := config.SandboxPayments{Process: config.Process{ShutdownGrace: time.Minute}, Data: config.Data{Dir: t.TempDir()}}
	go func() { ended <- RunSandboxPayments(ctx, cfg, zap.New(core), &flaky{Listener: listener}) }()
	get(t, listener.Addr().String(), "/sandbox/payments")
	require.Equal(t, zap.WarnLevel, logged(t, logs, "http: Accept error: too many open files").Level)
	cancel()
	require.NoError(t, <-ended)
}

func TestServerLog_Operations(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	a := &App{log: zap.New(core), health: &health{}}
	a.options.Config.Operations.Listen = "127.0.0.1:0"
	require.NoError(t, a.serveOperations(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrBodyNotAllowed) })))
	get(t, a.Operations(), "/metrics")
	require.Eventually(t, func() bool { return logs.FilterMessage("panic").Len() == 1 }, time.Minute, time.Millisecond)
	a.operations.server.ErrorLog.Print("hello")
	logged(t, logs, "hello")
	a.operations.stop(t.Context())
}

// TestServerLog_EveryServer: no server of the product writes past its log. Those of
// tools, benchmarks and tests may.
func TestServerLog_EveryServer(t *testing.T) {
	t.Parallel()
	servers := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (slices.Contains([]string{"tools", "bench", "rig"}, entry.Name()) || len(entry.Name()) > 2 && strings.HasPrefix(entry.Name(), ".")) {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if isOfHTTP(n.Type, "Server") {
					servers++
					require.True(t, sets(n, "ErrorLog"), "%s: a server without a log", path)
				}
			case *ast.SelectorExpr:
				for _, serves := range []string{"ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS"} {
					require.False(t, isOfHTTP(n, serves), "%s: a server without a log", path)
				}
			}
			return true
		})
		return nil
	}))
	require.Equal(t, 3, servers)
}

func isOfHTTP(of ast.Expr, name string) bool {
	selected, ok := of.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	from, ok := selected.X.(*ast.Ident)
	return ok && from.Name == "http" && selected.Sel.Name == name
}

func sets(literal *ast.CompositeLit, field string) bool {
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := pair.Key.(*ast.Ident); ok && key.Name == field {
			return true
		}
	}
	return false
}
