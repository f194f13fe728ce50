package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/demo"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/workflows/contract"
)

// readyWithin is how long the dev server may take to be ready. Two seconds are usual; a
// busy machine with a cold disk takes longer.
const readyWithin = 60 * time.Second

// RunDev runs everything until ctx ends: a Temporal server, unless TEMPORAL_ADDRESS
// names a running one, SQLite databases in the data folder, migrations, all workers and
// the API. It writes the addresses for people to out.
func RunDev(ctx context.Context, cfg config.Config, log *zap.Logger, out io.Writer) error {
	return runDev(ctx, cfg, log, out, demoByPage, func(*App) error { return nil })
}

// runDev is RunDev; it calls then when everything runs. by are the settings of
// demonstrations that pages start.
func runDev(ctx context.Context, cfg config.Config, log *zap.Logger, out io.Writer, by demo.Settings, then func(*App) error) error {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	lock, err := devserver.LockDir(cfg.Dev.DataDir)
	if err != nil {
		return err
	}
	defer lock.Release()
	listener, err := Listen(cfg.HTTP.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // closed already if the API has run

	access, err := newDevAccess(&cfg, log)
	if err != nil {
		return err
	}
	defer access.stop()
	engine, err := chooseEngine(ctx, cfg, log, say)
	if err != nil {
		return err
	}
	if err := engine.start(ctx); err != nil {
		return err
	}
	defer engine.stop(context.WithoutCancel(ctx)) // does nothing if it is stopped already

	cfg.Pages.TemporalUI = cmp.Or(cfg.Pages.TemporalUI, engine.webUI())
	say("Starting databases, workers and API …")
	a, err := Start(ctx, Options{
		Config: cfg, Log: log, API: true, Listener: listener,
		TemporalAddress: engine.address(), Namespace: engine.namespace(), Migrate: true, IssuerName: access.name(),
		Demo: access.demonstration(cfg.Dev.DataDir, by, say),
	})
	if err != nil {
		return err
	}
	if err := access.admit(ctx, a.pages); err != nil {
		a.fail(err)
	}
	watched, unwatch := context.WithCancel(ctx)
	defer unwatch()
	go func() {
		if err := engine.watch(watched); err != nil {
			a.fail(err)
		}
	}()
	api := "http://" + a.Address()
	where, err := announce(cfg.Dev.DataDir, api, slices.Concat(engine.settings(), access.settings()))
	if err != nil {
		a.fail(err)
	} else {
		defer func() { _ = where.Withdraw() }() // a file that stays does not count
	}
	greet(say, api, engine, access, cfg.Dev.DataDir, a.hasPages(), a.demo != nil)
	if err := then(a); err != nil {
		a.fail(err)
	}
	err = a.Wait(ctx)
	unwatch()
	engine.stop(context.WithoutCancel(ctx))
	say("Stopped. Everything is kept in %s.", filepath.Clean(cfg.Dev.DataDir))
	return err
}

// announce writes all addresses for other terminals.
func announce(dir, api string, settings []string) (*devserver.Announcement, error) {
	folder, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return devserver.Announce(dir, append([]string{"API=" + api, "YEYAK_DATA_DIR=" + folder}, settings...))
}

// prepareEngine waits for the engine and prepares its namespace.
func prepareEngine(ctx context.Context, engine *devserver.Server) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := engine.WaitReady(ctx); err != nil {
		return err
	}
	c, err := client.NewLazyClient(client.Options{HostPort: engine.Addr(), Logger: devserver.Quiet()})
	if err != nil {
		return err
	}
	defer c.Close()
	return PrepareNamespace(ctx, c, client.DefaultNamespace)
}

// PrepareNamespace makes sure that the namespace exists, with the search attributes of
// orders.
func PrepareNamespace(ctx context.Context, c client.Client, namespace string) error {
	if err := devserver.EnsureNamespace(ctx, c, namespace); err != nil {
		return err
	}
	return devserver.EnsureSearchAttributes(ctx, c, namespace, searchAttributes())
}

// searchAttributes are the search attributes of orders.
func searchAttributes() map[string]enumspb.IndexedValueType {
	attributes := map[string]enumspb.IndexedValueType{
		contract.NeedsAttentionAttribute.GetName(): contract.NeedsAttentionAttribute.GetValueType(),
	}
	for _, k := range contract.KeywordAttributes() {
		attributes[k.GetName()] = k.GetValueType()
	}
	return attributes
}

// greet prints all addresses, and a first order to paste.
func greet(say func(string, ...any), api string, engine devTemporal, access devAccess, folder string, withPages, withDemo bool) {
	checkIn := booking.DateOf(time.Now()).AddDays(30)
	token, header := access.present(folder)
	pages := ""
	if withPages {
		pages = "  Pages        " + api + "\n"
	}
	if withPages && withDemo {
		pages += "  Demo         " + api + "/demo\n"
	}
	say(`
Yeyak is running.

%[8]s  API          %[1]s
  API docs     %[1]s/docs
%[2]s

In another terminal, this sets it for curl, yeyak and temporal:

  . '%[5]s/env'

A first order, to paste into another terminal: a place, a room for two nights, a reservation.

%[6]s  PLACE=$(curl -s %[1]s/v1/lodging/places%[7]s -H 'Content-Type: application/json' \
    -d '{"name":"Seaside Inn","ownerId":"bora","price":{"amount":50000,"currency":"KRW"},"confirmation":"auto"}' \
    | sed 's/.*"id":"\([^"]*\)".*/\1/')
  curl -s -X PUT %[1]s/v1/lodging/places/$PLACE/stock%[7]s -H 'Content-Type: application/json' \
    -d '{"from":"%[3]s","to":"%[4]s","rooms":1}'
  curl -i %[1]s/v1/lodging/reservations%[7]s -H 'Content-Type: application/json' \
    -d '{"placeId":"'$PLACE'","customerId":"alice","checkIn":"%[3]s","checkOut":"%[4]s","rooms":1}'

Ctrl-C stops it; everything is kept.
`, api, engine.whereabouts(), checkIn, checkIn.AddDays(2), filepath.Clean(folder), token, header, pages)
}
