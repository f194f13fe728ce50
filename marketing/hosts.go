package marketing

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// names are the host names that requests may name, nil for any.
//
// A web page can give a name of its own site the address of this machine, and read a
// customer's recommendations (DNS rebinding). Only servers on loopback can be reached
// in that way alone, so names are checked only there.
type names []string

func namesOf(address net.Addr, named []string) names {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return nil
	}
	return append(names{"", "localhost", "127.0.0.1", "::1", tcp.IP.String()}, named...)
}

// check refuses requests for another name.
func (n names) check(c *gin.Context) {
	host := c.Request.Host
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			host = name
		}
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if n != nil && !slices.Contains(n, host) {
		refuse(c, http.StatusMisdirectedRequest, unknownHost, "this server is not "+c.Request.Host)
	}
}
