// Command recovery measures how long customers notice that a loaded process was killed, as
// by kill -9, and started again at once. The process is yeyak api with all workers in it, or
// a yeyak worker beside an API that serves no sagas.
//
// Customers behave as the API documents: without an answer they repeat the same request under its
// Idempotency-Key until there is one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/yeyak/yeyak/bench/lab"
)

type plan struct {
	rounds, connections int
	before, after       time.Duration
	lab.Flags
}

func main() {
	var p plan
	flag.IntVar(&p.rounds, "rounds", 3, "how often each process is killed")
	flag.IntVar(&p.connections, "connections", 50, "customers who order in a loop")
	flag.DurationVar(&p.before, "before", 5*time.Second, "load before the kill")
	flag.DurationVar(&p.after, "after", 20*time.Second, "load after the kill")
	p.Flags = lab.ParseFlags("recovery")
	lab.Main(p.Flags, p.run)
}

// The processes that are killed.
const (
	wholeAPI   = "yeyak api, all in one"
	workerOnly = "yeyak worker"
)

func (p plan) run(ctx context.Context, w *lab.World) error {
	machine, err := w.Describe(ctx)
	if err != nil {
		return err
	}
	r := report{Machine: machine, Connections: p.connections, Rounds: map[string][]round{}}
	for _, what := range []string{wholeAPI, workerOnly} {
		if r.Rounds[what], err = p.measure(ctx, w, what); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return errors.Join(lab.WriteJSON(p.Out, r), r.print(os.Stdout))
}

// measure kills a process as often as requested, and checks the orders at the end.
func (p plan) measure(ctx context.Context, w *lab.World, what string) (rounds []round, err error) {
	setup := lab.Setup{Name: "api", Program: p.Yeyak}
	if what == workerOnly {
		setup = lab.Setup{Name: "apart", Program: p.Yeyak, Args: []string{"--serve=mypage"}}
	}
	service, err := w.Service(ctx, setup)
	if err != nil {
		return nil, err
	}
	victim := service.Program
	if what == workerOnly {
		if victim, err = service.Worker(ctx); err != nil {
			return nil, err
		}
	}
	shop, err := lab.OpenPlaces(ctx, service)
	if err != nil {
		return nil, err
	}
	for n := range p.rounds {
		fmt.Printf("%s: kill %d of %d\n", what, n+1, p.rounds)
		one, err := p.kill(ctx, shop, victim)
		if err != nil {
			return nil, err
		}
		rounds = append(rounds, one)
	}
	if err := awaitStable(ctx, service); err != nil {
		return nil, err
	}
	if victim != service.Program {
		err = victim.End()
	}
	return rounds, errors.Join(err, service.End())
}

// awaitStable waits until every started order is stable, and fails unless the audit finds
// nothing.
func awaitStable(ctx context.Context, service *lab.Service) error {
	counts, err := service.AwaitStable(ctx)
	if err != nil {
		return err
	}
	for at, n := range counts {
		if !at.Stable() {
			return fmt.Errorf("%d orders are %s, %s", n, at.Order, at.Payment)
		}
	}
	status, said, err := service.Audit(ctx)
	if err == nil && status != 0 {
		err = fmt.Errorf("the audit ends with %d:\n%s", status, said)
	}
	return err
}
