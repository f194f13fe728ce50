package marketing

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

// TestHosts: a page of another site cannot read a customer's recommendations by pointing
// one of its own names at the address of this machine.
func TestHosts(t *testing.T) {
	t.Parallel()
	settings := Settings{
		Listen: "127.0.0.1:0", Hosts: []string{"marketing.example"}, Feed: newFakeFeed(t).URL,
		DatabaseURL: "sqlite://" + t.TempDir() + "/marketing.db", PollEvery: pollEvery,
	}
	s, err := Start(t.Context(), settings, zap.NewNop())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop(context.WithoutCancel(t.Context()))) })
	call := func(host string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Address()+"/recommendations/alice", http.NoBody)
		require.NoError(t, err)
		r.Host = host
		a, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, a.Body.Close())
		return a.StatusCode
	}
	for _, host := range []string{"", "localhost", "LOCALHOST:8090", "localhost.", "[::1]:8090", "marketing.example"} {
		require.Equal(t, http.StatusOK, call(host), host)
	}
	for _, host := range []string{"evil.example", "evil.example:8090", "127.0.0.1.evil.example", "127.0.0.1:80.evil.example", "10.0.0.1"} {
		require.Equal(t, http.StatusMisdirectedRequest, call(host), host)
	}
	for _, address := range []net.Addr{&net.TCPAddr{IP: net.IPv4zero}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, &net.UnixAddr{}} {
		require.Nil(t, namesOf(address, []string{"marketing.example"}), "any name may be used")
	}
}
