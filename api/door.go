package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/internal/hosts"
)

// checkOrigin refuses requests that a web page of another site makes through its
// visitor's browser: changes with another origin and, if Hosts are set, requests for a
// name that resolves to this machine (DNS rebinding).
func (s *server) checkOrigin(c *gin.Context) {
	if !s.Hosts.Allow(c.Request.Host) {
		writeProblem(c, newProblem(unknownHost, "this server is not %q", c.Request.Host))
		return
	}
	if hosts.OtherSite(c.Request) {
		writeProblem(c, newProblem(crossOriginRefused, "a page of another site sent this request"))
	}
}

// refuseBody answers a request whose body was too slow or is too large.
func (s *server) refuseBody(c *gin.Context, status int) {
	if status == http.StatusRequestTimeout {
		writeProblem(c, newProblem(requestTimeout, "the body did not arrive within %s", s.BodyWithin))
		return
	}
	writeProblem(c, newProblem(payloadTooLarge, "the body is larger than %d bytes", s.MaxBody))
}
