package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// report is bench.json.
type report struct {
	Machine machine            `json:"machine"`
	Rows    []row              `json:"rows"`
	Events  map[string]int     `json:"historyEventsUpToTheAnswer"`
	Ratios  map[string]float64 `json:"ratios"`
}

type machine struct {
	Cores int    `json:"cores"`
	Arch  string `json:"arch"`
	Go    string `json:"go"`
}

// row holds medians over the rounds, and the lowest and highest rate.
type row struct {
	Steps       string  `json:"steps"`
	Connections int     `json:"connections"`
	PerSecond   float64 `json:"ordersPerSecond"`
	Lowest      float64 `json:"lowest"`
	Highest     float64 `json:"highest"`
	P50         float64 `json:"p50Milliseconds"`
	P99         float64 `json:"p99Milliseconds"`
}

func newRow(s *series, connections int) row {
	var rates, p50, p99 []float64
	for _, r := range s.runs[connections] {
		rates = append(rates, r.perSecond)
		p50 = append(p50, milliseconds(r.quantile(0.5)))
		p99 = append(p99, milliseconds(r.quantile(0.99)))
	}
	return row{
		Steps: s.way, Connections: connections, PerSecond: median(rates),
		Lowest: slices.Min(rates), Highest: slices.Max(rates), P50: median(p50), P99: median(p99),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(of []float64) float64 {
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

// publish prints the table and writes the report.
func publish(out io.Writer, file string, inPlace, durable *series) error {
	r := report{
		Machine: machine{runtime.NumCPU(), runtime.GOARCH, runtime.Version()},
		Rows:    []row{newRow(inPlace, 1), newRow(durable, 1), newRow(inPlace, 50), newRow(durable, 50)},
		Events:  map[string]int{inPlace.way: inPlace.events, durable.way: durable.events},
	}
	r.Ratios = map[string]float64{
		"in_place_over_durable_rate_c50": r.Rows[2].PerSecond / r.Rows[3].PerSecond,
		"durable_over_in_place_p50_c1":   r.Rows[1].P50 / r.Rows[0].P50,
	}
	fmt.Fprintf(out, "\n%d cores, %s, %s; Temporal dev server on SQLite, PostgreSQL with durable defaults\n\n", r.Machine.Cores, r.Machine.Arch, r.Machine.Go)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "steps\tat once\torders/s\tlowest\thighest\tp50 ms\tp99 ms\thistory events\t")
	for _, x := range r.Rows {
		fmt.Fprintf(table, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t\n", x.Steps, x.Connections, x.PerSecond, x.Lowest, x.Highest, x.P50, x.P99, r.Events[x.Steps])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nin place: %.1f times the rate of durable steps at 50 at once, 1/%.1f of their latency alone\n",
		r.Ratios["in_place_over_durable_rate_c50"], r.Ratios["durable_over_in_place_p50_c1"])
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644)
}
