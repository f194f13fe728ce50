package lab

import (
	"context"
	"database/sql"
	"maps"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Statuses is the status of an order and of its payment in the databases.
type Statuses struct {
	Order   booking.Status
	Payment booking.PaymentStatus
}

// Nothing is the status of an order without a page, or without a payment.
const Nothing = "none"

// StatusCounts counts the service's orders by status.
func (s *Service) StatusCounts(ctx context.Context) (map[Statuses]int, error) {
	counts := map[Statuses]int{}
	err := s.query(ctx, func(rows *sql.Rows) error {
		var at Statuses
		var n int
		err := rows.Scan(&at.Order, &at.Payment, &n)
		counts[at] = n
		return err
	}, `SELECT COALESCE(o.status, $1), COALESCE(p.status, $1), count(*)
		FROM orders o FULL JOIN payments p ON p.order_id = o.id GROUP BY 1, 2`, Nothing)
	return counts, err
}

// Stable reports whether the order is paid and confirmed, or cancelled and refunded: the
// saga has nothing left to do.
func (s Statuses) Stable() bool {
	switch s.Order {
	case booking.Confirmed:
		return s.Payment == booking.Charged
	case booking.Cancelled:
		switch s.Payment {
		case booking.Refunded, booking.ChargePrevented, booking.Declined, Nothing:
			return true
		}
	}
	return false
}

const (
	// stalled is how long nothing may change before the wait ends. A retry by the engine's
	// defaults comes after 100 s.
	stalled   = 130 * time.Second
	pollEvery = 250 * time.Millisecond
)

// AwaitStable waits until all orders are stable, or nothing has changed for stalled, and
// returns the number of orders by status.
func (s *Service) AwaitStable(ctx context.Context) (counts map[Statuses]int, err error) {
	changed := time.Now()
	var before map[Statuses]int
	for {
		if counts, err = s.StatusCounts(ctx); err != nil {
			return nil, err
		}
		stable := true
		for at := range counts {
			stable = stable && at.Stable()
		}
		if !maps.Equal(before, counts) {
			before, changed = counts, time.Now()
		}
		if stable || time.Since(changed) > stalled {
			return counts, nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Missing are the orders without a page.
func (s *Service) Missing(ctx context.Context, orders []string) (missing []string, err error) {
	known := map[string]bool{}
	err = s.query(ctx, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		known[id] = true
		return err
	}, "SELECT id FROM orders")
	for _, id := range orders {
		if !known[id] {
			missing = append(missing, id)
		}
	}
	return missing, err
}

func (s *Service) query(ctx context.Context, row func(*sql.Rows) error, query string, args ...any) error {
	db, err := sql.Open("pg", s.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
