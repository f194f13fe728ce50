package crowd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// tellOrders is how many orders an error names.
const tellOrders = 10

// Settled waits until every order that was taken is where its user was told,
// and fails for those that never come there: lost, or stuck.
func (c *Crowd) Settled(ctx context.Context) error {
	c.mu.Lock()
	left := slices.Collect(maps.Values(c.orders))
	c.mu.Unlock()
	for {
		var wrong []error
		var waiting []*order
		for _, o := range left {
			a, err := c.request(ctx, http.MethodGet, "/v1/mypages/"+o.id, nil)
			if err == nil && o.isAsTold(a) {
				continue
			}
			waiting = append(waiting, o)
			wrong = append(wrong, fmt.Errorf("order %s was to be %s %s: %d %s (%v) %s", o.id, o.want, o.or, a.status, a.raw, err, o.told))
		}
		if left = waiting; len(left) == 0 {
			return nil
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return fmt.Errorf("%d orders are lost or stuck: %w", len(wrong), errors.Join(wrong[:min(len(wrong), tellOrders)]...))
		}
	}
}

// isAsTold tells whether the order is where its user was told.
func (o *order) isAsTold(a answer) bool {
	switch a.status {
	case http.StatusOK:
		return a.body.is(o.want) || o.or != "" && a.body.is(o.or)
	case http.StatusNotFound:
		return o.unsure
	default:
		return false
	}
}
