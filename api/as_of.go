package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// An order may be answered some milliseconds before its row is written. Lists
// wait for the rows of what this process has answered by themselves. Another
// process learns from After what its client was answered elsewhere.

// Following is embedded in the inputs of lists of orders. (Huma finds
// parameters in embedded structs only if these are exported.)
type Following struct {
	After string `header:"Yeyak-After" maxLength:"100" pattern:"^[A-Za-z0-9_-]+@[0-9]{1,18}$" patternDescription:"the Yeyak-As-Of of an answer" doc:"Yeyak-As-Of of an answer that another process may have given: the list waits for half a second at most until it shows that" example:"food-06gzvfahhdv2qeq77vmrpjqcg8@1764316800000000"`
}

// Behind is embedded in the outputs of lists of orders.
type Behind struct {
	Behind string `header:"Yeyak-Behind" doc:"The orders, with commas between them, of which the list does not show yet what was answered; absent when there are none"`
}

// asOf names an order at a version.
func asOf(v contract.View) string { return fmt.Sprintf("%s@%d", v.ID, v.Version) }

// behind waits for what the asker was answered, and names the orders of which
// the read model does not hold that yet.
func (s *server) behind(ctx context.Context, f booking.OrderFilter, in Following) Behind {
	orders := s.Hub.AwaitPublished(ctx, f)
	if id, version, asked := strings.Cut(in.After, "@"); asked && booking.IsOrderID("", id) {
		known, err := strconv.ParseInt(version, 10, 64)
		if err == nil && !s.reaches(ctx, id, known) && !slices.Contains(orders, id) {
			orders = append(orders, id)
		}
	}
	return Behind{strings.Join(orders, ", ")}
}

const (
	// reachedWithin is how long a list waits for an order's row.
	reachedWithin = 500 * time.Millisecond
	// rowAgain is how soon it looks again at a row of which it hears nothing.
	rowAgain = 50 * time.Millisecond
)

// reaches waits until the order's row is at the version, and tells whether it is.
func (s *server) reaches(ctx context.Context, id string, version int64) bool {
	ctx, cancel := context.WithTimeout(ctx, reachedWithin)
	defer cancel()
	changes, unsubscribe := s.Hub.Subscribe(id)
	defer unsubscribe()
	for {
		if view, err := s.ReadModel.View(ctx, id); err == nil && view.Version >= version {
			return true
		}
		select {
		case <-changes:
		case <-time.After(rowAgain):
		case <-ctx.Done():
			return false
		}
	}
}
