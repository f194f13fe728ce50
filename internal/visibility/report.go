package visibility

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Report describes the indexes of a store.
type Report struct {
	Want Form
	// Partial and Full count the indexes by their form.
	Partial, Full int
	// Changed are the indexes that the run has changed.
	Changed []string
	// Differ are the indexes that do not have the wanted form, or cannot be used.
	Differ []string
	// Left are indexes of an interrupted run, which the next run removes.
	Left []string
	// Kept are the indexes that are full in a lean store, too.
	Kept []Kept
}

// Kept is an index that stays full, and why.
type Kept struct{ Name, Why string }

// OK reports whether every index has the wanted form, and no interrupted run left one.
func (r Report) OK() bool { return len(r.Differ) == 0 && len(r.Left) == 0 }

// report compares the table with the form.
func report(ctx context.Context, conn *sql.Conn, want Form, changed []string) (Report, error) {
	found, left, err := read(ctx, conn)
	if err != nil {
		return Report{}, err
	}
	r := Report{Want: want, Changed: changed, Left: left}
	for _, i := range found {
		if i.isPartial() {
			r.Partial++
		} else {
			r.Full++
		}
		if !i.inForm(want) {
			r.Differ = append(r.Differ, i.name)
		}
		switch why := i.keeps(); {
		case i.foreign():
			r.Kept = append(r.Kept, Kept{i.name, "it has a condition of its own: " + i.condition})
		case why != "":
			r.Kept = append(r.Kept, Kept{i.name, why})
		}
	}
	return r, nil
}

// Print writes the report for people.
func (r Report) Print(out io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%d indexes of %s: %d partial, %d full.", r.Partial+r.Full, table, r.Partial, r.Full)
	if len(r.Changed) > 0 {
		fmt.Fprintf(&text, " %d were changed.", len(r.Changed))
	}
	text.WriteByte('\n')
	if len(r.Differ) > 0 {
		fmt.Fprintf(&text, "Not as a %s store has them, or not usable: %s.\n", r.Want, strings.Join(r.Differ, ", "))
	}
	if len(r.Left) > 0 {
		fmt.Fprintf(&text, "Left behind by a run that did not come to its end, or is at work: %s.\n", strings.Join(r.Left, ", "))
	}
	if r.Want == Lean {
		text.WriteString("Full in a lean store too:\n")
		if err := r.kept(&text); err != nil {
			return err
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (r Report) kept(out io.Writer) error {
	rows := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, k := range r.Kept {
		fmt.Fprintf(rows, "  %s\t%s\n", k.Name, k.Why)
	}
	return rows.Flush()
}
