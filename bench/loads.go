package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/yeyak/yeyak/bench/lab"
	"github.com/yeyak/yeyak/internal/child"
)

// The names of the loads in the report.
const (
	yeyak  = "yeyak"
	naive  = "naive"
	bare   = "bare"
	mypage = "mypage"
	plain  = "plain"
	list   = "mypage list"
	// The same reads while orders are placed over 50 connections.
	mypageUnderLoad = "mypage, under orders"
	plainUnderLoad  = "plain, under orders"

	reads = "reads under orders" // both of them at once
)

func names() []string { return []string{yeyak, naive, bare, mypage, plain, list, reads} }

// many is the number of connections of the larger loads; the others have one.
const many = 50

// readsPerSecond is the rate of each sort of reads under orders. With a fixed number of
// connections instead, a slow answer would delay the next reads, and be counted once.
const readsPerSecond = 100

// bench is the state of the benchmark: its subjects and the measurements.
type bench struct {
	plan
	world *lab.World
	shops map[string]*lab.Shop
	sut   map[string]*child.Process
	urls  map[string]string

	measured map[point][]measurement
	events   map[string]int
}

// point identifies a row of the report.
type point struct {
	load        string
	connections int
}

// measurement is one load in one round.
type measurement struct {
	lab.Run
	lab.CPU
}

// load is a load to measure.
type load struct {
	name        string
	connections []int
	measure     func(context.Context, lab.Load) error
}

func (b *bench) wanted(name string) bool { return len(b.only) == 0 || slices.Contains(b.only, name) }

// loads are the selected loads, in the order of a round.
func (b *bench) loads() []load {
	both := []int{1, many}
	all := []load{
		{yeyak, both, b.orders(yeyak)},
		{naive, both, b.orders(naive)},
		{bare, both, b.bare},
		{mypage, both, b.reads(mypage)},
		{plain, both, b.reads(plain)},
		{list, both, b.reads(list)},
		{reads, []int{many}, b.readsUnderOrders},
	}
	return slices.DeleteFunc(all, func(l load) bool { return !b.wanted(l.name) })
}

// prepare starts the processes that the loads need.
func (b *bench) prepare(ctx context.Context) error {
	for _, name := range b.only {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("there is no load %q: %s", name, strings.Join(names(), ", "))
		}
	}
	b.sut, b.urls = map[string]*child.Process{}, map[string]string{}
	ours, err := b.startYeyak(ctx)
	if err != nil {
		return err
	}
	if b.wanted(naive) {
		s, err := b.world.Service(ctx, lab.Setup{Name: naive, Program: b.Naive})
		if err != nil {
			return err
		}
		if err := b.open(ctx, s); err != nil {
			return err
		}
	}
	if b.wanted(bare) {
		if err := b.world.PrepareBare(ctx); err != nil {
			return err
		}
		if b.sut[bare], b.urls[bare], err = b.world.Sidecar(ctx, b.Bare,
			"TEMPORAL_ADDRESS="+b.world.Temporal.Addr(), "TEMPORAL_NAMESPACE="+lab.BareNamespace); err != nil {
			return err
		}
	}
	if b.wanted(plain) || b.wanted(reads) {
		b.sut[plain], b.urls[plain], err = b.world.Sidecar(ctx, b.Plain, "DATABASE_URL="+ours.Database)
	}
	return err
}

func (b *bench) startYeyak(ctx context.Context) (*lab.Service, error) {
	program, args := b.Yeyak, []string(nil)
	if b.profile != "" {
		ports, err := child.FreePorts(1)
		if err != nil {
			return nil, err
		}
		b.urls["profile"] = "http://" + child.Address(ports[0]) + "/debug/pprof/"
		program, args = b.Naive, []string{"--saga", "yeyak", "--profile-listen", child.Address(ports[0])}
	}
	s, err := b.world.Service(ctx, lab.Setup{Name: yeyak, Program: program, Args: args})
	if err != nil {
		return nil, err
	}
	b.sut[mypage], b.urls[mypage] = s.Process, s.URL
	b.sut[list], b.urls[list] = s.Process, s.URL
	return s, b.open(ctx, s)
}

// warmUp fills pools and caches, lets the number of pollers adapt, and leaves orders for
// the reads.
var warmUp = lab.Load{Connections: many, Length: 2 * time.Second}

func (b *bench) open(ctx context.Context, s *lab.Service) (err error) {
	b.sut[s.Name], b.urls[s.Name] = s.Process, s.URL
	if b.shops[s.Name], err = lab.OpenShop(ctx, s); err != nil {
		return err
	}
	_, err = lab.Closed(ctx, warmUp, b.shops[s.Name].Reserve)
	return err
}

// record measures a load on one of the processes under test.
func (b *bench) record(ctx context.Context, name string, l lab.Load, run func() (lab.Run, error)) error {
	var m measurement
	var err error
	m.CPU, err = b.world.Measure(func() (err error) {
		profiled := make(chan error, 1)
		go func() { profiled <- b.takeProfiles(ctx, name, l) }()
		m.Run, err = run()
		return errors.Join(err, <-profiled)
	}, b.sut[name])
	if err != nil {
		return err
	}
	fmt.Printf(": %.1f/s, p50 %.1f ms\n", m.PerSecond(), m.Quantile(0.5))
	at := point{name, l.Connections}
	b.measured[at] = append(b.measured[at], m)
	return nil
}

// orders is the load that places reservations.
func (b *bench) orders(name string) func(context.Context, lab.Load) error {
	return func(ctx context.Context, l lab.Load) error {
		shop := b.shops[name]
		return b.record(ctx, name, l, func() (lab.Run, error) { return lab.Closed(ctx, l, shop.Reserve) })
	}
}

// takeProfiles fetches profiles of Yeyak and of Temporal if they are requested.
func (b *bench) takeProfiles(ctx context.Context, name string, l lab.Load) error {
	if b.profile == "" || b.sut[name] != b.sut[yeyak] || l.Connections != many {
		return nil
	}
	var both sync.WaitGroup
	var errs [2]error
	for i, of := range []struct{ name, url string }{{"api", b.urls["profile"]}, {"temporal", b.world.Temporal.ProfileURL()}} {
		both.Go(func() {
			errs[i] = lab.FetchProfile(ctx, of.url, l.Length, filepath.Join(b.profile, strings.ReplaceAll(name, " ", "-")+"-"+of.name+".pprof"))
		})
	}
	both.Wait()
	return errors.Join(errs[:]...)
}

// bare lets the process make its load by itself, since it has no HTTP routes for orders.
func (b *bench) bare(ctx context.Context, l lab.Load) error {
	return b.record(ctx, bare, l, func() (run lab.Run, err error) {
		body, err := json.Marshal(l)
		if err != nil {
			return run, err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.urls[bare]+"/load", bytes.NewReader(body))
		if err != nil {
			return run, err
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return run, err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", resp.Status, text)
		}
		if err != nil {
			return run, err
		}
		return run, json.Unmarshal(text, &run)
	})
}

// reads is the load that reads confirmed orders, or a customer's list of them.
func (b *bench) reads(name string) func(context.Context, lab.Load) error {
	return func(ctx context.Context, l lab.Load) error {
		return b.record(ctx, name, l, func() (lab.Run, error) {
			return lab.Closed(ctx, l, lab.Get(b.urls[name], b.world.Token(), b.paths(name)))
		})
	}
}

func (b *bench) paths(name string) (paths []string) {
	if name == list {
		return lab.CustomerLists()
	}
	for _, id := range b.shops[yeyak].Orders() {
		paths = append(paths, map[string]string{mypage: "/v1/mypages/", plain: "/orders/"}[name]+id)
	}
	return paths
}

// readsUnderOrders makes both sorts of reads by id at the same time, while orders are
// placed: they differ in nothing but the reads.
func (b *bench) readsUnderOrders(ctx context.Context, l lab.Load) error {
	paths := map[string][]string{mypage: b.paths(mypage), plain: b.paths(plain)}
	var all sync.WaitGroup
	var errs [3]error
	all.Go(func() { _, errs[0] = lab.Closed(ctx, l, b.shops[yeyak].Reserve) })
	for i, of := range []struct{ sort, as string }{{mypage, mypageUnderLoad}, {plain, plainUnderLoad}} {
		all.Go(func() {
			var m measurement
			m.Run, errs[i+1] = lab.Paced(ctx, readsPerSecond, l.Length, lab.Get(b.urls[of.sort], b.world.Token(), paths[of.sort]))
			at := point{of.as, l.Connections}
			b.measured[at] = append(b.measured[at], m)
		})
	}
	all.Wait()
	fmt.Println()
	return errors.Join(errs[:]...)
}

// check checks the orders of every service, and counts the events of histories.
func (b *bench) check(ctx context.Context) error {
	for name, shop := range b.shops {
		fmt.Printf("checking the orders of %s\n", name)
		if err := shop.Check(ctx); err != nil {
			return err
		}
		confirmed, soldOut, err := shop.Events(ctx)
		if err != nil {
			return err
		}
		b.events[name], b.events[name+", sold out"] = confirmed, soldOut
	}
	return nil
}
