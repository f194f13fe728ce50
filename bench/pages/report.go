package main

import (
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/yeyak/yeyak/bench/lab"
)

// The names of the orders in the report.
const (
	confirmed = "a confirmed order"
	undone    = "an order that was undone"
)

// report is the content of pages.json, once its figures are known.
type report struct {
	Machine   lab.Machine `json:"machine"`
	Streams   int         `json:"livePages"`
	PerSecond int         `json:"ordersPerSecond"`
	Reads     []reads     `json:"reads"`
	Orders    orders      `json:"orders"`

	times  map[string][2][]time.Duration // as a page, and as JSON
	placed [2][]time.Duration            // without live pages, and with them
}

// reads compares the two, in milliseconds.
type reads struct {
	What    string  `json:"what"`
	PageP50 float64 `json:"pageP50Milliseconds"`
	JSONP50 float64 `json:"jsonP50Milliseconds"`
	PageP99 float64 `json:"pageP99Milliseconds"`
	JSONP99 float64 `json:"jsonP99Milliseconds"`
	Ratio   float64 `json:"pageOverJSONP50"`
}

// orders compares orders without and with live pages, in milliseconds.
type orders struct {
	AloneP50 float64 `json:"aloneP50Milliseconds"`
	AloneP99 float64 `json:"aloneP99Milliseconds"`
	WithP50  float64 `json:"withLivePagesP50Milliseconds"`
	WithP99  float64 `json:"withLivePagesP99Milliseconds"`
	Ratio    float64 `json:"withOverAloneP99"`
}

func (r *report) reads(what string, times [2]time.Duration) {
	if r.times == nil {
		r.times = map[string][2][]time.Duration{}
	}
	all := r.times[what]
	for i, t := range times {
		all[i] = append(all[i], t)
	}
	r.times[what] = all
}

func (r *report) orders(open bool, run lab.Run) {
	at := 0
	if open {
		at = 1
	}
	r.placed[at] = append(r.placed[at], run.Latencies...)
}

// quantile is a quantile of the times of all rounds.
func quantile(times []time.Duration, q float64) float64 {
	slices.Sort(times)
	return lab.Run{Latencies: times}.Quantile(q)
}

func (r *report) publish(file string) error {
	for _, what := range []string{confirmed, undone} {
		page, asJSON := r.times[what][0], r.times[what][1]
		x := reads{
			What: what, PageP50: quantile(page, 0.5), JSONP50: quantile(asJSON, 0.5), PageP99: quantile(page, 0.99), JSONP99: quantile(asJSON, 0.99),
		}
		x.Ratio = x.PageP50 / x.JSONP50
		r.Reads = append(r.Reads, x)
	}
	alone, with := r.placed[0], r.placed[1]
	r.Orders = orders{
		AloneP50: quantile(alone, 0.5), AloneP99: quantile(alone, 0.99), WithP50: quantile(with, 0.5), WithP99: quantile(with, 0.99),
	}
	r.Orders.Ratio = r.Orders.WithP99 / r.Orders.AloneP99
	if err := lab.WriteJSON(file, r); err != nil {
		return err
	}
	return r.print()
}

func (r *report) print() error {
	r.Machine.Print(os.Stdout)
	fmt.Print("\nan order read by its customer, one request after the other, as a page and as JSON in turns; ms\n\n")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tpage p50\tJSON p50\tpage p99\tJSON p99\tpage/JSON p50\t")
	for _, x := range r.Reads {
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t\n", x.What, x.PageP50, x.JSONP50, x.PageP99, x.JSONP99, x.Ratio)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("\n%d orders a second, in rounds without live pages and with %d of them open; ms\n\n", r.PerSecond, r.Streams)
	fmt.Fprintln(table, "\torders\tp50\tp99\t")
	fmt.Fprintf(table, "no live page\t%d\t%.1f\t%.1f\t\n", len(r.placed[0]), r.Orders.AloneP50, r.Orders.AloneP99)
	fmt.Fprintf(table, "%d live pages\t%d\t%.1f\t%.1f\t\n", r.Streams, len(r.placed[1]), r.Orders.WithP50, r.Orders.WithP99)
	fmt.Fprintf(table, "ratio\t\t%.2f\t%.2f\t\n", r.Orders.WithP50/r.Orders.AloneP50, r.Orders.Ratio)
	return table.Flush()
}
