// Package relay brings the events of services' outboxes to the feed. A service
// writes an event in the transaction of the change that it tells of, in its own
// database; the feed is in the read model's. An event is forgotten by its outbox
// only when the feed has it, and the feed holds it once, by its key: so a crash
// at any point loses none and doubles none.
package relay

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// Outbox holds events that the feed may not have yet.
type Outbox interface {
	// Waiting lists up to limit of them. Those of one subject are in the order of
	// its changes, and none before them is missing but for those that cannot be
	// read. These stay; what keeps each from being read is told apart.
	Waiting(ctx context.Context, limit int) (events []booking.Event, unreadable []error, err error)
	// Told forgets those that the feed has.
	Told(ctx context.Context, events []booking.Event) error
	// Written gets a value when this process has written to the outbox.
	Written() <-chan struct{}
}

// Feed is where the events go.
type Feed interface {
	// AppendEvents appends those that the feed does not hold yet. Calls with the
	// same source take turns.
	AppendEvents(ctx context.Context, source string, events []booking.Event) error
}

// Batch is how many events are brought on at a time.
const Batch = 200

const (
	// lookEvery is how often an outbox is looked at in which nothing was heard to
	// be written: another process may have died before it brought its events on.
	lookEvery = time.Second
	// patience bounds one look.
	patience = 10 * time.Second
)

// Relay brings events from outboxes to the feed.
type Relay struct {
	Outboxes map[string]Outbox // by the name of the service
	Feed     Feed
	// Appended is called with the events that the feed has got.
	Appended func([]booking.Event)
	Log      *zap.Logger

	passed sync.Map // what was said of events that cannot be read
}

// Run goes on until ctx ends, whatever is away meanwhile. An outbox or a
// database that is away holds up no other outbox.
func (r *Relay) Run(ctx context.Context) {
	var running sync.WaitGroup
	for service, outbox := range r.Outboxes {
		running.Go(func() { r.follow(ctx, service, outbox) })
	}
	running.Wait()
}

func (r *Relay) follow(ctx context.Context, service string, outbox Outbox) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	away := false
	for ctx.Err() == nil {
		err := r.empty(ctx, service, outbox)
		if failed := err != nil && ctx.Err() == nil; failed != away {
			away = failed
			r.report(service, err)
		}
		select {
		case <-outbox.Written():
		case <-look.C:
		case <-ctx.Done():
		}
	}
}

// report logs what changes.
func (r *Relay) report(service string, err error) {
	if err != nil {
		r.Log.Warn("events of the catalogue wait", zap.String("service", service), zap.Error(err))
		return
	}
	r.Log.Info("events of the catalogue go on", zap.String("service", service))
}

// passOver logs each event that cannot be read, once: it must not keep all later
// ones from the feed.
func (r *Relay) passOver(service string, unreadable []error) {
	for _, err := range unreadable {
		if _, said := r.passed.LoadOrStore(service+": "+err.Error(), true); !said {
			r.Log.Error("an event of the catalogue cannot be read and is passed over", zap.String("service", service), zap.Error(err))
		}
	}
}

// empty brings on all that an outbox holds.
func (r *Relay) empty(ctx context.Context, service string, outbox Outbox) error {
	for {
		n, err := r.once(ctx, service, outbox)
		if err != nil || n < Batch {
			return err
		}
	}
}

func (r *Relay) once(ctx context.Context, service string, outbox Outbox) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	events, unreadable, err := outbox.Waiting(ctx, Batch)
	r.passOver(service, unreadable)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	if err := r.Feed.AppendEvents(ctx, "outbox of "+service, events); err != nil {
		return 0, err
	}
	r.Appended(events)
	return len(events), outbox.Told(ctx, events)
}
