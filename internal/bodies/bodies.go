// Package bodies reads the bodies of HTTP requests before their handlers run.
//
// A body that arrives slowly, or never, must not hold a handler, a slot of a
// budget or a connection. Besides, net/http notices that a client has hung up only
// once the body has been read.
package bodies

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// Within is how long a body may take to arrive.
const Within = 5 * time.Second

// ReadAhead reads the body of each request, on every route. If it has not arrived
// in time, or is larger than limit bytes, refuse answers 408 or 413 and the
// connection is closed. Any other read error is left to the handler, which reads
// what has arrived and then gets the error.
func ReadAhead(limit int64, within time.Duration, refuse func(c *gin.Context, status int)) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.ContentLength == 0 {
			return
		}
		conn := http.NewResponseController(c.Writer)
		// Fails only in tests without a connection.
		_ = conn.SetReadDeadline(time.Now().Add(within))
		read, err := io.ReadAll(io.LimitReader(c.Request.Body, limit+1))
		status := 0
		switch {
		case isLate(err):
			status = http.StatusRequestTimeout
		case int64(len(read)) > limit:
			status = http.StatusRequestEntityTooLarge
		}
		if status != 0 {
			// The deadline stays: net/http drains the body after the answer.
			c.Header("Connection", "close")
			refuse(c, status)
			c.Abort()
			return
		}
		body := io.Reader(bytes.NewReader(read))
		if err != nil {
			body = io.MultiReader(body, broken{err})
		} else {
			// net/http reads on, to notice that the client hangs up. The deadline would end
			// the request.
			_ = conn.SetReadDeadline(time.Time{})
		}
		c.Request.Body = io.NopCloser(body)
	}
}

func isLate(err error) bool {
	failed, ok := errors.AsType[net.Error](err)
	return ok && failed.Timeout()
}

// broken is a body at the point where reading it failed.
type broken struct{ err error }

// Read returns the error of the failed read.
func (b broken) Read([]byte) (int, error) { return 0, b.err }
