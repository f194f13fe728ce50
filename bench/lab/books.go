package lab

import (
	"context"
	"database/sql"
	"maps"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Standing is where an order and its payment stand, as the databases show it.
type Standing struct {
	Order   booking.Status
	Payment booking.PaymentStatus
}

// Nothing is the status of an order that has no page, or no payment.
const Nothing = "none"

// Standings counts the service's orders by where they stand.
func (s *Service) Standings(ctx context.Context) (map[Standing]int, error) {
	counts := map[Standing]int{}
	err := s.query(ctx, func(rows *sql.Rows) error {
		var at Standing
		var n int
		err := rows.Scan(&at.Order, &at.Payment, &n)
		counts[at] = n
		return err
	}, `SELECT COALESCE(o.status, $1), COALESCE(p.status, $1), count(*)
		FROM orders o FULL JOIN payments p ON p.order_id = o.id GROUP BY 1, 2`, Nothing)
	return counts, err
}

// Settled tells whether nothing is left to do: paid and confirmed, or cancelled
// with nothing kept.
func (s Standing) Settled() bool {
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
	// stalled is after how long a standstill nobody waits any longer. A retry
	// by the engine's defaults comes after 100 s.
	stalled  = 130 * time.Second
	lookEach = 250 * time.Millisecond
)

// AwaitSettled waits until all orders are settled, or nothing has changed for
// long, and answers how many stand where.
func (s *Service) AwaitSettled(ctx context.Context) (counts map[Standing]int, err error) {
	changed := time.Now()
	var before map[Standing]int
	for {
		if counts, err = s.Standings(ctx); err != nil {
			return nil, err
		}
		settled := true
		for at := range counts {
			settled = settled && at.Settled()
		}
		if !maps.Equal(before, counts) {
			before, changed = counts, time.Now()
		}
		if settled || time.Since(changed) > stalled {
			return counts, nil
		}
		select {
		case <-time.After(lookEach):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Missing are those of the orders that have no page.
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
