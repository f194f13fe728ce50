package api

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/internal/hosts"
)

// checkOrigin refuses requests that a web page of another site makes through its
// visitor's browser: changes with another origin and, if Hosts are set, requests for a
// name that resolves to this machine (DNS rebinding).
func (s *server) checkOrigin(c *gin.Context) {
	if !s.Hosts.Allow(c.Request.Host) {
		s.refuse(c, newProblem(unknownHost, "this server is not %q", c.Request.Host))
		return
	}
	if hosts.OtherSite(c.Request) {
		s.refuse(c, newProblem(crossOriginRefused, "a page of another site sent this request"))
	}
}

// refuseBody answers a request whose body was too slow or is too large.
func (s *server) refuseBody(c *gin.Context, status int) {
	if status == http.StatusRequestTimeout {
		s.refuse(c, newProblem(requestTimeout, "the body did not arrive within %s", s.BodyWithin))
		return
	}
	s.refuse(c, newProblem(payloadTooLarge, "the body is larger than %d bytes", s.MaxBody))
}

// refuse answers a request that no operation and no page has handled: a browser that asks
// for a page gets one, except at addresses of the API.
func (s *server) refuse(c *gin.Context, p *problem) {
	if s.Pages == nil || strings.HasPrefix(c.Request.URL.Path, "/v1/") {
		writeProblem(c, p)
		return
	}
	c.Writer.Header().Add("Vary", "Accept")
	if !strings.Contains(c.GetHeader("Accept"), "text/html") {
		writeProblem(c, p)
		return
	}
	s.Pages.Refuse(c, p.Status, p.Code)
	c.Abort()
}
