package hosts

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNames: on loopback a server has its own and the configured names, on other addresses
// any name.
func TestNames(t *testing.T) {
	t.Parallel()
	names := Of(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 8091}, []string{"api.example"})
	for _, host := range []string{"", "localhost", "LOCALHOST:8091", "localhost.", "127.0.0.1:8091", "127.0.0.2", "[::1]", "[::1]:8091", "api.example:443"} {
		require.True(t, names.Allow(host), host)
	}
	for _, host := range []string{"evil.example", "evil.example:8091", "127.0.0.1.evil.example", "127.0.0.1:80.evil.example", "localhost:evil.example", "10.0.0.1"} {
		require.False(t, names.Allow(host), host)
	}
	for _, address := range []net.Addr{&net.TCPAddr{IP: net.IPv4zero}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, &net.UnixAddr{}} {
		require.True(t, Of(address, []string{"api.example"}).Allow("evil.example"), address)
	}
}

func TestOtherSite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, header, value string
		other                 bool
	}{
		{http.MethodPost, "", "", false}, // not from a browser
		{http.MethodPost, "Sec-Fetch-Site", "same-origin", false},
		{http.MethodPost, "Sec-Fetch-Site", "cross-site", true},
		{http.MethodPut, "Origin", "https://evil.example", true},
		{http.MethodPut, "Origin", "http://example.com", false},
		{http.MethodGet, "Sec-Fetch-Site", "cross-site", false}, // changes nothing
	} {
		r := httptest.NewRequest(c.method, "http://example.com/", http.NoBody)
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		require.Equal(t, c.other, OtherSite(r), c)
	}
}

func TestSendsJSON(t *testing.T) {
	t.Parallel()
	for _, sent := range []string{"application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"} {
		require.True(t, SendsJSON(sent), sent)
	}
	for _, sent := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", ";"} {
		require.False(t, SendsJSON(sent), sent)
	}
}
