package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/yeyak/yeyak/bench/lab"
	"github.com/yeyak/yeyak/booking"
)

// report is the content of overload.json.
type report struct {
	Machine           lab.Machine `json:"machine"`
	Users             int         `json:"users"`
	Seconds           float64     `json:"seconds"`
	ReplyBudget       float64     `json:"replyBudgetSeconds"`
	Queue             bool        `json:"providerQueues"`
	DeferredPerSecond int         `json:"deferredPerSecond"`
	Settings          string      `json:"yeyakSettings"`
	Results           []result    `json:"results"`
	Faults            []string    `json:"faults"`
}

// result is the result of one load.
type result struct {
	before map[lab.Statuses]int // of the warm-up

	Name     string `json:"name"`
	Requests int    `json:"requests"`
	// Answers counts answers by status; "none" is for requests without an answer.
	Answers map[string]int `json:"answers"`
	// Problems counts the codes of answers that are problems.
	Problems          map[string]int `json:"problems"`
	WithoutRetryAfter int            `json:"unavailableWithoutRetryAfter"`
	// Served is the percentage of answers 201 and 202, Kept the percentage of orders that
	// were confirmed in the end.
	Served    float64 `json:"servedPercent"`
	Kept      float64 `json:"keptPercent"`
	PerSecond float64 `json:"answersPerSecond"`
	P50       float64 `json:"p50Milliseconds"`
	P99       float64 `json:"p99Milliseconds"`
	ServedP50 float64 `json:"servedP50Milliseconds"`
	ServedP99 float64 `json:"servedP99Milliseconds"`
	// StableAfter is the number of seconds after the load until all orders were stable, or the
	// wait was ended.
	StableAfter  float64            `json:"settledAfterSeconds"`
	Confirmed    int                `json:"confirmed"`
	Cancelled    int                `json:"cancelled"`
	Unstable     int                `json:"unsettled"`
	Missing      int                `json:"acceptedAndUnknown"`
	StatusCounts map[string]int     `json:"ordersAndPayments"`
	Breaker      map[string]float64 `json:"breakerChanges"`

	AuditStatus int    `json:"auditStatus"`
	AuditSaid   string `json:"auditSaid,omitempty"`
	// CPU is milliseconds per request, including the work on deferred payments in that
	// time.
	Ours       float64 `json:"cpuOurs"`
	Temporal   float64 `json:"cpuTemporal"`
	PostgreSQL float64 `json:"cpuPostgresql"`
	// Others is the number of processors that were busy with other processes, including the
	// provider.
	Others float64 `json:"othersProcessors"`
}

// tally counts answers as they arrive.
type tally struct {
	mu                sync.Mutex
	answers, problems map[string]int
	withoutRetryAfter int
	accepted          []string
	served            lab.Run
}

// noAnswer is the status of a request without an answer.
const noAnswer = "none"

// ordering is the load that places reservations and allows every answer.
func (t *tally) ordering(shop *lab.Shop) lab.Do {
	t.answers, t.problems = map[string]int{}, map[string]int{}
	return func(ctx context.Context, n int) error {
		begun := time.Now()
		a, err := shop.Place(ctx, n, "")
		took := time.Since(begun)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		switch {
		case err != nil:
			t.answers[noAnswer]++
			fmt.Println("no answer that can be read:", err)
			return nil
		case a.Code == http.StatusCreated, a.Code == http.StatusAccepted:
			t.accepted = append(t.accepted, a.Order)
			t.served.Latencies = append(t.served.Latencies, took)
		case a.Code == http.StatusServiceUnavailable && a.RetryAfter == "":
			t.withoutRetryAfter++
		}
		t.answers[strconv.Itoa(a.Code)]++
		if a.Problem != "" {
			t.problems[a.Problem]++
		}
		return nil
	}
}

// load records the results of the load.
func (r *result) load(t *tally, run lab.Run, used lab.CPU) {
	slices.Sort(t.served.Latencies)
	r.Requests, r.Answers, r.Problems, r.WithoutRetryAfter = len(run.Latencies), t.answers, t.problems, t.withoutRetryAfter
	r.Served = percent(len(t.accepted), r.Requests)
	r.PerSecond, r.P50, r.P99 = run.PerSecond(), run.Quantile(0.5), run.Quantile(0.99)
	r.ServedP50, r.ServedP99 = t.served.Quantile(0.5), t.served.Quantile(0.99)
	each := func(d time.Duration) float64 { return lab.Milliseconds(d) / float64(r.Requests) }
	r.Ours, r.Temporal, r.PostgreSQL = each(used.Ours), each(used.Temporal), each(used.PostgreSQL)
	r.Others = max(0, used.Others.Seconds()) / run.Took.Seconds()
}

func percent(of, all int) float64 { return 100 * float64(of) / float64(all) }

// awaitStable waits until all orders are stable, and records their statuses.
func (r *result) awaitStable(ctx context.Context, service *lab.Service, accepted []string) error {
	fmt.Printf("%s: %d requests, answers %v, problems %v; waiting until all orders are stable\n", r.Name, r.Requests, r.Answers, r.Problems)
	begun := time.Now()
	counts, err := service.AwaitStable(ctx)
	if err != nil {
		return err
	}
	r.StableAfter, r.StatusCounts = time.Since(begun).Seconds(), map[string]int{}
	for at, n := range counts {
		n -= r.before[at]
		r.StatusCounts[fmt.Sprintf("%s, %s", at.Order, at.Payment)] = n
		switch {
		case !at.Stable():
			r.Unstable += n
		case at.Order == booking.Confirmed:
			r.Confirmed += n
		default:
			r.Cancelled += n
		}
	}
	r.Kept = percent(r.Confirmed, r.Requests)
	missing, err := service.Missing(ctx, accepted)
	if err != nil {
		return err
	}
	r.Missing = len(missing)
	if r.Breaker, err = service.Counters(ctx, "yeyak_payment_breaker_changes_total", "to"); err != nil {
		return err
	}
	fmt.Printf("%s: %v after %.1f s; audit\n", r.Name, r.StatusCounts, r.StableAfter)
	r.AuditStatus, r.AuditSaid, err = service.Audit(ctx)
	return err
}

func contains(promises []int, code string) bool {
	return slices.ContainsFunc(promises, func(p int) bool { return strconv.Itoa(p) == code })
}

func (r report) print(out io.Writer) error {
	beyond := "429 beyond that"
	if r.Queue {
		beyond = "others wait"
	}
	fmt.Fprintf(out, "\n%s\n\n%d customers in plain loops for %g s; provider: 400 to 620 ms, 20 at a time, %s; reply budget %g s\n\n",
		r.Machine.Title(), r.Users, r.Seconds, beyond, r.ReplyBudget)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(result) string) {
		fmt.Fprintf(table, "%s\t", name)
		for _, x := range r.Results {
			fmt.Fprintf(table, "%s\t", cell(x))
		}
		fmt.Fprintln(table)
	}
	row("", func(x result) string { return x.Name })
	row("requests", func(x result) string { return strconv.Itoa(x.Requests) })
	for _, code := range []string{"201", "202", "503"} {
		row("answered "+code, func(x result) string { return strconv.Itoa(x.Answers[code]) })
	}
	row("otherwise", func(x result) string {
		return strconv.Itoa(x.Requests - x.Answers["201"] - x.Answers["202"] - x.Answers["503"])
	})
	for _, of := range []struct {
		name, format string
		figure       func(result) float64
	}{
		{"served (201, 202)", "%.2f %%", func(x result) float64 { return x.Served }},
		{"confirmed in the end", "%.2f %%", func(x result) float64 { return x.Kept }},
		{"answers a second", "%.1f", func(x result) float64 { return x.PerSecond }},
		{"p50", "%.0f ms", func(x result) float64 { return x.P50 }},
		{"p99", "%.0f ms", func(x result) float64 { return x.P99 }},
		{"p50 of those served", "%.0f ms", func(x result) float64 { return x.ServedP50 }},
		{"p99 of those served", "%.0f ms", func(x result) float64 { return x.ServedP99 }},
		{"all stable after", "%.1f s", func(x result) float64 { return x.StableAfter }},
		{"confirmed", "%.0f", func(x result) float64 { return float64(x.Confirmed) }},
		{"cancelled", "%.0f", func(x result) float64 { return float64(x.Cancelled) }},
		{"not stable", "%.0f", func(x result) float64 { return float64(x.Unstable) }},
		{"audit's exit status", "%.0f", func(x result) float64 { return float64(x.AuditStatus) }},
		{"breaker opened", "%.0f", func(x result) float64 { return x.Breaker["open"] }},
		{"half-opened", "%.0f", func(x result) float64 { return x.Breaker["half-open"] }},
		{"closed", "%.0f", func(x result) float64 { return x.Breaker["closed"] }},
		{"CPU for each request: ours", "%.2f ms", func(x result) float64 { return x.Ours }},
		{"Temporal", "%.2f ms", func(x result) float64 { return x.Temporal }},
		{"PostgreSQL", "%.2f ms", func(x result) float64 { return x.PostgreSQL }},
		{"processors busy elsewhere", "%.2f", func(x result) float64 { return x.Others }},
	} {
		row(of.name, func(x result) string { return fmt.Sprintf(of.format, of.figure(x)) })
	}
	return table.Flush()
}
