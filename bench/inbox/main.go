// Command inbox compares the cost of an order that goes through the inbox with that of one
// that is started at once. It places reservations that are confirmed without a decision,
// first while Temporal runs, then while it is frozen; the latter are carried out when it
// runs again. It fails if an order is refused or not confirmed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/yeyak/yeyak/bench/lab"
	"github.com/yeyak/yeyak/booking"
)

type plan struct {
	rounds      int
	replyBudget time.Duration
	load        lab.Load
	lab.Flags
}

func main() {
	var p plan
	flag.IntVar(&p.rounds, "rounds", 3, "rounds of each")
	flag.IntVar(&p.load.Connections, "connections", 50, "customers who order in a loop")
	flag.DurationVar(&p.load.Length, "time", 8*time.Second, "length of each load")
	flag.DurationVar(&p.replyBudget, "reply-budget", time.Second, "how long a customer's request waits for its order's decision")
	p.Flags = lab.ParseFlags("inbox")
	lab.Main(p.Flags, p.run)
}

// report is the content of inbox.json.
type report struct {
	Machine lab.Machine        `json:"machine"`
	Loads   map[string][]round `json:"loads"`
}

// round is one load. CPU is milliseconds per order, until all orders are confirmed.
type round struct {
	Orders     int     `json:"orders"`
	Ours       float64 `json:"cpuOurs"`
	Temporal   float64 `json:"cpuTemporal"`
	PostgreSQL float64 `json:"cpuPostgresql"`
	// StableAfter is the number of seconds after the load, or after Temporal ran again,
	// until all orders were confirmed.
	StableAfter float64 `json:"settledAfterSeconds"`
}

const (
	direct = "started at once"
	inbox  = "through the inbox"
)

func (p plan) run(ctx context.Context, w *lab.World) error {
	machine, err := w.Describe(ctx)
	if err != nil {
		return err
	}
	service, err := w.Service(ctx, lab.Setup{Name: "inbox", Program: p.Yeyak, Args: []string{"--reply-budget=" + p.replyBudget.String()}})
	if err != nil {
		return err
	}
	shop, err := lab.OpenPlaces(ctx, service)
	if err != nil {
		return err
	}
	r := report{Machine: machine, Loads: map[string][]round{}}
	for n := range p.rounds {
		for _, what := range []string{direct, inbox} {
			fmt.Printf("round %d of %d: %s\n", n+1, p.rounds, what)
			one, err := p.measure(ctx, w, service, shop, what == inbox)
			if err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
			r.Loads[what] = append(r.Loads[what], one)
		}
	}
	if status, said, err := service.Audit(ctx); err != nil || status != 0 {
		return errors.Join(err, fmt.Errorf("the audit ends with %d:\n%s", status, said))
	}
	return errors.Join(lab.WriteJSON(p.Out, r), r.print(), service.End())
}

// measure places orders for a while, and waits until all are confirmed. If away is set,
// Temporal is frozen while they are placed.
func (p plan) measure(ctx context.Context, w *lab.World, service *lab.Service, shop *lab.Shop, away bool) (r round, err error) {
	order := func(ctx context.Context, n int) error {
		a, err := shop.Place(ctx, n, "")
		if err == nil && (a.Code != http.StatusCreated && a.Code != http.StatusAccepted || a.Status == booking.Cancelled) {
			return fmt.Errorf("a reservation was answered %+v", a)
		}
		return err
	}
	used, err := w.Measure(func() error {
		if away {
			if err := syscall.Kill(w.Temporal.PID(), syscall.SIGSTOP); err != nil {
				return err
			}
		}
		run, err := lab.Closed(ctx, p.load, order)
		if away {
			err = errors.Join(err, syscall.Kill(w.Temporal.PID(), syscall.SIGCONT))
		}
		if err != nil {
			return err
		}
		r.Orders = len(run.Latencies)
		begun := time.Now()
		counts, err := service.AwaitStable(ctx)
		r.StableAfter = time.Since(begun).Seconds()
		for at, n := range counts {
			if at.Order != booking.Confirmed {
				err = errors.Join(err, fmt.Errorf("%d orders are %s, %s", n, at.Order, at.Payment))
			}
		}
		return err
	}, service.Process)
	each := func(d time.Duration) float64 { return lab.Milliseconds(d) / float64(r.Orders) }
	r.Ours, r.Temporal, r.PostgreSQL = each(used.Ours), each(used.Temporal), each(used.PostgreSQL)
	return r, err
}

func (r report) print() error {
	fmt.Printf("\n%s\n\nCPU for each order, in ms, until all are confirmed\n\n", r.Machine.Title())
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\torders\tours\tTemporal\tPostgreSQL\tall\tall confirmed after\t")
	for _, what := range []string{direct, inbox} {
		for _, x := range r.Loads[what] {
			fmt.Fprintf(table, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f s\t\n",
				what, x.Orders, x.Ours, x.Temporal, x.PostgreSQL, x.Ours+x.Temporal+x.PostgreSQL, x.StableAfter)
		}
	}
	return table.Flush()
}
