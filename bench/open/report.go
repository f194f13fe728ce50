package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/yeyak/yeyak/bench/lab"
)

// report is the content of open.json.
type report struct {
	Machine  lab.Machine `json:"machine"`
	Orders   int         `json:"orders"`
	PlacedIn float64     `json:"placedInSeconds"`
	Idle     []idle      `json:"idle"`
	// Cancels are milliseconds, in the order of the cancellations.
	Cancels   []float64 `json:"cancelsMilliseconds"`
	AuditTook float64   `json:"auditSeconds"`
}

// idle is the cost of an idle system.
type idle struct {
	When   string     `json:"when"`
	Memory lab.Memory `json:"memoryMiB"`
	// In percent of one processor.
	Ours       float64 `json:"cpuOursPercent"`
	Temporal   float64 `json:"cpuTemporalPercent"`
	PostgreSQL float64 `json:"cpuPostgresqlPercent"`
	Others     float64 `json:"cpuOthersPercent"`
}

func (i *idle) cpu(used lab.CPU, over time.Duration) {
	percent := func(d time.Duration) float64 { return 100 * d.Seconds() / over.Seconds() }
	i.Ours, i.Temporal, i.PostgreSQL, i.Others = percent(used.Ours), percent(used.Temporal), percent(used.PostgreSQL), percent(max(0, used.Others))
}

func (r report) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%s\n\n%d reservations wait for their check-out, placed in %.0f s (%.1f/s)\nmemory in MiB, CPU in percent of one processor\n\n",
		r.Machine.Title(), r.Orders, r.PlacedIn, float64(r.Orders)/r.PlacedIn)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "idle\tmemory: yeyak\tTemporal\tPostgreSQL\tCPU: yeyak\tTemporal\tPostgreSQL\tothers\t")
	for _, i := range r.Idle {
		fmt.Fprintf(table, "%s\t%.0f\t%.0f\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t\n",
			i.When, i.Memory.Ours, i.Memory.Temporal, i.Memory.PostgreSQL, i.Ours, i.Temporal, i.PostgreSQL, i.Others)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(r.Cancels) > 0 {
		sorted := slices.Sorted(slices.Values(r.Cancels))
		fmt.Fprintf(out, "\nafter the restart, cancelled one after the other: the first in %.0f ms; of %d, median %.0f ms, slowest %.0f ms\n",
			r.Cancels[0], len(sorted), sorted[len(sorted)/2], sorted[len(sorted)-1])
	}
	fmt.Fprintf(out, "the audit of all is clean, and takes %.0f s\n", r.AuditTook)
	return nil
}
