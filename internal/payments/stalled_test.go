package payments_test

import (
	"io"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/payments"
)

// TestServer_StalledBodyOfAnotherSite: a request that is refused because of its origin does not
// keep a connection open with a body that does not arrive.
func TestServer_StalledBodyOfAnotherSite(t *testing.T) {
	t.Parallel()
	s := payments.NewServer(newIntents(t))
	s.Hosts = []string{"localhost"}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	for _, headers := range []string{"Host: evil.example", "Host: localhost\r\nOrigin: https://evil.example"} {
		t.Run(headers, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, "POST /v1/refunds HTTP/1.1\r\n"+headers+"\r\nContent-Length: 100\r\n\r\n")
			require.NoError(t, err)
			answer, err := io.ReadAll(conn) // until the server closes it
			require.NoError(t, err)
			require.Regexp(t, "^HTTP/1.1 408 ", string(answer))
		})
	}
}
