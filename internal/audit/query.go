package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

const (
	// width is the number of workflows that are queried concurrently.
	width = 8
	// queryTimeout is the time limit for one order. A workflow answers after its current
	// workflow task; if that task's worker has died, another worker has to take over
	// first.
	queryTimeout = 20 * time.Second
	// hopeless is the number of workflows without an answer after which there seems to be no
	// worker. The remaining workflows are not queried then.
	hopeless = 2 * width
)

// unlisted requests from the engine the orders that are not in its list: orders that were started
// since or that it has forgotten, and all suspects. It leaves out orders that ended long ago.
func (l *pass) unlisted(ctx context.Context) error {
	return l.queryEach(ctx, func(ctx context.Context, f *facts) error {
		if f.life != unknown || l.only == nil && f.row != nil && f.row.status.Final() {
			if f.life == unknown {
				f.life = forgotten
			}
			return nil
		}
		saga, err := l.Workflows.Describe(ctx, f.id)
		switch {
		case isNotFound(err) && f.row == nil:
			return nil
		case isNotFound(err):
			f.life = forgotten
			return nil
		case err != nil:
			return err
		}
		f.lives(saga)
		if f.life == running && l.only != nil {
			err = l.underWayIn(ctx, f)
		}
		return err
	})
}

// underWay reads what the workflows wait for, before anything else of their orders is read, and
// again afterwards. Something that is sent in between may be missing from the data that was read,
// and is no longer waited for at the end.
func (l *pass) underWay(ctx context.Context) error {
	if l.only == nil {
		return nil
	}
	return l.queryEach(ctx, l.underWayIn)
}

func (l *pass) underWayIn(ctx context.Context, f *facts) error {
	pending, err := l.Workflows.Pending(ctx, f.id)
	if f.pending == nil {
		f.pending = map[string][]orders.Awaited{}
	}
	for kind, waits := range pending {
		before := slices.DeleteFunc(f.pending[kind], func(b orders.Awaited) bool {
			return slices.ContainsFunc(waits, func(a orders.Awaited) bool { return a.ID == b.ID })
		})
		f.pending[kind] = slices.Concat(before, waits)
	}
	return ignoreNotFound(err)
}

// views queries the workflows for their orders' views. A workflow that has ended is queried only
// if list and row disagree.
func (l *pass) views(ctx context.Context) error {
	var mu sync.Mutex
	answers, failures := 0, 0
	return l.queryEach(ctx, func(ctx context.Context, f *facts) error {
		mu.Lock()
		unreachable := answers == 0 && failures >= hopeless
		mu.Unlock()
		if !f.mustBeQueried() {
			return nil
		}
		err := errors.New("no workflow answers")
		if !unreachable {
			err = l.view(ctx, f)
		}
		mu.Lock()
		defer mu.Unlock()
		u, garbled := errors.AsType[unreadable](err)
		switch {
		case err == nil:
			answers++
		case garbled && f.life != lost:
			answers++ // of a worker
			l.findings, l.garbled[f.id] = append(l.findings, cannotRead(u)), true
		case isNotFound(err) && f.row != nil: // it has just ended or started
			f.life = forgotten
		case f.life == lost: // its row suffices
			failures++
		default:
			failures++
			l.silent[f.id] = err
		}
		return ctx.Err()
	})
}

func (f *facts) mustBeQueried() bool {
	switch f.life {
	case running, lost:
		return true
	case ended:
		return f.row == nil || f.row.status != f.saga.Status || f.row.orderState.status != f.row.status
	default:
		return false
	}
}

func (l *pass) view(ctx context.Context, f *facts) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	v, err := l.Workflows.View(ctx, f.id)
	if err == nil {
		s := orderStateOf(v)
		f.view = &s
	}
	return err
}

// queryEach calls query with each order's facts, a few at a time. Only query may change them
// meanwhile.
func (l *pass) queryEach(ctx context.Context, query func(context.Context, *facts) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(l.pace.width())
	for _, f := range l.orders {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			began := time.Now()
			if err := query(ctx, f); err != nil {
				return err
			}
			return l.pace.afterQuery(ctx, time.Since(began))
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("query workflows: %w", err)
	}
	return nil
}

func isNotFound(err error) bool { return errors.Is(err, &booking.Error{Code: booking.NotFound}) }

func ignoreNotFound(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}
