package marketing

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

// parse reads a command line with nothing in the environment but env. So its
// tests are not parallel.
func parse(t *testing.T, env map[string]string, args ...string) Command {
	t.Helper()
	for _, name := range []string{
		"YEYAK_MARKETING_LISTEN", "YEYAK_MARKETING_HOSTS", "YEYAK_FEED_URL", "MARKETING_DATABASE_URL", "YEYAK_DATA_DIR",
		"YEYAK_MARKETING_POLL_EVERY", "YEYAK_LOG_LEVEL", "YEYAK_LOG_FORMAT",
	} {
		t.Setenv(name, "") // so that it is restored afterwards
		require.NoError(t, os.Unsetenv(name))
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	var c Command
	parser, err := kong.New(&c)
	require.NoError(t, err)
	_, err = parser.Parse(args)
	require.NoError(t, err)
	return c
}

func TestCommand_Defaults(t *testing.T) {
	c := parse(t, nil)
	require.Equal(t, Command{
		Settings: Settings{Listen: "127.0.0.1:8090", DataDir: ".yeyak", PollEvery: time.Second},
		LogLevel: "info", LogFormat: "console",
	}, c)
	require.Empty(t, c.mistakes())
	require.Equal(t, "http://127.0.0.1:8080", c.feed())
	where, err := c.database()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(".yeyak", "marketing.db"), where.String())
}

func TestCommand_FlagsAndEnvironment(t *testing.T) {
	c := parse(t, map[string]string{
		"YEYAK_MARKETING_LISTEN": ":9000", "YEYAK_FEED_URL": "https://yeyak.example/api", "YEYAK_DATA_DIR": "data",
		"MARKETING_DATABASE_URL": "postgres://u:s3cret@db.example/marketing", "YEYAK_LOG_FORMAT": "json",
	}, "--listen=127.0.0.1:9001", "--poll-every=50ms")
	require.Equal(t, Command{
		Settings: Settings{
			Listen: "127.0.0.1:9001", Feed: "https://yeyak.example/api", DataDir: "data",
			DatabaseURL: "postgres://u:s3cret@db.example/marketing", PollEvery: 50 * time.Millisecond,
		},
		LogLevel: "info", LogFormat: "json",
	}, c)
	require.Empty(t, c.mistakes())
	where, err := c.database()
	require.NoError(t, err)
	require.Equal(t, "postgres://db.example/marketing", where.String(), "no password is logged")
}

func TestCommand_EveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	err := Command{
		Settings: Settings{Listen: "8090", Feed: "127.0.0.1:8080", DatabaseURL: "mysql://root:s3cret@db/x", PollEvery: -time.Second},
		LogLevel: "loud",
	}.Run(t.Context())
	require.Error(t, err)
	require.Equal(t, []string{
		`--listen (YEYAK_MARKETING_LISTEN) is "8090": want an address and a port, such as 127.0.0.1:8090`,
		`--feed (YEYAK_FEED_URL) is (not shown): want the URL of an API, such as http://127.0.0.1:8080`,
		`--marketing-database-url (MARKETING_DATABASE_URL) is (not shown): want postgres://user:password@host:port/database or sqlite://path/to/file.db`,
		`--poll-every (YEYAK_MARKETING_POLL_EVERY) is "-1s": want a duration above 0s and up to 1h, such as 2s`,
		`--log-level (YEYAK_LOG_LEVEL) is "loud": want one of debug, info, warn, error`,
		`--log-format (YEYAK_LOG_FORMAT) is empty: want one of console, json`,
	}, strings.Split(err.Error(), "\n"))
}

func TestSettings_Mistakes(t *testing.T) {
	t.Parallel()
	good := Settings{Listen: ":0", Feed: "http://yeyak:8080/", DataDir: "data", PollEvery: time.Second}
	require.Empty(t, good.mistakes())
	for name, tt := range map[string]struct {
		change func(*Settings)
		want   string // "" for none
	}{
		"NoFolder":          {func(s *Settings) { s.DataDir = "" }, `--data-dir (YEYAK_DATA_DIR) is empty: want a folder`},
		"FolderNotNeeded":   {func(s *Settings) { s.DataDir, s.DatabaseURL = "", "sqlite://m.db" }, ""},
		"Port":              {func(s *Settings) { s.Listen = "localhost:70000" }, `--listen (YEYAK_MARKETING_LISTEN) is "localhost:70000": want an`},
		"NoFeed":            {func(s *Settings) { s.Feed = "" }, ""},
		"FeedNotHTTP":       {func(s *Settings) { s.Feed = "ftp://u:s3cret@yeyak" }, `--feed (YEYAK_FEED_URL) is "ftp://u:xxxxx@yeyak": want the URL`},
		"FeedNoHost":        {func(s *Settings) { s.Feed = "http:///v1" }, `--feed (YEYAK_FEED_URL) is "http:///v1": want the URL`},
		"FeedWithQuery":     {func(s *Settings) { s.Feed = "http://yeyak?key=s3cret" }, `--feed (YEYAK_FEED_URL) is (not shown): want the URL`},
		"FeedUnreadable":    {func(s *Settings) { s.Feed = "http://u:s3cret@yeyak:port" }, `--feed (YEYAK_FEED_URL) is (not shown): want the URL`},
		"FeedPassword":      {func(s *Settings) { s.Feed = "u:s3cret@yeyak" }, `--feed (YEYAK_FEED_URL) is (not shown): want the URL`},
		"PollTooLong":       {func(s *Settings) { s.PollEvery = 2 * time.Hour }, `--poll-every (YEYAK_MARKETING_POLL_EVERY) is "2h0m0s": want a duration`},
		"PostgresNoName":    {func(s *Settings) { s.DatabaseURL = "postgres://u:s3cret@db" }, `(not shown): want postgres://`},
		"PostgresNoUser":    {func(s *Settings) { s.DatabaseURL = "postgres://db/marketing?password=s3cret" }, `(not shown): want postgres://`},
		"PostgresTLS":       {func(s *Settings) { s.DatabaseURL = "postgres://u:s3cret@db/m?sslmode=prefer" }, `(not shown): want sslmode=verify-full, or sslmode=disable`},
		"PostgresRoots":     {func(s *Settings) { s.DatabaseURL = "postgres://u:s3cret@db/m?sslrootcert=/dev/null/x" }, `(not shown): want a file that can be read`},
		"PostgresFine":      {func(s *Settings) { s.DatabaseURL = "postgresql://u:s3cret@db:5433/m?search_path=marketing" }, ""},
		"SQLiteNowhere":     {func(s *Settings) { s.DatabaseURL = "sqlite://" }, `(not shown): want postgres://`},
		"SQLiteParameters":  {func(s *Settings) { s.DatabaseURL = "sqlite://m.db?mode=ro" }, `want sqlite://path/to/file.db, which takes no parameters`},
		"DatabasePassword":  {func(s *Settings) { s.DatabaseURL = "s3cret" }, `(not shown): want postgres://`},
		"DatabaseBadEscape": {func(s *Settings) { s.DatabaseURL = "postgres://u:s3cret%zz@db/m" }, `(not shown): want postgres://`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := good
			tt.change(&s)
			m := s.mistakes()
			if tt.want == "" {
				require.Empty(t, m)
				return
			}
			require.Len(t, m, 1)
			require.ErrorContains(t, m[0], tt.want)
			require.NotContains(t, m[0].Error(), "s3cret")
			_, err := Start(t.Context(), s, zap.NewNop())
			require.Equal(t, m.err(), err)
		})
	}
}

// Run listens, follows, and stops on request.
func TestCommand_Run(t *testing.T) {
	t.Parallel()
	f := newFakeFeed(t, placed("lodging-1", "alice", "place-1"))
	dir := filepath.Join(t.TempDir(), "a folder with #?% in its name")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := Command{
		Settings: Settings{Listen: listener.Addr().String(), Feed: f.URL, DataDir: dir, PollEvery: pollEvery},
		LogLevel: "error", LogFormat: "json",
	}
	require.ErrorContains(t, c.Run(t.Context()), "cannot listen on "+c.Listen+" (move it with YEYAK_MARKETING_LISTEN)")
	require.NoError(t, listener.Close())

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- c.Run(ctx) }()
	eventually(t, func() bool {
		answer, err := http.Get((&url.URL{Scheme: "http", Host: c.Listen, Path: "/healthz"}).String())
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	cancel()
	require.NoError(t, <-ended)
	require.FileExists(t, filepath.Join(dir, "marketing.db"))
}
