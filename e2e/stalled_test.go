package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestStalledBodies: 3,000 concurrent clients that announce a body and send none are
// all answered 408, and their connections closed, by a process as in production. It
// answers others meanwhile.
func TestStalledBodies(t *testing.T) {
	t.Parallel()
	const many = 3000
	requireDescriptors(t, many+1000)
	s, _ := startAPI(t)
	address := strings.TrimPrefix(s.url, "http://")
	s.stall(address, "/healthz", many, "/v1/lodging/reservations", "/v1/food/menus", "/v1/cafe/orders/cafe-1/cancel", "/v1/events", "/docs", "/healthz", "/nowhere")

	// By the process's own clock, which does not run while a client waits for a
	// processor.
	measured := string(s.get("/metrics").with(t, http.StatusOK).raw)
	require.Equal(t, many, counted(t, measured, `_bucket{[^}]*status="408",le="10"}`), "within 10 s")
	require.Equal(t, many, counted(t, measured, `_count{[^}]*status="408"}`))
}

// TestStalledBodies_OfTheSandbox: the sandbox for Stripe withstands the same.
func TestStalledBodies_OfTheSandbox(t *testing.T) {
	t.Parallel()
	const many = 3000
	requireDescriptors(t, many+1000)
	path, err := binary()
	require.NoError(t, err)
	address := "127.0.0.1:" + freePort(t)
	cmd := limitedCommand(t, path, "sandbox-payments")
	cmd.Env = append(os.Environ(), "YEYAK_SANDBOX_LISTEN="+address, "YEYAK_DATA_DIR="+t.TempDir())
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s := &system{TB: t, url: "http://" + address}
	s.eventually(func() bool {
		a, err := s.send(http.MethodGet, "/sandbox/payments", nil)
		return err == nil && a.status == http.StatusOK
	})
	s.stall(address, "/sandbox/payments", many, "/v1/payment_intents", "/v1/refunds", "/sandbox/payments", "/nowhere")
}

// stall has many clients stall concurrently, and makes requests until all of them have
// been answered and closed.
func (s *system) stall(address, answered string, many int, paths ...string) {
	s.Helper()
	closed := make(chan error, many)
	for i := range many {
		go func() { closed <- stallAt(address, paths[i%len(paths)]) }()
	}
	meanwhile := false
	for left := many; left > 0; {
		s.get(answered).with(s, http.StatusOK)
		meanwhile = meanwhile || len(closed) < left
		select {
		case err := <-closed:
			require.NoError(s, err)
			left--
			for ; left > 0 && len(closed) > 0; left-- {
				require.NoError(s, <-closed)
			}
		case <-time.After(50 * time.Millisecond):
		}
	}
	require.True(s, meanwhile, "others are answered while some stall")
}

// stallAt returns nil when the server has answered 408 and closed the connection.
func stallAt(address, path string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(waitLimit)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n", path); err != nil {
		return err
	}
	answer, err := io.ReadAll(conn) // until the server closes it
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		return err
	}
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 408 ")) || !bytes.Contains(answer, []byte("\r\nConnection: close\r\n")) {
		return fmt.Errorf("%s was answered %q", path, answer)
	}
	return nil
}

// requireDescriptors requires that this process may open so many files. Go has raised
// the limit as far as possible.
func requireDescriptors(t *testing.T, n uint64) {
	t.Helper()
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	require.GreaterOrEqual(t, limit.Cur, n, "allow more open files: ulimit -n")
}

// counted adds up the requests of the matching series.
func counted(t *testing.T, metrics, series string) (n int) {
	t.Helper()
	for _, line := range regexp.MustCompile(`(?m)^yeyak_http_request_seconds`+series+` (\d+)$`).FindAllStringSubmatch(metrics, -1) {
		value, err := strconv.Atoi(line[1])
		require.NoError(t, err)
		n += value
	}
	return n
}
