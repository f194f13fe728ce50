package app

import (
	"bufio"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/bodies"
)

// A body that never arrives holds a connection to the operations no longer than a body
// may take.
func TestOperations_StalledBody(t *testing.T) {
	t.Parallel()
	require.Equal(t, 5*time.Second, bodies.Within)
	a := &App{log: zap.NewNop(), health: &health{}}
	a.options.Config.Operations.Listen = "127.0.0.1:0"
	require.NoError(t, a.serveOperations(http.NotFoundHandler()))
	t.Cleanup(func() { require.NoError(t, a.operations.server.Close()) })
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/nowhere"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", a.Operations())
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(2*time.Minute)))
			_, err = conn.Write([]byte("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"))
			require.NoError(t, err)
			answers := bufio.NewReader(conn)
			answer, err := http.ReadResponse(answers, nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusRequestTimeout, answer.StatusCode)
			require.NoError(t, answer.Body.Close())
			for err == nil {
				_, err = answers.ReadByte()
			}
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it stays open")
		})
	}
}
