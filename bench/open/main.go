// Command open measures the cost of open orders: so many reservations that wait for their
// check-out on one idle yeyak api, before and after a restart. It also measures how long it
// takes to cancel a reservation that has been idle since it was placed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/bench/lab"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/child"
)

type plan struct {
	orders, connections, cancels int
	idle                         time.Duration
	lab.Flags
}

func main() {
	var p plan
	flag.IntVar(&p.orders, "orders", 20_000, "reservations that are open")
	flag.IntVar(&p.connections, "connections", 50, "connections over which they are placed")
	flag.DurationVar(&p.idle, "idle", 30*time.Second, "how long the idle system is measured")
	flag.IntVar(&p.cancels, "cancels", 20, "reservations that are cancelled at the end, one after another")
	p.Flags = lab.ParseFlags("open")
	lab.Main(p.Flags, p.run)
}

func (p plan) run(ctx context.Context, w *lab.World) error {
	machine, err := w.Describe(ctx)
	if err != nil {
		return err
	}
	r := report{Machine: machine, Orders: p.orders}
	service, err := w.Service(ctx, lab.Setup{Name: "yeyak", Program: p.Yeyak})
	if err != nil {
		return err
	}
	watch := func(when string) error {
		fmt.Printf("%s: idle for %s\n", when, afterPlacing+p.idle)
		i, err := p.watch(ctx, w, service.Process)
		i.When = when
		r.Idle = append(r.Idle, i)
		return err
	}
	if err := watch("no orders"); err != nil {
		return err
	}
	shop, err := lab.OpenPlaces(ctx, service)
	if err != nil {
		return err
	}
	orders, err := p.place(ctx, shop, &r)
	if err != nil {
		return err
	}
	if err := watch("orders placed"); err != nil {
		return err
	}
	if err := service.End(); err != nil {
		return err
	}
	if err := service.Again(ctx); err != nil {
		return err
	}
	if err := watch("restarted"); err != nil {
		return err
	}
	if err := p.cancel(ctx, shop, orders, &r); err != nil {
		return err
	}
	fmt.Println("audit")
	begun := time.Now()
	status, said, err := service.Audit(ctx)
	if err != nil {
		return err
	}
	if status != 0 {
		return fmt.Errorf("the audit ends with %d:\n%s", status, said)
	}
	r.AuditTook = time.Since(begun).Seconds()
	return errors.Join(lab.WriteJSON(p.Out, r), r.print(os.Stdout))
}

// place places the reservations as fast as the service accepts them.
func (p plan) place(ctx context.Context, shop *lab.Shop, r *report) (orders []string, err error) {
	fmt.Printf("%d reservations over %d connections\n", p.orders, p.connections)
	orders = make([]string, p.orders)
	begun := time.Now()
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(p.connections)
	for n := range orders {
		all.Go(func() error {
			a, err := shop.Place(ctx, n, "")
			if err == nil && a.Status != booking.Confirmed {
				err = fmt.Errorf("a reservation was answered %+v", a)
			}
			orders[n] = a.Order
			return err
		})
	}
	err = all.Wait()
	r.PlacedIn = time.Since(begun).Seconds()
	return orders, err
}

// afterPlacing is the time for the last workflow tasks, the engine's lists and garbage
// collectors, after which the system is idle.
const afterPlacing = 15 * time.Second

// watch leaves the system idle and measures its cost.
func (p plan) watch(ctx context.Context, w *lab.World, ours *child.Process) (i idle, err error) {
	idleFor := func(length time.Duration) error {
		select {
		case <-time.After(length):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := idleFor(afterPlacing); err != nil {
		return i, err
	}
	begun := time.Now()
	used, err := w.Measure(func() error { return idleFor(p.idle) }, ours)
	if err != nil {
		return i, err
	}
	i.cpu(used, time.Since(begun))
	i.Memory, err = w.Memory(ours)
	return i, err
}

// cancel cancels some of the reservations, spread over all of them, one after another. The
// first one includes the connections that a new process opens once.
func (p plan) cancel(ctx context.Context, shop *lab.Shop, orders []string, r *report) error {
	for n := range min(p.cancels, len(orders)) {
		begun := time.Now()
		if err := shop.Cancel(ctx, orders[n*len(orders)/p.cancels]); err != nil {
			return err
		}
		r.Cancels = append(r.Cancels, lab.Milliseconds(time.Since(begun)))
	}
	return nil
}
