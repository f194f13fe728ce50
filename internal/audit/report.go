package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// Counts are the numbers of things that were checked.
type Counts struct {
	Orders        int `json:"orders"`  // in engine or read model
	Running       int `json:"running"` // of these, those with a running workflow
	Rows          int `json:"rows"`    // of the read model
	Payments      int `json:"payments"`
	Charges       int `json:"charges"` // at the payment provider
	Holds         int `json:"holds"`   // live holds
	Days          int `json:"stockDays"`
	Deliveries    int `json:"deliveries"`
	Productions   int `json:"productions"`
	Calls         int `json:"calls"`
	Cleaners      int `json:"cleaners"`
	Registrations int `json:"registrations"`
	Notices       int `json:"notices"` // sent and not withdrawn
	Items         int `json:"items"`   // places and drinks
}

// Report is the result of an audit.
type Report struct {
	Counts
	// NotJudged are orders whose workflow did not answer; that needs a worker.
	NotJudged int `json:"notJudged"`
	// OneNotJudged is one of them, and the reason.
	OneNotJudged string `json:"oneNotJudged,omitempty"`
	// InMotion are orders and items that were different in each pass.
	InMotion int       `json:"inMotion"`
	Findings []Finding `json:"findings"`
	// Known are known, permanent losses. There is no remedy.
	Known []Finding `json:"known,omitempty"`

	silent map[string]error // orders that did not answer, and why
	moving map[string]bool  // subjects that were different in each pass
}

// Unsure reports whether the audit could not check the order or item: earlier findings
// may still hold.
func (r Report) Unsure(orderID, item string) bool {
	_, silent := r.silent[orderID]
	return orderID != "" && silent || r.moving[Finding{OrderID: orderID, Item: item}.subject()]
}

// Clean reports whether everything was checked and nothing was found.
func (r Report) Clean() bool { return len(r.Findings) == 0 && r.NotJudged == 0 }

// WithSilent is the report of an audit without an answer from these orders.
func (r Report) WithSilent(orderIDs ...string) Report {
	r.silent, r.NotJudged = map[string]error{}, len(orderIDs)
	for _, id := range orderIDs {
		r.silent[id] = nil
	}
	return r
}

// JSON writes the report as JSON.
func (r Report) JSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(r)
}

// Table writes the report as tables.
func (r Report) Table(w io.Writer) error {
	_, err := fmt.Fprintf(w, `Checked %d orders (%d running) and %d rows, %d payments and %d charges at the provider,
%d holds on %d days of stock, %d deliveries, %d productions,
%d calls, %d cleaners, %d registrations and %d notices,
%d places and drinks.
`, r.Orders, r.Running, r.Rows, r.Payments, r.Charges, r.Holds, r.Days, r.Deliveries, r.Productions, r.Calls, r.Cleaners, r.Registrations, r.Notices, r.Items)
	if err != nil {
		return err
	}
	if err := r.findings(w); err != nil {
		return err
	}
	if err := r.known(w); err != nil {
		return err
	}
	if r.InMotion > 0 {
		_, err = fmt.Fprintf(w, "In motion, and not judged: %d. Audit again later.\n", r.InMotion)
	}
	if err == nil && r.NotJudged > 0 {
		_, err = fmt.Fprintf(w, "Not judged, since their workflow does not answer: %d orders. Is a worker running?\n  %s\n", r.NotJudged, r.OneNotJudged)
	}
	return err
}

// Open writes the findings as tables.
func (r Report) Open(w io.Writer) error { return r.findings(w) }

func (r Report) findings(w io.Writer) error {
	if len(r.Findings) == 0 {
		_, err := fmt.Fprintln(w, "Nothing that was checked is wrong.")
		return err
	}
	if _, err := fmt.Fprintf(w, "Wrong: %d.\n\n", len(r.Findings)); err != nil {
		return err
	}
	return tableOf(w, "WHAT IS WRONG", r.Findings)
}

func (r Report) known(w io.Writer) error {
	if len(r.Known) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "Lost, and accounted for: %d.\n\n", len(r.Known)); err != nil {
		return err
	}
	return tableOf(w, "WHAT IS LOST", r.Known)
}

func tableOf(w io.Writer, what string, findings []Finding) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, err := fmt.Fprintln(table, "KIND\tABOUT\t"+what)
	for _, f := range findings {
		if err == nil {
			_, err = fmt.Fprintf(table, "%s\t%s\t%s\n", f.Kind, f.about(), f.Says)
		}
		if err == nil && f.Remedy != "" {
			_, err = fmt.Fprintf(table, "\t\tremedy: %s\n", f.Remedy)
		}
	}
	if err == nil {
		err = table.Flush()
	}
	return err
}

func (f Finding) about() string {
	switch {
	case f.OrderID != "":
		return f.OrderID
	case f.ofOrder:
		return "(no id)"
	default:
		return f.Item
	}
}
