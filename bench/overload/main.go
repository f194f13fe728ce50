// Command overload measures what happens to orders while the payment provider is
// overloaded: a hundred customers order in a loop, and the provider works on twenty
// payments at a time and takes 400 to 620 ms for each. The subjects, one after another,
// are a Yeyak that defers payments, a Yeyak that rejects orders, and a saga as in tutorials
// that gives a charge 610 ms. Each has a provider, a database and a namespace of its own.
//
// It fails if Yeyak gives an unexpected answer, or leaves an order or a payment that is not
// stable.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/yeyak/yeyak/bench/lab"
)

type plan struct {
	load        lab.Load
	replyBudget time.Duration
	perSecond   int
	queue       bool
	only        string
	settings    string
	lab.Flags
}

func main() {
	var p plan
	flag.DurationVar(&p.load.Length, "time", time.Minute, "length of each load")
	flag.IntVar(&p.load.Connections, "users", 100, "customers, each of which places the next order after the answer to the last")
	flag.DurationVar(&p.replyBudget, "reply-budget", 2*time.Second, "how long a customer's request waits for its order's decision")
	flag.IntVar(&p.perSecond, "deferred-per-second", 30, "how many deferred payments are charged in a second")
	flag.BoolVar(&p.queue, "queue", true, "requests beyond the provider's capacity wait; otherwise it answers 429")
	flag.StringVar(&p.only, "only", "", "measure only this subject: yeyak-defer, yeyak-reject or naive")
	flag.StringVar(&p.settings, "yeyak", "", "settings of Yeyak beyond its defaults, as flags of yeyak api")
	p.Flags = lab.ParseFlags("overload")
	lab.Main(p.Flags, p.run)
}

// subject is a program under load.
type subject struct {
	name, program string
	args          []string
	// promises are the allowed answers; nil allows all.
	promises []int
}

const (
	deferring = "yeyak-defer"
	rejecting = "yeyak-reject"
	naive     = "naive"
)

func (p plan) subjects() []subject {
	set := func(more ...string) []string { return append(strings.Fields(p.settings), more...) }
	return []subject{
		{deferring, p.Yeyak, set("--payment-overload=defer", fmt.Sprintf("--deferred-per-second=%d", p.perSecond)), []int{201, 202}},
		{rejecting, p.Yeyak, set("--payment-overload=reject"), []int{201, 503}},
		{naive, p.Naive, []string{"--charge-timeout=610ms", "--unguarded"}, nil},
	}
}

func (p plan) run(ctx context.Context, w *lab.World) error {
	machine, err := w.Describe(ctx)
	if err != nil {
		return err
	}
	r := report{Machine: machine, Users: p.load.Connections, Seconds: p.load.Length.Seconds(), ReplyBudget: p.replyBudget.Seconds(), Queue: p.queue, DeferredPerSecond: p.perSecond, Settings: p.settings}
	var faults []error
	for _, s := range p.subjects() {
		if p.only != "" && p.only != s.name {
			continue
		}
		result, err := p.measure(ctx, w, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		r.Results = append(r.Results, result)
		for _, fault := range p.faults(s, result) {
			faults = append(faults, fmt.Errorf("%s: %s", s.name, fault))
		}
	}
	for _, f := range faults {
		r.Faults = append(r.Faults, f.Error())
	}
	return errors.Join(append(faults, lab.WriteJSON(p.Out, r), r.print(os.Stdout))...)
}

// measure puts the subject under load, waits until all orders are stable, and runs the
// audit.
func (p plan) measure(ctx context.Context, w *lab.World, s subject) (r result, err error) {
	sandbox, err := w.SandboxPayments(ctx, s.name)
	if err != nil {
		return r, err
	}
	service, err := w.Service(ctx, lab.Setup{
		Name: s.name, Program: s.program, Args: append(s.args, "--reply-budget="+p.replyBudget.String()), Env: sandbox.Env,
	})
	if err != nil {
		return r, err
	}
	shop, err := lab.OpenPlaces(ctx, service)
	if err != nil {
		return r, err
	}
	if r.before, err = warm(ctx, service, shop); err != nil {
		return r, err
	}
	if err := sandbox.Behave(ctx, map[string]any{"latency": "400ms-620ms", "capacity": 20, "queue": p.queue}); err != nil {
		return r, err
	}
	r.Name = s.name
	t := tally{}
	fmt.Printf("%s: %d customers for %s\n", s.name, p.load.Connections, p.load.Length)
	var run lab.Run
	used, err := w.Measure(func() (err error) {
		run, err = lab.Closed(ctx, p.load, t.ordering(shop))
		return err
	}, service.Process)
	if err != nil {
		return r, err
	}
	r.load(&t, run, used)
	if err := r.awaitStable(ctx, service, t.accepted); err != nil {
		return r, err
	}
	return r, errors.Join(service.End(), sandbox.End())
}

// warmUp fills pools and caches while the provider is healthy, so that the start is not
// measured.
var warmUp = lab.Load{Connections: 20, Length: 3 * time.Second}

func warm(ctx context.Context, service *lab.Service, shop *lab.Shop) (map[lab.Statuses]int, error) {
	_, err := lab.Closed(ctx, warmUp, func(ctx context.Context, n int) error {
		_, err := shop.Place(ctx, n, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return service.AwaitStable(ctx)
}

// faults are the broken promises of Yeyak.
func (p plan) faults(s subject, r result) (faults []string) {
	if s.promises == nil {
		return nil
	}
	for code, answers := range r.Answers {
		if !contains(s.promises, code) {
			faults = append(faults, fmt.Sprintf("%d requests were answered %s", answers, code))
		}
	}
	if most := p.replyBudget + 500*time.Millisecond; s.name == deferring && r.P99 >= lab.Milliseconds(most) {
		faults = append(faults, fmt.Sprintf("p99 of the answer is %.0f ms, not below %s", r.P99, most))
	}
	if r.WithoutRetryAfter > 0 {
		faults = append(faults, fmt.Sprintf("%d answers 503 do not say when to come again", r.WithoutRetryAfter))
	}
	if r.Unstable > 0 || r.Missing > 0 {
		faults = append(faults, fmt.Sprintf("%d orders are not stable, %d accepted ones are unknown: %v", r.Unstable, r.Missing, r.StatusCounts))
	}
	if r.AuditStatus != 0 {
		faults = append(faults, fmt.Sprintf("the audit ends with %d:\n%s", r.AuditStatus, r.AuditSaid))
	}
	return faults
}
