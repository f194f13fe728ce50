package e2e

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
)

// TestReady_WithoutMigrations: a process whose databases were never migrated says so,
// with the command that repairs it, and is well once that has run.
func TestReady_WithoutMigrations(t *testing.T) {
	t.Parallel()
	for name, choose := range map[string]func(*app.Options){
		"PostgreSQL": func(o *app.Options) { o.Config.Databases.Front = config.URL(pgtest.New(t)) },
		"SQLite":     onSQLite,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			choose(&o)
			o.Migrate = false
			s := start(t, o)
			const order = "/v1/lodging/places"
			for _, service := range []string{"catalogue", "payments", "mypage"} {
				s.eventually(func() bool { return strings.Contains(s.degraded()[service+" database"], "run `yeyak migrate`") })
			}
			require.Equal(t, http.StatusServiceUnavailable, s.get(order).status)
			require.NotEmpty(t, s.log.FilterMessage("started without something it needs").All())

			require.NoError(t, app.Migrate(t.Context(), o.Config, zap.NewNop()))
			s.eventually(func() bool { return len(s.degraded()) == 0 })
			s.get(order).with(t, http.StatusOK)
		})
	}
}

// TestReady_WithoutSearchAttributes: orders cannot start in a namespace that was not
// prepared. The process says so, and the orders are refused.
func TestReady_WithoutSearchAttributes(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Namespace = "unprepared-" + uuid.NewString()
	c, err := client.NewLazyClient(client.Options{HostPort: o.TemporalAddress, Logger: devserver.Quiet()})
	require.NoError(t, err)
	defer c.Close()
	s := start(t, o)
	s.eventually(func() bool {
		return strings.Contains(s.degraded()["temporal"], "has no namespace "+o.Namespace+": run `yeyak prepare`")
	})

	require.NoError(t, devserver.EnsureNamespace(t.Context(), c, o.Namespace))
	s.eventually(func() bool {
		found := s.degraded()["temporal"]
		return strings.Contains(found, "lacks the search attributes") && strings.Contains(found, "run `yeyak prepare`")
	})
	place := s.place(1)
	a := s.reserve(place)
	require.Equal(t, http.StatusServiceUnavailable, a.status, "%s", a.raw)

	require.NoError(t, app.PrepareNamespace(t.Context(), c, o.Namespace))
	s.eventually(func() bool { return len(s.degraded()) == 0 })
	s.reserve(place).with(t, http.StatusCreated)
}

// TestReady_StoreThatFails: a database that answers every statement with an error, or
// cannot write, is distinguished from one that is away.
func TestReady_StoreThatFails(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	o := options(t)
	front := cluster.New(t)
	o.Config.Databases.Front = config.URL(front)
	s := start(t, o)
	s.eventually(func() bool { return len(s.degraded()) == 0 })
	u, err := url.Parse(front)
	require.NoError(t, err)
	database := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	alter := func(change string) {
		t.Helper()
		require.NoError(t, pgserver.Execute(t.Context(), u.String(), "ALTER DATABASE "+database+" "+change))
		require.NoError(t, pgserver.Execute(t.Context(), u.String(),
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+database+"'"))
	}
	for _, c := range []struct{ fails, code, mended string }{
		{"ALLOW_CONNECTIONS false", "55000", "ALLOW_CONNECTIONS true"},
		{"SET default_transaction_read_only = on", "25006", "RESET default_transaction_read_only"},
	} {
		alter(c.fails)
		s.eventually(func() bool {
			return s.degraded()["catalogue database"] == "fails: "+c.code+": see docs/operations/trouble.md#a-database-that-fails"
		})
		alter(c.mended)
		s.eventually(func() bool { return len(s.degraded()) == 0 })
	}
	s.reserve(s.place(1)).with(t, http.StatusCreated)

	require.NoError(t, cluster.Stop())
	s.eventually(func() bool { return strings.HasPrefix(s.degraded()["catalogue database"], "cannot be reached: see ") })
	require.NoError(t, cluster.Start())
	s.eventually(func() bool { return len(s.degraded()) == 0 })
}

// TestReady_DiskFull: a database without room for a commit is named, orders get 503,
// and are served again once there is room.
func TestReady_DiskFull(t *testing.T) {
	t.Parallel()
	disk, again := smallDisk(t, "8m")
	if again {
		return
	}
	o := options(t)
	onSQLite(&o)
	o.Config.Dev.DataDir = disk
	s := start(t, o)
	place := s.place(3)
	s.reserve(place).with(t, http.StatusCreated)

	filler := filepath.Join(o.Config.Dev.DataDir, "filler")
	fill(t, filler)
	s.eventually(func() bool {
		return s.degraded()["catalogue database"] == "cannot write: its disk is full: see docs/operations/trouble.md#a-full-disk"
	})
	a := s.post("/v1/food/menus", object{"name": "Bibimbap", "ownerId": "bora", "price": object{"amount": 12000, "currency": "KRW"}})
	require.Equal(t, http.StatusServiceUnavailable, a.status, "%s", a.raw)
	s.get("/v1/lodging/places/"+place).with(t, http.StatusOK)

	require.NoError(t, os.Remove(filler))
	s.eventually(func() bool { return len(s.degraded()) == 0 })
	s.reserve(place).with(t, http.StatusCreated)
}

// TestReady_EngineDiskFull: an engine that can read but not write is named; no order is
// accepted meanwhile, and all is well once there is room.
func TestReady_EngineDiskFull(t *testing.T) {
	t.Parallel()
	disk, again := smallDisk(t, "24m")
	if again {
		return
	}
	engine, err := devserver.Start(t.Context(), devserver.Options{Program: temporalProgram(), DataDir: disk})
	require.NoError(t, err)
	t.Cleanup(func() { engine.Stop(context.WithoutCancel(t.Context())) })
	require.NoError(t, engine.WaitReady(t.Context()))
	o := options(t)
	o.TemporalAddress, o.Namespace = engine.Addr(), client.DefaultNamespace
	c, err := client.NewLazyClient(client.Options{HostPort: engine.Addr(), Logger: devserver.Quiet()})
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, app.PrepareNamespace(t.Context(), c, o.Namespace))
	s := start(t, o)
	place := s.place(3)
	s.reserve(place).with(t, http.StatusCreated)
	s.eventually(func() bool { return len(s.degraded()) == 0 })

	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	s.eventually(func() bool {
		return s.degraded()["temporal"] == "cannot write: its disk is full: see docs/operations/trouble.md#a-full-disk"
	})
	s.get("/v1/lodging/places/"+place).with(t, http.StatusOK)

	require.NoError(t, os.Remove(filler))
	s.eventually(func() bool { return len(s.degraded()) == 0 })
	s.reserve(place).with(t, http.StatusCreated)
}

// fill writes a file until its disk has no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for {
			if _, err := f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
}

// TestHangUps_ManyFreshReads: ten thousand clients that hang up while an order itself
// is queried break nothing, including the Temporal server's SQLite.
func TestHangUps_ManyFreshReads(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.env = append(d.env, "YEYAK_REQUESTS_PER_SECOND=0") // one caller sends them all
	d.run()
	place := d.place(2)
	order := d.reserve(place).with(t, http.StatusCreated).body.ID
	engine := d.engine()
	const clients, each = 50, 200
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				ctx, hangUp := context.WithTimeout(t.Context(), 9*time.Millisecond)
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/v1/mypages/"+order+"?fresh=true", http.NoBody)
				if err == nil {
					d.present(r)
					if a, err := http.DefaultClient.Do(r); err == nil {
						_, _ = io.Copy(io.Discard, a.Body)
						a.Body.Close()
					}
				}
				hangUp()
			}
		})
	}
	wg.Wait()
	require.Zero(t, d.measured(`yeyak_http_request_seconds_count\{[^}]*status="5..".*\}`))
	d.eventually(func() bool { return d.get("/v1/mypages/"+order+"?fresh=true").status == http.StatusOK })
	d.reserve(place).with(t, http.StatusCreated)
	require.Equal(t, engine, d.engine(), "the Temporal server was not replaced meanwhile")
	require.NoError(t, d.end(os.Interrupt))
	log, err := os.ReadFile(filepath.Join(d.folder, "temporal.log"))
	require.NoError(t, err)
	require.NotContains(t, string(log), "interrupted (9)")
}

// TestHangUps_AtTheEngine: clients of the Temporal server that hang up in the middle of
// its reads and writes do not break it: a cancelled call also cancels its SQL.
func TestHangUps_AtTheEngine(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.run()
	place := d.place(2)
	order := d.reserve(place).with(t, http.StatusCreated).body.ID
	engine := d.engine()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:" + d.setting("YEYAK_TEMPORAL_PORT"), Logger: devserver.Quiet()})
	require.NoError(t, err)
	defer c.Close()
	const clients, each = 20, 500
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for i := range each {
				ctx, hangUp := context.WithTimeout(t.Context(), time.Duration(1+i%12)*200*time.Microsecond)
				history := c.GetWorkflowHistory(ctx, order, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
				for history.HasNext() {
					if _, err := history.Next(); err != nil {
						break
					}
				}
				_, _ = c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: client.DefaultNamespace, Query: "WorkflowId = '" + order + "'"})
				hangUp()
			}
		})
	}
	wg.Wait()
	d.reserve(place).with(t, http.StatusCreated)
	require.Equal(t, engine, d.engine(), "the Temporal server was not replaced meanwhile")
	require.NoError(t, d.end(os.Interrupt))
}
