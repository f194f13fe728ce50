package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
)

type (
	status struct {
		config.Actions
		JSON bool `name:"json" help:"Write the state as JSON, as in GET /v1/status."`
	}
	attention struct {
		config.Actions
		Kind  string `name:"kind" enum:",lodging,food,cafe,cleaning" default:"" help:"Only orders of this kind: lodging, food, cafe or cleaning."`
		Cause string `name:"cause" enum:",abandoned,marked,undo_owed,disputed" default:"" help:"Only orders that need attention for this cause: abandoned, marked, undo_owed or disputed."`
		JSON  bool   `name:"json" help:"Write the orders as JSON, one per line."`
	}
	timeline struct {
		config.Actions
		Order string `arg:"" help:"Id of the order."`
		JSON  bool   `name:"json" help:"Write the timeline as JSON, as in GET /v1/orders/{id}/timeline."`
	}
)

func (c status) options() app.Options {
	return app.Options{Config: c.Settings(), Log: newLogger(c.Log)}
}

// Run implements the command.
func (c status) Run(ctx context.Context) error {
	o := c.options()
	defer sync(o.Log)
	is, err := app.Status(ctx, o)
	if err != nil {
		return exit{auditIncomplete, err.Error()}
	}
	if c.JSON {
		err = writeJSON(app.JSON(is))
	} else {
		err = printStatus(os.Stdout, is)
	}
	switch {
	case err != nil:
		return exit{auditIncomplete, err.Error()}
	case !is.IsHealthy():
		return exit{code: 1}
	default:
		return nil
	}
}

func writeJSON(v any) error {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	return out.Encode(v)
}

// printStatus writes a line for each thing that there is to know.
func printStatus(to io.Writer, is app.Overview) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	line := func(what string, format string, args ...any) {
		_, _ = fmt.Fprintf(table, "%s\t%s\n", what, fmt.Sprintf(format, args...)) // Flush returns the errors
	}
	for _, c := range is.Open {
		line("open", "%s %s: %d", c.Kind, c.Status, c.Orders)
	}
	for _, of := range is.Owed {
		line("needs attention", "%s: %d", of.Kind, of.NeedingAttention)
		if of.Undos > 0 {
			line("undos owed", "%s: %d, since %s", of.Kind, of.Undos, of.Since.Format(time.RFC3339))
		}
	}
	line("payments that wait", "%d", is.Deferred)
	if !is.ShutUntil.IsZero() {
		line("payment breaker", "open until %s", is.ShutUntil.Format(time.RFC3339))
	}
	line("inbox", "%d", is.Inbox.Orders)
	line("decisions that wait", "%d", is.Decisions.Decisions)
	for _, q := range is.Queues {
		line("queue "+q.Name, "%d workers, %d tasks wait", q.Workers, q.Backlog)
	}
	line("read model", "%d of %d orders behind", is.ReadModel.Behind, is.ReadModel.Compared)
	if is.Done.ID == 0 {
		line("last audit", "never")
	} else {
		line("last audit", "%s, %d findings open", is.Done.EndedAt.Format(time.RFC3339), is.Found())
	}
	for _, name := range slices.Sorted(maps.Keys(is.Unknown)) {
		line("unknown", "%s: %s", name, is.Unknown[name])
	}
	return table.Flush()
}

// Run implements the command.
func (c attention) Run(ctx context.Context) error {
	log := newLogger(c.Log)
	defer sync(log)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	header := "ORDER\tCAUSE\tSINCE\tWHY\tPROVIDER SAYS\n"
	write := func(n app.NeedingAttention) error {
		if c.JSON {
			return writeJSON(app.JSON(n))
		}
		_, err := fmt.Fprintf(table, "%s%s\t%s\t%s\t%s\t%s\n", header, n.Order.ID, n.Cause, n.Since.Format(time.RFC3339), n.Says, n.Answer)
		header = ""
		return err
	}
	f := app.AttentionFilter(booking.Kind(c.Kind), c.Cause)
	if err := app.Attention(ctx, app.Options{Config: c.Settings(), Log: log}, f, write); err != nil {
		return err
	}
	return table.Flush()
}

// Run implements the command.
func (c timeline) Run(ctx context.Context) error {
	log := newLogger(c.Log)
	defer sync(log)
	t, err := app.Timeline(ctx, app.Options{Config: c.Settings(), Log: log}, c.Order)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(app.JSON(t))
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, m := range t.Moments {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", m.At.Format("2006-01-02T15:04:05.000Z07:00"), m.Source, m.What, m.By, m.Words())
	}
	for source, why := range t.Unknown {
		_, _ = fmt.Fprintf(table, "unknown\t%s\t%s\t\t\n", source, why)
	}
	return table.Flush()
}
