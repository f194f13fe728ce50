package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/internal/hosts"
)

// checkOrigin refuses what a web page of another site could do here with the
// help of a browser that can reach this server: changes that are sent from
// another origin, and, where Hosts are named, requests to a name that was made
// to resolve to this machine.
func (s *server) checkOrigin(c *gin.Context) {
	if !s.Hosts.Have(c.Request.Host) {
		writeProblem(c, newProblem(unknownHost, "this server is not %q", c.Request.Host))
		return
	}
	if hosts.OtherSite(c.Request) {
		writeProblem(c, newProblem(crossOriginRefused, "a page of another site sent this request"))
	}
}

// refuseBody answers a request whose body came too slowly or is too large.
func (s *server) refuseBody(c *gin.Context, status int) {
	if status == http.StatusRequestTimeout {
		writeProblem(c, newProblem(requestTimeout, "the body did not arrive within %s", s.BodyWithin))
		return
	}
	writeProblem(c, newProblem(payloadTooLarge, "the body is larger than %d bytes", s.MaxBody))
}
