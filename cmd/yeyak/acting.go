package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
)

type (
	retry struct {
		config.Resolution
		config.Seen
		Order  string `arg:"" help:"Id of the order."`
		Reason string `name:"reason" required:"" help:"Reason, for readers of the log of operators' actions."`
	}
	cancel struct {
		config.Resolution
		config.Seen
		Order  string `arg:"" help:"Id of the order."`
		Reason string `name:"reason" required:"" help:"Reason. It appears in the order's history."`
	}
	refund struct {
		config.Resolution
		config.Seen
		Order  string `arg:"" help:"Id of the order."`
		Amount int64  `name:"amount" required:"" help:"Amount, in the smallest unit of the payment's currency: won, or cents."`
		Reason string `name:"reason" required:"" help:"Reason. It appears with the payment."`
		Key    string `name:"key" help:"Idempotency key: commands with the same key refund once. By default each command has a new one."`
	}
	bulk struct {
		Plan bulkPlan `cmd:"" help:"Dry run: list the orders that an action would change, and change nothing."`
		Run  bulkRun  `cmd:"" help:"Run the action of a dry run. The APIs run it, and continue after the end of this command."`
		Stop bulkStop `cmd:"" help:"Stop an action on many orders. Orders that it has changed stay changed."`
		List bulkList `cmd:"" help:"List actions on many orders and their dry runs, newest first."`
		Show bulkShow `cmd:"" help:"Show the progress of an action on many orders."`
	}
	bulkPlan struct {
		config.Resolution
		Action    string        `arg:"" enum:"retry,cancel,settle" help:"Action on each order: retry, cancel or settle."`
		Reason    string        `name:"reason" required:"" help:"Reason, for readers of the log of operators' actions."`
		Kind      string        `name:"kind" help:"Only orders of this kind: lodging, food, cafe or cleaning."`
		Status    string        `name:"status" help:"Only orders in this status."`
		Problem   string        `name:"trouble" enum:",attention,undo,disputed,lost" default:"" help:"Only orders with this problem: attention (marked by their saga), undo (being undone), disputed (with a disputed payment) or lost (with a terminated or failed workflow; for settle)."`
		Owner     string        `name:"owner" help:"Only orders of this owner."`
		Item      string        `name:"item" help:"Only orders of this place, menu or drink."`
		OlderThan time.Duration `name:"older-than" help:"Only orders that were placed longer ago than this."`
	}
	bulkRun struct {
		config.Resolution
		ID   string `arg:"" help:"Id that the dry run has printed."`
		Wait bool   `name:"wait" help:"Wait until the action is done, and print its progress."`
	}
	bulkStop struct {
		config.Resolution
		ID string `arg:"" help:"Id that the dry run has printed."`
	}
	bulkList struct {
		config.Resolution
		JSON bool `name:"json" help:"Write the actions as JSON, one per line."`
	}
	bulkShow struct {
		config.Resolution
		ID string `arg:"" help:"Id that the dry run has printed."`
	}
)

// Run implements the command.
func (c retry) Run(ctx context.Context) error {
	o, done := actingOptions(c.Resolution)
	defer done()
	ctx, err := seeing(ctx, o, c.Order, c.Seen)
	if err != nil {
		return err
	}
	tried, err := app.Retry(ctx, o, c.Order, booking.Personal(c.Reason), c.As.ID)
	if err != nil {
		return err
	}
	for _, s := range tried.Steps {
		fmt.Printf("%s is tried now, attempt %d. The last failure: %s\n", s.Name, s.Attempt, s.Failure)
	}
	return nil
}

// Run implements the command.
func (c cancel) Run(ctx context.Context) error {
	o, done := actingOptions(c.Resolution)
	defer done()
	ctx, err := seeing(ctx, o, c.Order, c.Seen)
	if err != nil {
		return err
	}
	out, err := app.Cancel(ctx, o, c.Order, booking.Personal(c.Reason), c.As.ID)
	switch {
	case err != nil:
		return err
	case out.Done:
		_, err = fmt.Printf("Order %s is %s.\n", c.Order, out.View.Status)
	default:
		_, err = fmt.Printf("Order %s accepts the decision, and continues until nothing is owed.\n", c.Order)
	}
	return err
}

// Run implements the command.
func (c refund) Run(ctx context.Context) error {
	o, done := actingOptions(c.Resolution)
	defer done()
	ctx, err := seeing(ctx, o, c.Order, c.Seen)
	if err != nil {
		return err
	}
	is, err := app.Refund(ctx, o, c.Order, c.Amount, booking.Personal(c.Reason), c.Key, c.As.ID)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%d %s of order %s: %s.\n", is.Entry.Amount.Amount, is.Entry.Amount.Currency, c.Order, is.Entry.State)
	return err
}

// Run implements the command.
func (c bulkPlan) Run(ctx context.Context) error {
	o, done := actingOptions(c.Resolution)
	defer done()
	f := booking.BulkFilter{
		Kind: booking.Kind(c.Kind), Status: booking.Status(c.Status), Problem: booking.Problem(c.Problem), OwnerID: c.Owner, ItemID: c.Item,
	}
	if c.OlderThan > 0 {
		f.PlacedBefore = time.Now().Add(-c.OlderThan).Truncate(time.Second)
	}
	run, first, err := app.PlanBulk(ctx, o, booking.Action(c.Action), f, booking.Personal(c.Reason), c.As.ID)
	if err != nil {
		return err
	}
	if err := bulkOrders(first); err != nil {
		return err
	}
	if len(first) < run.Orders {
		fmt.Printf("and %d more.\n", run.Orders-len(first))
	}
	if run.More {
		fmt.Printf("There are more than %d; make another dry run after this one.\n", booking.MostInBulk)
	}
	_, err = fmt.Printf("%s would be done to %d orders. Nothing was done. To do it within an hour: yeyak bulk run %s\n", run.Action, run.Orders, run.ID)
	return err
}

// Run implements the command.
func (c bulkRun) Run(ctx context.Context) error {
	o, done := actingOptions(c.Resolution)
	defer done()
	run, err := app.BeginBulk(ctx, o, c.ID, c.As.ID)
	if err != nil {
		return err
	}
	o.Log.Info("bulk action is begun", zap.String("bulk", run.ID), zap.Int("orders", run.Orders))
	for c.Wait && run.State == booking.BulkRunning {
		fmt.Println(bulkProgress(run))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
		if run, _, err = app.Bulk(ctx, o, c.ID); err != nil {
			return err
		}
	}
	_, err = fmt.Println(bulkProgress(run))
	return err
}

// Run implements the command.
func (c bulkStop) Run(ctx context.Context) error {
	o, done := actingOptions(c.Resolution)
	defer done()
	run, err := app.StopBulk(ctx, o, c.ID, c.As.ID)
	if err == nil {
		_, err = fmt.Println(bulkProgress(run))
	}
	return err
}

// Run implements the command.
func (c bulkList) Run(ctx context.Context) error {
	o, done := actingOptions(c.Resolution)
	defer done()
	if c.JSON {
		out := json.NewEncoder(os.Stdout)
		return app.Bulks(ctx, o, func(r booking.BulkRun) error { return out.Encode(r) })
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	header := "ID\tAT\tBY\tSTATE\tREASON\n"
	err := app.Bulks(ctx, o, func(r booking.BulkRun) error {
		_, err := fmt.Fprintf(table, "%s%s\t%s\t%s\t%s\t%s\n", header, r.ID, r.PlannedAt.Format(time.RFC3339), r.By, fmt.Sprintf("%s of %d orders, %s", r.Action, r.Orders, r.State),
			r.Reason.Shown(booking.ReaderOperator, booking.Note, true))
		header = ""
		return err
	})
	return errors.Join(err, table.Flush())
}

// Run implements the command.
func (c bulkShow) Run(ctx context.Context) error {
	o, done := actingOptions(c.Resolution)
	defer done()
	run, left, err := app.Bulk(ctx, o, c.ID)
	if err != nil {
		return err
	}
	fmt.Println(bulkProgress(run))
	return bulkOrders(left)
}

func bulkProgress(r booking.BulkRun) string {
	text := []string{fmt.Sprintf("%s: %d of %d orders", r.Action, r.Acted(), r.Orders), string(r.State)}
	for _, result := range booking.BulkResults() {
		if n := r.Results[result]; n > 0 {
			text = append(text, fmt.Sprintf("%d %s", n, result))
		}
	}
	return strings.Join(text, ", ")
}

// bulkOrders writes orders as a table.
func bulkOrders(all []booking.BulkOrder) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, o := range all {
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\n", o.OrderID, o.Status, o.Outcome); err != nil {
			return err
		}
	}
	return table.Flush()
}

// seeing is the context of a command that acts on an order. If the command names no line of
// the log of actions, it prints the newest one about the order.
func seeing(ctx context.Context, o app.Options, orderID string, seen config.Seen) (context.Context, error) {
	return app.Seeing(ctx, o, orderID, seen.Line, func(a booking.OperatorAction) {
		fmt.Fprintf(os.Stderr, "The newest action on the order is %d: %s by %s at %s, %s.\n",
			a.Seq, a.Action, cmp.Or(a.By, "a caller without a name"), a.At.Format(time.RFC3339), cmp.Or(a.Outcome, "under way"))
	})
}

// actingOptions are the options of a command that acts on orders. done flushes its log.
func actingOptions(c config.Resolution) (o app.Options, done func()) {
	cfg := c.Settings()
	log := loggerOf(cfg.Log, c.As)
	return app.Options{Config: cfg, Log: log}, func() { sync(log) }
}
