package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/yeyak/yeyak/bench/lab"
)

// report is the content of recovery.json.
type report struct {
	Machine     lab.Machine        `json:"machine"`
	Connections int                `json:"connections"`
	Rounds      map[string][]round `json:"rounds"`
}

func (r report) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%s\n\nkill -9 under the load of %d customers, and started again at once; seconds since the kill, medians (lowest to highest)\n\n",
		r.Machine.Title(), r.Connections)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "killed\tkills\torders/s before\tready again\tfirst order\tfirst new\tcaught\tfirst caught\tall caught up\tlongest wait of a customer\t")
	for _, what := range []string{wholeAPI, workerOnly} {
		rounds := r.Rounds[what]
		fmt.Fprintf(table, "%s\t%d\t", what, len(rounds))
		for _, figure := range []func(round) float64{
			func(x round) float64 { return x.PerSecondBefore },
			func(x round) float64 { return x.Ready },
			round.first,
			func(x round) float64 { return x.FirstNew },
			func(x round) float64 { return float64(x.Caught) },
			func(x round) float64 { return x.FirstCaught },
			func(x round) float64 { return x.LastCaught },
			func(x round) float64 { return x.LongestWait },
		} {
			fmt.Fprintf(table, "%s\t", spread(rounds, figure))
		}
		fmt.Fprintln(table)
	}
	return table.Flush()
}

func spread(rounds []round, figure func(round) float64) string {
	var all []float64
	for _, r := range rounds {
		all = append(all, figure(r))
	}
	slices.Sort(all)
	return fmt.Sprintf("%.2f (%.2f–%.2f)", all[len(all)/2], all[0], all[len(all)-1])
}
