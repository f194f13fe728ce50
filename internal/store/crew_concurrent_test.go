package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// wrong counts what must never exist: pairs of a free cleaner and a waiting call, calls
// that wait though a later one was assigned, and assignments on which the call and the
// cleaner do not agree.
const wrong = `SELECT
	(SELECT count(*) FROM assignments CROSS JOIN cleaners WHERE state = 'waiting' AND cleaners.order_id = ''),
	(SELECT count(*) FROM assignments AS first JOIN assignments AS later ON later.seq > first.seq
		WHERE first.state = 'waiting' AND later.cleaner_id <> ''),
	(SELECT count(*) FROM assignments FULL JOIN cleaners ON cleaners.order_id = assignments.order_id
		WHERE (COALESCE(state, '') = 'assigned' OR COALESCE(cleaners.order_id, '') <> '')
			AND (COALESCE(state, '') <> 'assigned' OR COALESCE(cleaner_id, '') <> COALESCE(id, '')))`

// requireRight checks the tables as they are now.
func (c crew) requireRight(ctx context.Context) error {
	var idle, overtaken, torn int
	if err := c.db.SQL().QueryRowContext(ctx, wrong).Scan(&idle, &overtaken, &torn); err != nil {
		return err
	}
	if idle+overtaken+torn > 0 {
		return fmt.Errorf("%d pairs of a free cleaner and a waiting call, %d calls overtaken, %d assignments one-sided", idle, overtaken, torn)
	}
	return nil
}

func testConcurrentCalls(t *testing.T, fresh newURL) {
	run(t, "FiftyCallsForTenCleaners", func(t *testing.T) {
		c := newCrew(t, fresh)
		for i := range 10 {
			c.add(t, key("c", i))
		}
		outcomes := together(t, 50, func(i int) (booking.Outcome, error) {
			return c.Assign(t.Context(), callFor(key("o", i)))
		})
		coming := map[string]bool{}
		for _, outcome := range outcomes {
			require.Equal(t, booking.Done, outcome.Result)
			if outcome.Cleaner != nil {
				require.False(t, coming[outcome.Cleaner.ID], "%s cannot be in two places", outcome.Cleaner.ID)
				coming[outcome.Cleaner.ID] = true
			}
		}
		require.Len(t, coming, 10)
		c.waiting(t, 40)
		c.requireUnsignalled(t)
		require.NoError(t, c.requireRight(t.Context()))
	})

	run(t, "TwentyOfOneCall", func(t *testing.T) {
		c := newCrew(t, fresh, "a", "b")
		together(t, 20, func(i int) (struct{}, error) {
			outcome, err := c.Assign(t.Context(), callFor("o1"))
			if err == nil && (outcome.Cleaner == nil || outcome.Cleaner.ID != "a") {
				err = fmt.Errorf("call %d got %v", i, outcome)
			}
			return struct{}{}, err
		})
		c.atWork(t, "o1", "")
	})

	run(t, "CallsComeAndGo", func(t *testing.T) {
		c := newCrew(t, fresh)
		for i := range 5 {
			c.add(t, key("c", i))
		}
		const rounds, each = 6, 20
		for round := range rounds {
			calls := rand.Perm((round + 1) * each) // those of this round are new
			together(t, len(calls), func(i int) (struct{}, error) {
				if i%10 == 0 {
					if err := c.requireRight(t.Context()); err != nil {
						return struct{}{}, err
					}
				}
				return struct{}{}, c.changeCrew(t.Context(), round, calls[i], calls[i] >= round*each)
			})
			require.NoError(t, c.requireRight(t.Context()))
		}
		// Every call that was not cancelled is assigned in the end.
		waiting, err := c.Waiting(t.Context())
		require.NoError(t, err)
		for ; waiting > 0; waiting-- {
			order := c.anyAtWork(t)
			c.finish(t, order, done)
			c.waiting(t, waiting-1)
		}
		require.NoError(t, c.requireRight(t.Context()))
	})
}

// anyAtWork is an assigned call.
func (c crew) anyAtWork(t *testing.T) string {
	t.Helper()
	cleaners, _, err := c.Cleaners(t.Context(), booking.CleanerFilter{}, booking.Page{})
	require.NoError(t, err)
	require.NotEmpty(t, cleaners)
	return cleaners[rand.IntN(len(cleaners))].OrderID // while calls wait, no cleaner is free
}

// changeCrew does one thing with the call: a new one is requested, an older one is
// finished, cancelled or repeated. Sometimes a cleaner is added.
func (c crew) changeCrew(ctx context.Context, round, call int, comes bool) (err error) {
	order := key("o", call)
	what := rand.IntN(20)
	switch {
	case what == 0:
		_, err = c.AddCleaner(ctx, "1025", newCleaner(key("new", round, "/", call)))
	case comes || what < 4:
		_, err = c.Assign(ctx, callFor(order))
	case what < 8:
		_, err = c.Cancel(ctx, newCall(order, booking.ByCustomer))
	default:
		_, err = c.Finish(ctx, order)
		for _, code := range []booking.Code{booking.NotAssigned, booking.NotFound} {
			if errors.Is(err, &booking.Error{Code: code}) {
				err = nil
			}
		}
	}
	return err
}
