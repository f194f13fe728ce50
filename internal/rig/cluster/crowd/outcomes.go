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

// maxNamed is how many orders an error names.
const maxNamed = 10

// AwaitOutcomes waits until every accepted order has the status of its last answer, and fails
// for those that never get it: they are lost or stuck.
func (c *Crowd) AwaitOutcomes(ctx context.Context) error {
	c.mu.Lock()
	left := slices.Collect(maps.Values(c.orders))
	c.mu.Unlock()
	for {
		var wrong []error
		var waiting []*order
		for _, o := range left {
			a, err := c.request(ctx, http.MethodGet, "/v1/mypages/"+o.id, nil)
			if err == nil && o.matchesAnswer(a) {
				continue
			}
			waiting = append(waiting, o)
			wrong = append(wrong, fmt.Errorf("order %s was to be %s %s: %d %s (%v) %s", o.id, o.want, o.orWant, a.status, a.raw, err, o.answerText))
		}
		if left = waiting; len(left) == 0 {
			return nil
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return fmt.Errorf("%d orders are lost or stuck: %w", len(wrong), errors.Join(wrong[:min(len(wrong), maxNamed)]...))
		}
	}
}

// matchesAnswer reports whether the order has the status of its last answer.
func (o *order) matchesAnswer(a answer) bool {
	switch a.status {
	case http.StatusOK:
		return a.body.is(o.want) || o.orWant != "" && a.body.is(o.orWant)
	case http.StatusNotFound:
		return o.unsure
	default:
		return false
	}
}
