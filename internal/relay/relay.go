// Package relay copies the events of services' outboxes to the feed. A service writes
// an event to its own database, in the transaction of the change that the event
// describes; the feed is in the read model's database. The outbox deletes an event
// only after the feed has stored it, and the feed stores it once, by its key. So a
// crash at any point neither loses nor duplicates an event.
package relay

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// Outbox holds events that the feed may not have stored yet.
type Outbox interface {
	// Waiting lists up to limit events. Those of one subject are in the order of its
	// changes, without gaps except for events that cannot be read. These stay in the
	// outbox; unreadable has an error for each.
	Waiting(ctx context.Context, limit int) (events []booking.Event, unreadable []error, err error)
	// Delete deletes events that the feed has stored.
	Delete(ctx context.Context, events []booking.Event) error
	// Written receives a value when this process has written to the outbox.
	Written() <-chan struct{}
}

// Feed stores the events.
type Feed interface {
	// AppendEvents appends the events that the feed has not stored yet. Calls with the
	// same source run one after another.
	AppendEvents(ctx context.Context, source string, events []booking.Event) error
}

// Batch is how many events are copied at a time.
const Batch = 200

const (
	// pollEvery is how often an outbox is read without a notification: another process
	// may have died before it copied its events.
	pollEvery = time.Second
	// batchTimeout bounds the copying of one batch.
	batchTimeout = 10 * time.Second
)

// Relay copies events from outboxes to the feed.
type Relay struct {
	Outboxes map[string]Outbox // by the name of the service
	Feed     Feed
	// Appended is called with the events that the feed has stored.
	Appended func([]booking.Event)
	Log      *zap.Logger

	loggedErrors sync.Map // errors of unreadable events that were logged
}

// Run copies events until ctx ends. An outbox or a database that is away delays no
// other outbox.
func (r *Relay) Run(ctx context.Context) {
	var running sync.WaitGroup
	for service, outbox := range r.Outboxes {
		running.Go(func() { r.follow(ctx, service, outbox) })
	}
	running.Wait()
}

func (r *Relay) follow(ctx context.Context, service string, outbox Outbox) {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	failing := false
	for ctx.Err() == nil {
		err := r.copyAll(ctx, service, outbox)
		if failed := err != nil && ctx.Err() == nil; failed != failing {
			failing = failed
			r.report(service, err)
		}
		select {
		case <-outbox.Written():
		case <-poll.C:
		case <-ctx.Done():
		}
	}
}

// report logs changes between success and failure.
func (r *Relay) report(service string, err error) {
	if err != nil {
		r.Log.Warn("events of the catalogue wait", zap.String("service", service), zap.Error(err))
		return
	}
	r.Log.Info("events of the catalogue are copied again", zap.String("service", service))
}

// logUnreadable logs each event that cannot be read, once. Such an event does not keep
// later ones from the feed.
func (r *Relay) logUnreadable(service string, unreadable []error) {
	for _, err := range unreadable {
		if _, said := r.loggedErrors.LoadOrStore(service+": "+err.Error(), true); !said {
			r.Log.Error("an event of the catalogue cannot be read and is skipped", zap.String("service", service), zap.Error(err))
		}
	}
}

// copyAll copies all events of an outbox.
func (r *Relay) copyAll(ctx context.Context, service string, outbox Outbox) error {
	for {
		n, err := r.copyBatch(ctx, service, outbox)
		if err != nil || n < Batch {
			return err
		}
	}
}

func (r *Relay) copyBatch(ctx context.Context, service string, outbox Outbox) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	events, unreadable, err := outbox.Waiting(ctx, Batch)
	r.logUnreadable(service, unreadable)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	if err := r.Feed.AppendEvents(ctx, "outbox of "+service, events); err != nil {
		return 0, err
	}
	r.Appended(events)
	return len(events), outbox.Delete(ctx, events)
}
