package main

import (
	"context"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/pgserver"
	"github.com/yeyak/yeyak/workflows/contract"
)

// world is what all measurements share: one Temporal server, one PostgreSQL.
type world struct {
	dir     string
	engine  *devserver.Server
	cluster *pgserver.Cluster
	series  []*series
}

func newWorld(ctx context.Context, cli string) (_ *world, err error) {
	w := &world{}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.dir, err = os.MkdirTemp("", "yeyak-bench"); err != nil {
		return nil, err
	}
	if w.cluster, err = pgserver.Launch(nil); err != nil {
		return nil, err
	}
	if w.engine, err = devserver.Start(ctx, devserver.Options{CLI: cli, DataDir: w.dir}); err != nil {
		return nil, err
	}
	return w, w.engine.WaitReady(ctx)
}

func (w *world) close() {
	for _, s := range w.series {
		s.close()
	}
	if w.engine != nil {
		w.engine.Stop(context.Background())
	}
	if w.cluster != nil {
		_ = w.cluster.Close() // it is thrown away
	}
	_ = os.RemoveAll(w.dir)
}

// begin starts a Yeyak that goes about its steps in the given way, on a
// namespace and a database of its own.
func (w *world) begin(ctx context.Context, way string) (*series, error) {
	database, err := w.cluster.NewDatabase(ctx)
	if err != nil {
		return nil, err
	}
	temporal, err := client.NewLazyClient(client.Options{HostPort: w.engine.Addr(), Namespace: "bench-" + way, Logger: devserver.Quiet()})
	if err != nil {
		return nil, err
	}
	if err := app.PrepareNamespace(ctx, temporal, "bench-"+way); err != nil {
		return nil, err
	}
	a, err := app.Start(ctx, app.Options{
		Log: zap.NewNop(), API: true, Migrate: true, TemporalAddress: w.engine.Addr(), Namespace: "bench-" + way,
		Config: config.Config{
			HTTP:      config.HTTP{Listen: "127.0.0.1:0", MaxBody: 64 << 10},
			Process:   config.Process{ShutdownGrace: 10 * time.Second},
			Orders:    config.Orders{ReplyBudget: 30 * time.Second, Steps: way, AttentionAfter: 5 * time.Minute},
			Worker:    config.Worker{Serve: contract.Queues()},
			Databases: config.Databases{Front: config.URL(database)},
		},
	})
	if err != nil {
		return nil, err
	}
	s := &series{way: way, app: a, temporal: temporal, url: "http://" + a.Address(), runs: map[int][]result{}}
	w.series = append(w.series, s)
	return s, s.openPlaces(ctx)
}
