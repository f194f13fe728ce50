package hosts

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNames: on loopback a server has its own names and those that it is given,
// elsewhere any.
func TestNames(t *testing.T) {
	t.Parallel()
	names := Of(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 8091}, []string{"api.example"})
	for _, host := range []string{"", "localhost", "LOCALHOST:8091", "localhost.", "127.0.0.1:8091", "127.0.0.2", "[::1]", "[::1]:8091", "api.example:443"} {
		require.True(t, names.Have(host), host)
	}
	for _, host := range []string{"evil.example", "evil.example:8091", "127.0.0.1.evil.example", "10.0.0.1"} {
		require.False(t, names.Have(host), host)
	}
	for _, address := range []net.Addr{&net.TCPAddr{IP: net.IPv4zero}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, &net.UnixAddr{}} {
		require.True(t, Of(address, []string{"api.example"}).Have("evil.example"), address)
	}
}
