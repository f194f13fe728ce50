// Package hosts protects an HTTP server against web pages that use a browser near it.
// It says under which names the server may be addressed, and which requests a page of
// another site may have a browser send.
//
// A web page can resolve a name of its own site to the address of this machine. A
// browser on this machine then takes this server for a part of that site. A server on
// loopback can only be reached that way, so names are checked on loopback only.
package hosts

import (
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Names are the host names that requests may carry, nil if any name is allowed.
type Names []string

// Of returns the names of a server that listens on the address. named are further
// names of the server.
func Of(address net.Addr, named []string) Names {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return nil
	}
	return append(Names{"localhost", "127.0.0.1", "::1", tcp.IP.String()}, named...)
}

// Allow reports whether a request with this Host header is allowed. A request without
// a Host is allowed: it comes from a client on this machine, since browsers always
// send one.
func (n Names) Allow(host string) bool {
	return n == nil || slices.Contains(n, name(host))
}

// name is a Host header without its port, in lower case.
func name(host string) string {
	if host == "" {
		return "localhost"
	}
	if name, port, err := net.SplitHostPort(host); err == nil && isPort(port) {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

var crossOrigin = http.NewCrossOriginProtection()

// OtherSite reports whether a page of another site made a browser send a request that
// changes something.
func OtherSite(r *http.Request) bool { return crossOrigin.Check(r) != nil }

// SendsJSON reports whether a body is declared as JSON. Any web page can send a body
// without a media type, and the browser does not ask the server first.
func SendsJSON(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"))
}
