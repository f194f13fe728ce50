package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/yeyak/yeyak/bench/lab"
)

// report is the content of bench.json.
type report struct {
	Machine lab.Machine        `json:"machine"`
	Rounds  int                `json:"rounds"`
	Seconds float64            `json:"secondsEach"`
	Rows    []row              `json:"rows"`
	Events  map[string]int     `json:"historyEventsPerOrder"`
	Ratios  map[string]float64 `json:"ratios"`
}

// row holds the medians over the rounds, and the lowest and highest value of each figure.
type row struct {
	Load        string `json:"load"`
	Connections int    `json:"connections"`
	PerSecond   spread `json:"perSecond"`
	P50         spread `json:"p50Milliseconds"`
	P99         spread `json:"p99Milliseconds"`
	// CPU is milliseconds per order or read; nil if it cannot be attributed.
	CPU *cpu `json:"cpuMilliseconds,omitempty"`
	// Others is the number of processors that were busy with other processes.
	Others *spread `json:"othersProcessors,omitempty"`
}

type cpu struct {
	Ours       spread `json:"ours"`
	Temporal   spread `json:"temporal"`
	PostgreSQL spread `json:"postgresql"`
	Total      spread `json:"total"`
	Load       spread `json:"loadGenerator"`
}

type spread struct {
	Median  float64 `json:"median"`
	Lowest  float64 `json:"lowest"`
	Highest float64 `json:"highest"`
}

func spreadOf(all []measurement, figure func(measurement) float64) spread {
	var of []float64
	for _, m := range all {
		of = append(of, figure(m))
	}
	slices.Sort(of)
	return spread{of[len(of)/2], of[0], of[len(of)-1]}
}

func newRow(at point, all []measurement) row {
	r := row{
		Load: at.load, Connections: at.connections,
		PerSecond: spreadOf(all, func(m measurement) float64 { return m.PerSecond() }),
		P50:       spreadOf(all, func(m measurement) float64 { return m.Quantile(0.5) }),
		P99:       spreadOf(all, func(m measurement) float64 { return m.Quantile(0.99) }),
	}
	each := func(of func(lab.CPU) float64) spread {
		return spreadOf(all, func(m measurement) float64 { return of(m.CPU) / float64(len(m.Latencies)) })
	}
	if all[0].CPU != (lab.CPU{}) {
		r.CPU = &cpu{
			Ours:       each(func(c lab.CPU) float64 { return lab.Milliseconds(c.Ours) }),
			Temporal:   each(func(c lab.CPU) float64 { return lab.Milliseconds(c.Temporal) }),
			PostgreSQL: each(func(c lab.CPU) float64 { return lab.Milliseconds(c.PostgreSQL) }),
			Total:      each(func(c lab.CPU) float64 { return lab.Milliseconds(c.Ours + c.Temporal + c.PostgreSQL) }),
			Load:       each(func(c lab.CPU) float64 { return lab.Milliseconds(c.Load) }),
		}
		others := spreadOf(all, func(m measurement) float64 { return max(0, m.Others.Seconds()) / m.Took.Seconds() }) // the two clocks are rounded differently
		r.Others = &others
	}
	return r
}

func newReport(machine lab.Machine, b *bench) report {
	r := report{Machine: machine, Rounds: b.rounds, Seconds: b.length.Seconds(), Events: b.events, Ratios: map[string]float64{}}
	at := map[point]row{}
	for _, connections := range []int{1, many} {
		for _, name := range []string{yeyak, naive, bare, mypage, plain, list, mypageUnderLoad, plainUnderLoad} {
			here := point{name, connections}
			if all := b.measured[here]; len(all) > 0 {
				at[here] = newRow(here, all)
				r.Rows = append(r.Rows, at[here])
			}
		}
	}
	ratio := func(name string, over, under point, figure func(row) float64) {
		if a, ok := at[over]; ok {
			if b, ok := at[under]; ok {
				r.Ratios[name] = figure(a) / figure(b)
			}
		}
	}
	rate := func(r row) float64 { return r.PerSecond.Median }
	ratio("yeyak_over_naive_rate_c50", point{yeyak, many}, point{naive, many}, rate)
	ratio("naive_over_yeyak_p50_c1", point{naive, 1}, point{yeyak, 1}, func(r row) float64 { return r.P50.Median })
	total := func(r row) float64 { return r.CPU.Total.Median }
	ratio("naive_over_yeyak_cpu", point{naive, many}, point{yeyak, many}, total)
	ratio("yeyak_over_bare_cpu", point{yeyak, many}, point{bare, many}, total)
	ratio("yeyak_over_bare_rate_c50", point{yeyak, many}, point{bare, many}, rate)
	ratio("mypage_over_plain_rate", point{mypage, many}, point{plain, many}, rate)
	ratio("mypage_p99_over_plain_p99_under_load", point{mypageUnderLoad, many}, point{plainUnderLoad, many}, func(r row) float64 { return r.P99.Median })
	return r
}

// publish prints the report and writes it to the file.
func (r report) publish(out io.Writer, file string) error {
	if err := lab.WriteJSON(file, r); err != nil {
		return err
	}
	return r.print(out)
}

func (r report) print(out io.Writer) error {
	r.Machine.Print(out)
	fmt.Fprintf(out, "\nmedians of %d rounds of %g s each (lowest to highest); CPU in ms for each order or read,\nand how many processors were busy with what is not measured\n\n", r.Rounds, r.Seconds)
	if err := r.table(out); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nevents in an order's history, up to its answer:")
	for _, name := range lab.Sorted(r.Events) {
		fmt.Fprintf(out, "  %s: %d\n", name, r.Events[name])
	}
	fmt.Fprintln(out, "\nratios:")
	for _, name := range lab.Sorted(r.Ratios) {
		fmt.Fprintf(out, "  %s = %.2f\n", name, r.Ratios[name])
	}
	return nil
}

func (r report) table(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "load\tconnections\tper second\tspread\tp50 ms\tspread\tp99 ms\tspread\tCPU ours\tTemporal\tPostgreSQL\ttotal\tspread\tgenerator\tothers busy\t")
	for _, x := range r.Rows {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t", x.Load, x.Connections, x.PerSecond.cells(1), x.P50.cells(1), x.P99.cells(1))
		if x.CPU != nil {
			fmt.Fprintf(table, "%.2f\t%.2f\t%.2f\t%s\t%.2f\t%.2f\t", x.CPU.Ours.Median, x.CPU.Temporal.Median, x.CPU.PostgreSQL.Median,
				x.CPU.Total.cells(2), x.CPU.Load.Median, x.Others.Median)
		}
		fmt.Fprintln(table)
	}
	return table.Flush()
}

// cells are two cells of the table: the median and the range.
func (s spread) cells(digits int) string {
	return fmt.Sprintf("%.*f\t%.*f–%.*f", digits, s.Median, digits, s.Lowest, digits, s.Highest)
}
