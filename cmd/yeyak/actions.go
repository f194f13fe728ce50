package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// Run implements the command.
func (c actions) Run(ctx context.Context) error {
	cfg := c.Settings()
	log := newLogger(cfg.Log)
	defer sync(log)
	write, end := actionLines(c.JSON)
	if err := app.Actions(ctx, app.Options{Config: cfg, Log: log}, c.Order, write); err != nil {
		return err
	}
	return end()
}

// actionLines write actions as JSON, or as a table for people.
func actionLines(asJSON bool) (write func(booking.OperatorAction) error, end func() error) {
	if asJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetEscapeHTML(false)
		return func(a booking.OperatorAction) error { return out.Encode(a) }, func() error { return nil }
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	header := "SEQ\tAT\tBY\tACTION\tORDER\tOUTCOME\tREASON\n"
	return func(a booking.OperatorAction) error {
		of := cmp.Or(a.OrderID, a.Bulk) // a bulk action that was stopped
		_, err := fmt.Fprintf(table, "%s%d\t%s\t%s\t%s\t%s\t%s\t%s\n",
			header, a.Seq, a.At.Format(time.RFC3339), a.By, a.Action, of, a.Outcome, a.Reason.Shown(booking.ReaderOperator, booking.Note, true))
		header = ""
		return err
	}, table.Flush
}
