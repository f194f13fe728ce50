package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/rig/cluster"
	"github.com/yeyak/yeyak/internal/rig/cluster/crowd"
)

type siege struct {
	Programs `embed:""`
	Siege    string  `default:"siege" help:"The program siege."`
	Against  string  `enum:"cluster,dev" default:"cluster" help:"System under load: a cluster, or yeyak dev, which is one process."`
	Part     float64 `default:"1" help:"Fraction of its full duration for which each load runs."`
	Only     string  `help:"Run only the loads whose name contains this text."`
	Burn     bool    `help:"Keep one processor busy during the loads."`
}

// besieged is a system under load.
type besieged struct {
	url     string
	command func(ctx context.Context, args ...string) (string, error)
	stop    func() error
}

// Run implements the command.
func (s siege) Run(ctx context.Context) error {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	provider, err := s.startProvider(ctx)
	if err != nil {
		return err
	}
	defer provider.Kill()
	system, err := s.start(ctx)
	if err != nil {
		return err
	}
	err = s.load(ctx, system)
	return errors.Join(err, system.stop())
}

// providerPort is the port of the payment provider, on loopback.
const providerPort = 8091

// startProvider starts a payment provider that takes 400 to 620 ms for a payment, without a
// limit on concurrent payments.
func (s siege) startProvider(ctx context.Context) (*child.Process, error) {
	address := child.Address(providerPort)
	memory := filepath.Join(s.Dir, "siege-payments.db")
	if err := os.RemoveAll(memory); err != nil {
		return nil, err
	}
	p, err := child.Start(child.Command{
		Path: s.Yeyak, Log: filepath.Join(s.Dir, "siege-payments.log"),
		Args: []string{"sandbox-payments", "--sandbox-listen", address, "--sandbox-database-url", "sqlite://" + memory},
	})
	if err != nil {
		return nil, err
	}
	return p, p.Await(ctx, child.Answers("http://"+address+"/sandbox/payments"))
}

// env are the settings of the besieged system: the provider, no authentication, and no
// limits on waiting calls for a cleaner or on one caller. No cleaner is registered, and one
// customer places all orders.
func (s siege) env() []string {
	return []string{
		"STRIPE_URL=http://" + child.Address(providerPort), "STRIPE_SECRET_KEY=sk_test_sandbox", "YEYAK_PAYMENTS=stripe",
		"YEYAK_MAX_WAITING_CALLS=0", oneCaller, "YEYAK_AUTH=off",
	}
}

func (s siege) start(ctx context.Context) (*besieged, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	if s.Against == "dev" {
		return s.startDev(ctx, address)
	}
	fmt.Println("Starting a cluster …")
	o := s.options(address)
	o.Env = s.env()
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	return &besieged{url: c.URL(), command: c.Command, stop: c.Stop}, nil
}

// startDev starts yeyak dev with a new data folder.
func (s siege) startDev(ctx context.Context, address string) (*besieged, error) {
	fmt.Println("Starting yeyak dev …")
	data := filepath.Join(s.Dir, "siege-data")
	if err := os.RemoveAll(data); err != nil {
		return nil, err
	}
	env := append(s.env(), "YEYAK_LISTEN="+address, "YEYAK_DATA_DIR="+data, "YEYAK_TEMPORAL_PORT=0", "YEYAK_UI_PORT=0", "YEYAK_TEMPORAL_SERVER="+s.TemporalServer)
	p, err := child.Start(child.Command{Path: s.Yeyak, Args: []string{"dev"}, Env: env, Log: filepath.Join(s.Dir, "siege-dev.log")})
	if err != nil {
		return nil, err
	}
	b := &besieged{url: "http://" + address, stop: func() error { return p.Stop(stopWithin) }}
	b.command = func(ctx context.Context, args ...string) (string, error) {
		return command(ctx, s.Yeyak, filepath.Join(data, "env"), s.env(), args)
	}
	if err := p.Await(ctx, child.Answers(b.url+"/readyz")); err != nil {
		return nil, errors.Join(err, b.stop())
	}
	return b, nil
}

// stopWithin is how long yeyak dev may take to end.
const stopWithin = time.Minute

func (s siege) load(ctx context.Context, system *besieged) error {
	users, err := crowd.New(ctx, crowd.Options{URL: system.url}) // this creates the offers
	if err != nil {
		return err
	}
	if s.Burn {
		burning, stop := context.WithCancel(ctx)
		defer stop()
		go burn(burning)
	}
	var faults []error
	var table results
	for _, l := range s.lines(users.Shops()) {
		found, err := s.besiege(ctx, l, system.url)
		if err != nil {
			return err
		}
		begun := time.Now()
		if l.orders {
			if err := awaitStable(ctx, system.url); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", l.name, err))
			}
		}
		table.add(found, time.Since(begun))
		if t := found.tally(); l.orders && t.Failed > 0 {
			faults = append(faults, fmt.Errorf("%s: %d of %d requests were not served: %s", l.name, t.Failed, t.Requests, found.statuses()))
		}
	}
	said, err := system.command(ctx, "audit", "--log-level=error")
	fmt.Print("yeyak audit: ", said)
	return errors.Join(append(faults, err, table.print(os.Stdout))...)
}

// burn keeps one processor busy.
func burn(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		for range 1_000_000 {
			n++
		}
	}
}
