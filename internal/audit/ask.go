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
	// width is how many workflows are asked at the same time.
	width = 8
	// patience bounds the look at one order. A saga answers when the workflow
	// task in its hands is done; when its worker has died over that, another
	// one takes it over first.
	patience = 20 * time.Second
	// hopeless is how many workflows are asked in vain before it is concluded
	// that there is no worker, and the others are not asked.
	hopeless = 2 * width
)

// unlisted asks the engine for orders that it did not list: those that it was
// started with meanwhile or has forgotten, and all that are looked at again.
// Of an order that has ended long ago nothing more is to be learned.
func (l *look) unlisted(ctx context.Context) error {
	return l.askEach(ctx, func(ctx context.Context, f *facts) error {
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

// underWay asks what the workflows wait for, before anything else is read of
// their orders. It is asked once more afterwards: what is sent meanwhile was not
// there when it was looked for, and no longer waited for at the end.
func (l *look) underWay(ctx context.Context) error {
	if l.only == nil {
		return nil
	}
	return l.askEach(ctx, l.underWayIn)
}

func (l *look) underWayIn(ctx context.Context, f *facts) error {
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

// views asks the workflows how their orders stand. One that has come to its
// end is asked only when list and row do not tell the same.
func (l *look) views(ctx context.Context) error {
	var mu sync.Mutex
	answers, failures := 0, 0
	return l.askEach(ctx, func(ctx context.Context, f *facts) error {
		mu.Lock()
		givenUp := answers == 0 && failures >= hopeless
		mu.Unlock()
		if !f.mustBeAsked() {
			return nil
		}
		err := errors.New("no workflow answers")
		if !givenUp {
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
		case isNotFound(err) && f.row != nil: // just now
			f.life = forgotten
		case f.life == lost: // its row has to do
			failures++
		default:
			failures++
			l.silent[f.id] = err
		}
		return ctx.Err()
	})
}

func (f *facts) mustBeAsked() bool {
	switch f.life {
	case running, lost:
		return true
	case ended:
		return f.row == nil || f.row.status != f.saga.Status || f.row.standing.status != f.row.status
	default:
		return false
	}
}

func (l *look) view(ctx context.Context, f *facts) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	v, err := l.Workflows.View(ctx, f.id)
	if err == nil {
		s := standingOf(v)
		f.view = &s
	}
	return err
}

// askEach asks about each order, a few at a time. ask alone touches the facts
// that it is given.
func (l *look) askEach(ctx context.Context, ask func(context.Context, *facts) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(l.pace.width())
	for _, f := range l.orders {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			began := time.Now()
			if err := ask(ctx, f); err != nil {
				return err
			}
			return l.pace.afterAsking(ctx, time.Since(began))
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("ask workflows: %w", err)
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
