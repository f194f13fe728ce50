package relay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/relay"
)

var errAway = errors.New("database is away")

// outbox is an outbox in memory. It fails while away is set.
type outbox struct {
	mu      sync.Mutex
	events  []booking.Event
	garbled []error
	away    error
	dies    bool // after the feed has stored the events, before the outbox deletes them
	written chan struct{}
}

func newOutbox() *outbox { return &outbox{written: make(chan struct{}, 1)} }

func (o *outbox) write(service string, from, to int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n := from; n < to; n++ {
		o.events = append(o.events, booking.Event{Key: fmt.Sprintf("%s/%d", service, n), Subject: service})
	}
}

func (o *outbox) set(away error, dies bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away, o.dies = away, dies
}

func (o *outbox) left() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.events)
}

func (o *outbox) Waiting(_ context.Context, limit int) (events []booking.Event, unreadable []error, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.events[:min(limit, len(o.events))]), o.garbled, o.away
}

func (o *outbox) Delete(_ context.Context, events []booking.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dies {
		return errAway
	}
	o.events = slices.DeleteFunc(o.events, func(e booking.Event) bool {
		return slices.ContainsFunc(events, func(received booking.Event) bool { return received.Key == e.Key })
	})
	return o.away
}

func (o *outbox) Written() <-chan struct{} { return o.written }

// feed stores each event once.
type feed struct {
	mu   sync.Mutex
	keys []string
	away error
}

func (f *feed) AppendEvents(_ context.Context, _ string, events []booking.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away != nil {
		return f.away
	}
	for _, e := range events {
		if !slices.Contains(f.keys, e.Key) {
			f.keys = append(f.keys, e.Key)
		}
	}
	return nil
}

func (f *feed) holds(service string, n int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	var want, got []string
	for i := range n {
		want = append(want, fmt.Sprintf("%s/%d", service, i))
	}
	for _, key := range f.keys {
		if len(key) > len(service) && key[:len(service)] == service {
			got = append(got, key)
		}
	}
	return slices.Equal(want, got)
}

// relayed runs a relay on a fake clock, after prepare.
func relayed(t *testing.T, f *feed, prepare func() map[string]relay.Outbox, test func(t *testing.T, logs *observer.ObservedLogs)) {
	synctest.Test(t, func(t *testing.T) {
		outboxes := prepare()
		core, logs := observer.New(zap.InfoLevel)
		r := &relay.Relay{Outboxes: outboxes, Feed: f, Appended: func([]booking.Event) {}, Log: zap.New(core)}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { r.Run(ctx) })
		test(t, logs)
		cancel()
		running.Wait()
	})
}

func TestRelay_BringsEverythingInOrder(t *testing.T) {
	t.Parallel()
	var o *outbox
	f := &feed{}
	relayed(t, f, func() map[string]relay.Outbox {
		o = newOutbox()
		o.write("catalogue", 0, 450)
		return map[string]relay.Outbox{"catalogue": o}
	}, func(t *testing.T, _ *observer.ObservedLogs) {
		synctest.Wait()
		require.True(t, f.holds("catalogue", 450), "all that there was, at once")
		require.Zero(t, o.left())

		began := time.Now()
		o.write("catalogue", 450, 451)
		o.written <- struct{}{}
		synctest.Wait()
		require.True(t, f.holds("catalogue", 451), "at once")
		require.Equal(t, began, time.Now())

		o.write("catalogue", 451, 452) // another process, which died
		time.Sleep(time.Second)
		synctest.Wait()
		require.True(t, f.holds("catalogue", 452))
	})
}

// If a process dies after the feed has stored the events, and before the outbox has
// deleted them, they are copied once more.
func TestRelay_DiesInBetween(t *testing.T) {
	t.Parallel()
	var o *outbox
	f := &feed{}
	relayed(t, f, func() map[string]relay.Outbox {
		o = newOutbox()
		o.write("catalogue", 0, 3)
		o.set(nil, true)
		return map[string]relay.Outbox{"catalogue": o}
	}, func(t *testing.T, _ *observer.ObservedLogs) {
		synctest.Wait()
		require.True(t, f.holds("catalogue", 3))
		require.Equal(t, 3, o.left())
		o.set(nil, false)
		time.Sleep(time.Second)
		synctest.Wait()
		require.True(t, f.holds("catalogue", 3), "each once")
		require.Zero(t, o.left())
	})
}

func TestRelay_AwayForAWhile(t *testing.T) {
	t.Parallel()
	var away *outbox
	f := &feed{}
	relayed(t, f, func() map[string]relay.Outbox {
		away = newOutbox()
		away.write("inventory", 0, 2)
		away.set(errAway, false)
		well := newOutbox()
		well.write("catalogue", 0, 2)
		return map[string]relay.Outbox{"inventory": away, "catalogue": well}
	}, func(t *testing.T, logs *observer.ObservedLogs) {
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.True(t, f.holds("catalogue", 2), "one that is away holds up no other")
		require.True(t, f.holds("inventory", 0))
		require.Equal(t, 1, logs.FilterMessage("events of the catalogue wait").Len(), "once an outage")

		away.set(nil, false)
		time.Sleep(time.Second)
		synctest.Wait()
		require.True(t, f.holds("inventory", 2))
		require.Equal(t, 1, logs.FilterMessage("events of the catalogue are copied again").Len())
		require.Zero(t, away.left())
	})
}

// While the feed is down no event is deleted.
func TestRelay_FeedAway(t *testing.T) {
	t.Parallel()
	var o *outbox
	f := &feed{away: errAway}
	relayed(t, f, func() map[string]relay.Outbox {
		o = newOutbox()
		o.write("catalogue", 0, 2)
		return map[string]relay.Outbox{"catalogue": o}
	}, func(t *testing.T, _ *observer.ObservedLogs) {
		time.Sleep(5 * time.Second)
		synctest.Wait()
		require.Equal(t, 2, o.left())
		f.mu.Lock()
		f.away = nil
		f.mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		require.True(t, f.holds("catalogue", 2))
		require.Zero(t, o.left())
	})
}

// An event that cannot be read is logged once, and delays no other event.
func TestRelay_Skips(t *testing.T) {
	t.Parallel()
	var o *outbox
	f := &feed{}
	relayed(t, f, func() map[string]relay.Outbox {
		o = newOutbox()
		o.write("catalogue", 0, 450)
		o.garbled = []error{errors.New("event a: no JSON"), errors.New("event b: no JSON")}
		return map[string]relay.Outbox{"catalogue": o}
	}, func(t *testing.T, logs *observer.ObservedLogs) {
		time.Sleep(5 * time.Second)
		synctest.Wait()
		require.True(t, f.holds("catalogue", 450))
		require.Zero(t, o.left())
		said := logs.FilterMessage("an event of the catalogue cannot be read and is skipped").All()
		require.Len(t, said, 2)
		require.Equal(t, zap.ErrorLevel, said[0].Level)
		require.Equal(t, 2, logs.Len())
	})
}
