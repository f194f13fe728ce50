package lab

import (
	"context"
	"fmt"
	"net/http"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
)

// Check checks all orders after a load. Each has the status of its answer: a confirmed
// order is charged and holds its nights, a sold out one is refunded and holds nothing. The
// engine lists all of them, and the audit finds nothing.
func (s *Shop) Check(ctx context.Context) error {
	engine, err := s.service.Engine()
	if err != nil {
		return err
	}
	for _, check := range []func() error{
		func() error { return s.checkEngine(ctx, engine) },
		func() error { return s.checkPayments(ctx) },
		func() error { return s.checkStock(ctx) },
		func() error {
			status, said, err := s.service.Audit(ctx)
			if err == nil && status != 0 {
				err = fmt.Errorf("the audit ends with %d:\n%s", status, said)
			}
			return err
		},
	} {
		if err := check(); err != nil {
			return fmt.Errorf("%s, after the load: %w", s.service.Name, err)
		}
	}
	return nil
}

// visibleWithin is how far the engine's list may be behind.
const visibleWithin = 30 * time.Second

// checkEngine waits until the engine lists every order with the right status.
func (s *Shop) checkEngine(ctx context.Context, engine client.Client) error {
	for query, want := range map[string]int{
		"OrderStatus = 'confirmed' AND ExecutionStatus = 'Running'":   len(s.confirmed),
		"OrderStatus = 'cancelled' AND ExecutionStatus = 'Completed'": len(s.soldOut),
		"OrderKind IS NOT NULL": len(s.confirmed) + len(s.soldOut),
	} {
		for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
			n, err := engine.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.service.Namespace, Query: query})
			if err != nil {
				return err
			}
			if n.GetCount() == int64(want) {
				break
			}
			if time.Since(begun) > visibleWithin {
				return fmt.Errorf("the engine lists %d orders with %s, and not %d", n.GetCount(), query, want)
			}
		}
	}
	return nil
}

// checkPayments compares the counts of orders and payments by status.
func (s *Shop) checkPayments(ctx context.Context) error {
	left, err := s.service.StatusCounts(ctx)
	if err != nil {
		return err
	}
	left[Statuses{booking.Confirmed, booking.Charged}] -= len(s.confirmed)
	left[Statuses{booking.Cancelled, booking.Refunded}] -= len(s.soldOut)
	for at, n := range left {
		if n != 0 {
			return fmt.Errorf("%d orders too many are %s and %s", n, at.Order, at.Payment)
		}
	}
	return nil
}

// checkStock compares the held nights with the confirmed orders.
func (s *Shop) checkStock(ctx context.Context) error {
	held := 0
	for _, place := range s.open {
		var stock struct{ Items []booking.StockDay }
		path := "/v1/lodging/places/" + place + "/stock?from=" + s.today.String() + "&to=" + s.today.AddDays(nights+3*stay).String()
		if err := s.require(ctx, http.MethodGet, path, nil, http.StatusOK, &stock); err != nil {
			return err
		}
		for _, day := range stock.Items {
			held += day.Capacity - day.Remaining
		}
	}
	if orders := len(s.confirmed) - 1; held != stay*orders { // one of them fills the full place
		return fmt.Errorf("%d orders of %d nights were confirmed, and hold %d nights", orders, stay, held)
	}
	return nil
}

// Events counts the events in the history of the last confirmed order, and of the last
// refused one, 0 if there is none. An open order without a decision has been answered, and
// has no further events.
func (s *Shop) Events(ctx context.Context) (confirmed, soldOut int, err error) {
	engine, err := s.service.Engine()
	if err != nil {
		return 0, 0, err
	}
	if n := len(s.confirmed); n > 0 {
		confirmed, err = events(ctx, engine, s.confirmed[n-1])
	}
	if n := len(s.soldOut); n > 0 && err == nil {
		soldOut, err = events(ctx, engine, s.soldOut[n-1])
	}
	return confirmed, soldOut, err
}

func events(ctx context.Context, engine client.Client, id string) (n int, err error) {
	history := engine.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for ; history.HasNext(); n++ {
		if _, err := history.Next(); err != nil {
			return n, err
		}
	}
	return n, nil
}
