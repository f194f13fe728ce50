package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// newJob is a job, cancelled for the reason if there is one.
func newJob(orderID string, reason booking.Reason) booking.Job {
	return booking.Job{
		OrderID: orderID, OwnerID: "owner", Item: booking.Item{ID: "menu", Name: "김밥 'deluxe' ?"}, Quantity: 2,
		Address: "서울", Reason: reason,
	}
}

var refused = booking.Outcome{Result: booking.Refused}

func testJobs(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "fulfilment")
	deliveries, productions := store.NewDeliveries(db), store.NewProductions(db)
	t.Run("Steps", func(t *testing.T) { t.Parallel(); testJobSteps(t, deliveries) })
	t.Run("List", func(t *testing.T) { t.Parallel(); testJobList(t, deliveries) })

	t.Run("Changes", func(t *testing.T) { t.Parallel(); testJobChanges(t, productions) })

	run(t, "SelectedByWhatHasAnIndex", func(t *testing.T) {
		for _, id := range []string{"a", "b"} {
			job := newJob(t.Name()+id, "")
			job.Item.ID = t.Name()
			_, err := productions.Start(t.Context(), job)
			require.NoError(t, err)
		}
		_, err := productions.Finish(t.Context(), t.Name()+"a")
		require.NoError(t, err)
		for status, want := range map[booking.JobStatus]int{"": 2, booking.JobStarted: 1, booking.JobCompleted: 1, booking.JobCancelled: 0, booking.JobWaiting: 0} {
			found, _, err := productions.List(t.Context(), booking.JobFilter{ItemID: t.Name(), Status: status}, booking.Page{})
			require.NoError(t, err)
			require.Len(t, found, want, status)
		}
		_, _, err = productions.List(t.Context(), booking.JobFilter{OwnerID: "owner"}, booking.Page{})
		require.ErrorContains(t, err, "selected by item_id only")
		_, _, err = deliveries.List(t.Context(), booking.JobFilter{ItemID: "menu"}, booking.Page{})
		require.ErrorContains(t, err, "selected by owner_id only")
	})

	run(t, "DeliveriesAreNoProductions", func(t *testing.T) {
		_, err := deliveries.Start(t.Context(), newJob(t.Name(), ""))
		require.NoError(t, err)
		_, err = productions.Job(t.Context(), t.Name())
		requireCode(t, booking.NotFound, err)
		_, err = productions.Start(t.Context(), newJob(t.Name(), ""))
		require.NoError(t, err)
		for jobs, want := range map[*store.Jobs]booking.JobStatus{deliveries: booking.JobDelivered, productions: booking.JobCompleted} {
			_, err := jobs.Finish(t.Context(), t.Name())
			require.NoError(t, err)
			job, err := jobs.Job(t.Context(), t.Name())
			require.NoError(t, err)
			require.Equal(t, want, job.Status)
		}
	})
}

func testJobSteps(t *testing.T, jobs *store.Jobs) {
	start := func(t *testing.T, want booking.Outcome) {
		t.Helper()
		got, err := jobs.Start(t.Context(), newJob(t.Name(), ""))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	finish := func(t *testing.T, want booking.Outcome) {
		t.Helper()
		got, err := jobs.Finish(t.Context(), t.Name())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	stop := func(t *testing.T, reason booking.Reason, want booking.Outcome) {
		t.Helper()
		got, err := jobs.Stop(t.Context(), newJob(t.Name(), reason))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	cancel := func(t *testing.T, reason booking.Reason, acted bool) {
		t.Helper()
		got, err := jobs.Cancel(t.Context(), newJob(t.Name(), reason))
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: acted}, got)
	}
	isJob := func(t *testing.T, status booking.JobStatus, reason booking.Reason) {
		t.Helper()
		got, err := jobs.Job(t.Context(), t.Name())
		require.NoError(t, err)
		require.Equal(t, newJob(t.Name(), reason), got.Job)
		require.Equal(t, status, got.Status)
		require.Equal(t, time.UTC, got.At.Location())
		require.WithinDuration(t, time.Now(), got.At, time.Minute)
	}

	run(t, "Finished", func(t *testing.T) {
		start(t, done)
		start(t, done)
		isJob(t, booking.JobStarted, "")
		finish(t, done)
		finish(t, done)
		start(t, done)
		isJob(t, booking.JobDelivered, "")
		stop(t, booking.ByCustomer, refused)
		isJob(t, booking.JobDelivered, "")
	})

	run(t, "Stopped", func(t *testing.T) {
		start(t, done)
		stop(t, booking.ByCustomer, done)
		stop(t, booking.ByOperator, done) // the first reason stays
		isJob(t, booking.JobCancelled, booking.ByCustomer)
		start(t, undone)
		finish(t, undone)
		cancel(t, booking.ByOperator, true)
		isJob(t, booking.JobCancelled, booking.ByCustomer)
	})

	run(t, "StoppedBeforeStart", func(t *testing.T) {
		stop(t, booking.ByCustomer, done)
		isJob(t, booking.JobCancelled, booking.ByCustomer)
		start(t, undone)
		finish(t, undone)
		cancel(t, booking.ByOperator, false)
	})

	run(t, "CancelledAfterTheEnd", func(t *testing.T) {
		start(t, done)
		finish(t, done)
		cancel(t, booking.ByCustomer, true)
		cancel(t, booking.ByOperator, true)
		isJob(t, booking.JobCancelled, booking.ByCustomer)
		start(t, undone)
		finish(t, undone)
		stop(t, booking.ByOperator, done)
	})

	run(t, "CancelledBeforeStart", func(t *testing.T) {
		cancel(t, booking.ByCustomer, false)
		cancel(t, booking.ByOperator, false)
		start(t, undone)
		isJob(t, booking.JobCancelled, booking.ByCustomer)
	})

	run(t, "NeverStarted", func(t *testing.T) {
		_, err := jobs.Finish(t.Context(), t.Name())
		requireCode(t, booking.NotFound, err)
		_, err = jobs.Job(t.Context(), t.Name())
		requireCode(t, booking.NotFound, err)
	})

	run(t, "FinishAndStopRace", func(t *testing.T) {
		for round := range 10 {
			id := key(t.Name(), round)
			_, err := jobs.Start(t.Context(), newJob(id, ""))
			require.NoError(t, err)
			outcomes := together(t, 10, func(i int) (booking.Outcome, error) {
				if i < 5 {
					return jobs.Finish(t.Context(), id)
				}
				return jobs.Stop(t.Context(), newJob(id, booking.ByCustomer))
			})
			if outcomes[0] == done {
				require.Equal(t, 5, count(outcomes, refused))
			} else {
				require.Equal(t, 5, count(outcomes, undone))
			}
			require.Equal(t, 5, count(outcomes, done), "one of them wins, and all get the same outcome")
		}
	})
}

func testJobList(t *testing.T, jobs *store.Jobs) {
	list := func(t *testing.T, f booking.JobFilter, limit int) (ids []string) {
		t.Helper()
		page := booking.Page{Limit: limit}
		for {
			states, next, err := jobs.List(t.Context(), f, page)
			require.NoError(t, err)
			for _, s := range states {
				ids = append(ids, s.OrderID[len(t.Name()):])
			}
			if page.Cursor = next; next == "" {
				return ids
			}
			require.Len(t, states, limit)
		}
	}
	start := func(t *testing.T, id string, change func(*booking.Job)) {
		t.Helper()
		job := newJob(t.Name()+id, "")
		job.OwnerID = t.Name()
		if change != nil {
			change(&job)
		}
		_, err := jobs.Start(t.Context(), job)
		require.NoError(t, err)
	}

	run(t, "NewestFirstInParts", func(t *testing.T) {
		for i := range 6 {
			start(t, key(i), nil)
		}
		_, err := jobs.Finish(t.Context(), t.Name()+"2") // changes, and keeps its place
		require.NoError(t, err)
		for _, limit := range []int{1, 2, 3, 4, 6, 7} {
			require.Equal(t, []string{"5", "4", "3", "2", "1", "0"}, list(t, booking.JobFilter{OwnerID: t.Name()}, limit))
		}
	})

	run(t, "Filters", func(t *testing.T) {
		start(t, "a", nil)
		start(t, "b", func(j *booking.Job) { j.Item.ID = "soup" })
		start(t, "c", func(j *booking.Job) { j.OwnerID += " other" })
		never := newJob(t.Name()+"d", booking.ByCustomer)
		never.OwnerID = t.Name()
		_, err := jobs.Cancel(t.Context(), never)
		require.NoError(t, err)
		_, err = jobs.Stop(t.Context(), newJob(t.Name()+"b", booking.ByCustomer))
		require.NoError(t, err)
		for want, f := range map[string]booking.JobFilter{
			"ba": {OwnerID: t.Name()},
			"b":  {OwnerID: t.Name(), Status: booking.JobCancelled},
			"a":  {OwnerID: t.Name(), Status: booking.JobStarted},
			"":   {OwnerID: t.Name(), Status: booking.JobWaiting},
		} {
			require.Equal(t, want, strings.Join(list(t, f, 9), ""), f)
			n, err := jobs.Count(t.Context(), f)
			require.NoError(t, err)
			require.Len(t, want, n, f)
		}
		require.Equal(t, []string{"b"}, list(t, booking.JobFilter{OwnerID: t.Name(), Status: booking.JobCancelled}, 9),
			"what was never started is not listed")
	})

	run(t, "BadCursor", func(t *testing.T) {
		_, _, err := jobs.List(t.Context(), booking.JobFilter{}, booking.Page{Cursor: "bad"})
		requireCode(t, booking.InvalidCursor, err)
	})
}
