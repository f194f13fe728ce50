package marketing

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/devserver"
)

// TestSettings_FeedOfTheFolder: beside `yeyak dev` nothing need be said, whatever
// its port; what is said goes before, and a process that has ended is none.
func TestSettings_FeedOfTheFolder(t *testing.T) {
	t.Parallel()
	s := Settings{DataDir: t.TempDir()}
	require.Equal(t, defaultFeed, s.feed())
	running, err := devserver.Announce(s.DataDir, []string{"API=http://127.0.0.1:8081", "TEMPORAL_ADDRESS=127.0.0.1:7234", "YEYAK_API_KEY=yeyak_dev"})
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:8081", s.feed())
	require.Equal(t, "yeyak_dev", s.key())
	named := s
	named.Feed = "https://yeyak.example"
	require.Equal(t, named.Feed, named.feed())
	require.Empty(t, named.key(), "another API does not get the key of this one")
	named.APIKey = "yeyak_other"
	require.Equal(t, "yeyak_other", named.key())
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", named, named, named), "yeyak_other")

	left, err := os.ReadFile(filepath.Join(s.DataDir, "env"))
	require.NoError(t, err)
	require.NoError(t, running.Withdraw())
	require.Equal(t, defaultFeed, s.feed())
	require.Empty(t, s.key())
	require.NoError(t, os.WriteFile(filepath.Join(s.DataDir, "env"), left, 0o600)) // as after kill -9
	require.Equal(t, defaultFeed, s.feed())
}
