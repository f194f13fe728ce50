package app

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/store"
)

// KeptAudit is the result of the audits that workers run.
type KeptAudit struct {
	Done     booking.AuditRun       `json:"done"` // the last one that checked everything
	Last     booking.AuditRun       `json:"last"` // the last requested one
	Findings []booking.AuditFinding `json:"findings"`
}

// LastAudit returns the result of the audits that workers run.
func LastAudit(ctx context.Context, o Options) (kept KeptAudit, err error) {
	err = onDatabases(ctx, o, func(dbs databases) error {
		audits := store.NewAudits(dbs[mypageDB])
		if kept.Done, kept.Last, err = audits.Latest(ctx); err != nil {
			return err
		}
		read := func(ctx context.Context, page booking.Page) ([]booking.AuditFinding, string, error) {
			return audits.Findings(ctx, "", page)
		}
		return each(ctx, findingsPage, read, func(f booking.AuditFinding) error {
			kept.Findings = append(kept.Findings, f)
			return nil
		})
	})
	return kept, err
}

const findingsPage = 1000

// StartAudit has a worker run an audit; started is false if one is open already.
func StartAudit(ctx context.Context, o Options, by string) (run booking.AuditRun, started bool, err error) {
	err = onDatabases(ctx, o, func(dbs databases) error {
		run, started, err = store.NewAudits(dbs[mypageDB]).Request(ctx, by, time.Now())
		return err
	})
	return run, started, err
}

// Table writes the findings as tables.
func (k KeptAudit) Table(w io.Writer) error {
	for _, is := range []struct {
		what string
		run  booking.AuditRun
	}{{"that was complete", k.Done}, {"that was requested", k.Last}} {
		words := "none"
		if is.run.ID != 0 {
			words = fmt.Sprintf("%d, %s, requested at %s by %s", is.run.ID, is.run.State, is.run.RequestedAt.Format(time.RFC3339), is.run.RequestedBy)
		}
		if is.run.Words != "" {
			words += ": " + is.run.Words
		}
		if _, err := fmt.Fprintf(w, "Last audit %s: %s\n", is.what, words); err != nil {
			return err
		}
	}
	report := audit.Report{Findings: make([]audit.Finding, len(k.Findings))}
	for i, f := range k.Findings {
		report.Findings[i] = audit.Finding{Kind: audit.Kind(f.Kind), OrderID: f.OrderID, Item: f.Item, Says: f.Says, Remedy: f.Remedy}
	}
	return report.Open(w)
}
