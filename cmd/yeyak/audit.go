package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// kept shows the audits that workers run, or makes them run one.
func (c audit) kept(ctx context.Context, o app.Options) error {
	if c.Start {
		run, started, err := app.StartAudit(ctx, o, c.As.ID)
		if err != nil {
			return exit{auditIncomplete, err.Error()}
		}
		words := "is open already"
		if started {
			words = "was requested"
		}
		_, err = fmt.Printf("Audit %d %s (%s). The result: yeyak audit --last\n", run.ID, words, run.State)
		return err
	}
	last, err := app.LastAudit(ctx, o)
	if err == nil && c.JSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		err = out.Encode(last)
	} else if err == nil {
		err = last.Table(os.Stdout)
	}
	switch {
	case err != nil:
		return exit{auditIncomplete, err.Error()}
	case len(last.Findings) > 0:
		return exit{code: 1}
	case last.Done.State != booking.AuditDone || last.Done.NotJudged > 0:
		return exit{code: auditIncomplete}
	default:
		return nil
	}
}
