package bodies_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/bodies"
)

const limit = 1000

// serve starts a server whose handler answers with the body that it read.
func serve(t *testing.T, within time.Duration) (address string) {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(bodies.ReadAhead(limit, within, func(c *gin.Context, status int) { c.String(status, "refused") }))
	router.POST("/echo", func(c *gin.Context) {
		body, err := c.GetRawData()
		c.String(http.StatusOK, "%s, %v", body, err)
	})
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// send sends a request verbatim, keeps the connection open, and returns the answer
// and whether the server then closed the connection.
func send(t *testing.T, address, request string) (status int, text string, closed bool) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprint(conn, request)
	require.NoError(t, err)
	answers := bufio.NewReader(conn)
	answer, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	defer answer.Body.Close()
	body := new(strings.Builder)
	_, err = bufio.NewReader(answer.Body).WriteTo(body)
	require.NoError(t, err)
	if !answer.Close {
		return answer.StatusCode, body.String(), false
	}
	_, err = answers.ReadByte() // waits until the server closes
	return answer.StatusCode, body.String(), err != nil
}

// TestReadAhead_StalledBody: a body that stops arriving is answered and its
// connection closed, for every route, method and length.
func TestReadAhead_StalledBody(t *testing.T) {
	t.Parallel()
	address := serve(t, 50*time.Millisecond)
	for name, request := range map[string]string{
		"Nothing":     "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
		"Half":        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"half\":",
		"AtTheLimit":  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx",
		"Huge":        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nx",
		"Chunked":     "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
		"NoRoute":     "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
		"OtherMethod": "DELETE /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
		"Get":         "GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, text, closed := send(t, address, request)
			require.Equal(t, http.StatusRequestTimeout, status)
			require.Equal(t, "refused", text)
			require.True(t, closed)
		})
	}
}

// TestReadAhead_TooLarge: the remainder of a body that is too large is awaited no longer
// than a body may take, although the client does not send it.
func TestReadAhead_TooLarge(t *testing.T) {
	t.Parallel()
	address := serve(t, 50*time.Millisecond)
	for name, length := range map[string]int{"ByOne": limit + 1, "Kept": limit + 100, "Huge": 10_000_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, _, closed := send(t, address, fmt.Sprintf(
				"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", length, strings.Repeat("x", limit+1)))
			require.Equal(t, http.StatusRequestEntityTooLarge, status)
			require.True(t, closed)
		})
	}
}

// TestReadAhead_KeptAlive: a body that has arrived leaves no deadline behind.
func TestReadAhead_KeptAlive(t *testing.T) {
	t.Parallel()
	status, text, closed := send(t, serve(t, time.Hour), "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "hello, <nil>", text)
	require.False(t, closed)
}

// TestReadAhead_ManyStalled: thousands of stalled bodies delay no other request.
func TestReadAhead_ManyStalled(t *testing.T) {
	t.Parallel()
	address := serve(t, 500*time.Millisecond)
	const many = 3000
	var wg sync.WaitGroup
	statuses := make(chan int, many)
	for range many {
		wg.Go(func() {
			status, _, closed := send(t, address, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
			if closed {
				statuses <- status
			}
		})
	}
	status, text, _ := send(t, address, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "hello, <nil>", text)
	wg.Wait()
	require.Len(t, statuses, many)
	for range many {
		require.Equal(t, http.StatusRequestTimeout, <-statuses)
	}
}
