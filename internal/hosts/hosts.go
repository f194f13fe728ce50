// Package hosts keeps web pages from acting on an HTTP server with the help of a
// browser that can reach it: it tells by which names the server may be addressed,
// and what a page of another site may have a browser send.
//
// A web page can give a name of its own site the address of this machine, and
// then a browser on it takes this server for part of that site. Only what
// listens on loopback can be reached that way alone, so only there names are
// checked.
package hosts

import (
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Names are the names that requests may be addressed to, nil when any may.
type Names []string

// Of are the names of a server that listens on the address. named are names
// that it has besides.
func Of(address net.Addr, named []string) Names {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return nil
	}
	return append(Names{"localhost", "127.0.0.1", "::1", tcp.IP.String()}, named...)
}

// Have tells whether a request with this Host header may be addressed here. A
// client that names none, which browsers always do, is taken for one on this
// machine.
func (n Names) Have(host string) bool {
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

// OtherSite tells whether a page of another site makes a browser send a request
// that changes something.
func OtherSite(r *http.Request) bool { return crossOrigin.Check(r) != nil }

// SendsJSON tells whether a body says that it is JSON. One without a media type
// can be sent by any web page, without the browser asking the server first.
func SendsJSON(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"))
}
