package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/dynamicconfig"
)

func TestParseDev(t *testing.T) {
	t.Parallel()
	o, err := parseDev([]string{"--port", "7000", "--db-filename", "a.db", "--namespace", "one", "--namespace", "two", "--color", "never"})
	require.NoError(t, err)
	require.Equal(t, devOptions{ip: "127.0.0.1", port: 7000, uiPort: 8000, file: "a.db", logLevel: "warn", namespaces: repeated{"one", "two"}}, o)
	_, err = parseDev([]string{"start"})
	require.ErrorContains(t, err, `unexpected argument "start"`)
}

func TestDynamicConfig(t *testing.T) {
	t.Parallel()
	o := devOptions{dynamic: repeated{"History.RPS=5", `system.namespaceCacheRefreshInterval="1s"`, "a.b=0.5"}}
	all, err := o.dynamicConfig()
	require.NoError(t, err)
	for key, want := range map[string]any{
		"history.rps": 5, "system.namespacecacherefreshinterval": "1s", "a.b": 0.5, "frontend.persistenceMaxQPS": 10000,
	} {
		require.Equal(t, want, all[dynamicconfig.MakeKey(key)], key)
	}
	for _, wrong := range []string{"history.rps", "history.rps=many"} {
		_, err := devOptions{dynamic: repeated{wrong}}.dynamicConfig()
		require.ErrorContains(t, err, "history.rps", wrong)
	}
}

func TestSearchAttributes(t *testing.T) {
	t.Parallel()
	found, err := devOptions{attributes: repeated{"Owner=Keyword"}}.searchAttributes()
	require.NoError(t, err)
	require.Len(t, found, 1)
	_, err = devOptions{attributes: repeated{"Owner=Word"}}.searchAttributes()
	require.ErrorContains(t, err, "Owner=Word")
}

// Each database in memory is separate, with its namespaces in it.
func TestStore_InMemory(t *testing.T) {
	t.Parallel()
	one, err := devOptions{namespaces: repeated{"orders"}}.store()
	require.NoError(t, err)
	other, err := devOptions{}.store()
	require.NoError(t, err)
	require.NotEqual(t, one.DatabaseName, other.DatabaseName)
}
