package orders

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Read finds an order in the read model; "" is every kind. If the read model is behind or
// away, the order itself is queried, so that an issued id is always found. Returns NotFound
// if there is no order of the kind with this id that the caller may read.
func (o *Orders) Read(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, error) {
	if !booking.IsOrderID(kind, id) {
		return contract.View{}, NoSuchOrder(id)
	}
	view, err := o.read(ctx, id)
	if err != nil {
		return view, o.explained(ctx, id, err)
	}
	if err := o.authorize(ctx, caller, booking.ReadOrder, view); err != nil {
		return contract.View{}, err
	}
	return view, nil
}

// ReadSeen is Read for an order of any kind that the caller has seen at a version. It waits
// for the row of that version, as List does.
func (o *Orders) ReadSeen(ctx context.Context, caller booking.Caller, s Seen) (contract.View, error) {
	if s.Version > 0 && booking.IsOrderID("", s.OrderID) {
		o.reaches(ctx, caller, s)
	}
	return o.Read(ctx, caller, "", s.OrderID)
}

// ReadFresh queries the order itself, and updates the read model. An order that the engine
// no longer has cannot change, so the read model's row is final. Returns Unreachable if the
// order exists but does not answer.
func (o *Orders) ReadFresh(ctx context.Context, caller booking.Caller, id string) (contract.View, error) {
	if !booking.IsOrderID("", id) {
		return contract.View{}, NoSuchOrder(id)
	}
	if err := o.Allow(ctx, caller, booking.ReadOrder, "", id); err != nil {
		return contract.View{}, err
	}
	view, err := o.readFresh(ctx, id)
	return view, o.explained(ctx, id, err)
}

func (o *Orders) read(ctx context.Context, id string) (contract.View, error) {
	return o.readWithin(ctx, id, o.ReplyBudget)
}

// readWithin is read with a bound on the wait for the read model.
func (o *Orders) readWithin(ctx context.Context, id string, timeout time.Duration) (contract.View, error) {
	view, rowErr := o.viewInRow(ctx, id, timeout)
	if rowErr == nil {
		return view, nil
	}
	unknown := errors.Is(rowErr, &booking.Error{Code: booking.NotFound})
	if !unknown {
		o.log(ctx, id).Warn("read model cannot be read", zap.Error(rowErr))
	}
	view, err := o.queryOrder(ctx, id)
	switch {
	case err == nil:
		return view, nil
	case !isWorkflowMissing(err):
		return contract.View{}, err
	case unknown:
		return contract.View{}, NoSuchOrder(id)
	default:
		return contract.View{}, rowErr // it may be an old order that only the read model has
	}
}

func (o *Orders) readFresh(ctx context.Context, id string) (contract.View, error) {
	view, err := o.queryView(ctx, id, o.ReplyBudget)
	if isWorkflowMissing(err) {
		return o.read(ctx, id)
	}
	if err != nil {
		o.log(ctx, id).Warn("order does not answer", zap.Error(err))
		return contract.View{}, booking.Errorf(Unreachable, "the order does not answer at the moment; what is known of it is there without fresh=true")
	}
	if err := o.Pages.Publish(ctx, contract.Publication{View: view}); err != nil {
		o.log(ctx, id).Warn("fresh view not published", zap.Error(err))
	}
	if row, err := o.viewInRow(ctx, id, OptionalReadTimeout); err == nil {
		view.Disputed = row.Disputed // its saga does not have it
	}
	return view, nil
}

// viewInRow leaves time to query the order itself if the read model hangs.
func (o *Orders) viewInRow(ctx context.Context, id string, timeout time.Duration) (contract.View, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return o.Pages.View(ctx, id)
}

func (o *Orders) optionalRow(ctx context.Context, id string) (contract.Publication, error) {
	ctx, cancel := context.WithTimeout(ctx, OptionalReadTimeout)
	defer cancel()
	return o.Pages.Order(ctx, id)
}

// queryOrder queries the workflow for its view and, if no worker answers, reads its input.
func (o *Orders) queryOrder(ctx context.Context, id string) (contract.View, error) {
	view, err := o.queryView(ctx, id, OptionalReadTimeout)
	if err == nil || isWorkflowMissing(err) {
		return view, err
	}
	o.log(ctx, id).Debug("order does not answer", zap.Error(err))
	ctx, cancel := context.WithTimeout(ctx, o.ReplyBudget)
	defer cancel()
	input, err := o.Engine.atStart(ctx, id)
	if err != nil {
		return contract.View{}, err
	}
	return input.View(), nil
}

func (o *Orders) queryView(ctx context.Context, id string, timeout time.Duration) (view contract.View, err error) {
	err = o.query(ctx, id, contract.ViewQuery, timeout, &view)
	return view, err
}

// queryDecision is the order's view at its first decision, nil before it.
func (o *Orders) queryDecision(ctx context.Context, id string) (decision *contract.View, err error) {
	err = o.query(ctx, id, contract.DecisionQuery, OptionalReadTimeout, &decision)
	return decision, err
}

// query queries the order's workflow. Equal requests share a query: the engine buffers one
// query of a busy workflow, and refuses the next.
func (o *Orders) query(ctx context.Context, id, query string, timeout time.Duration, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	value, err := o.queries.do(ctx, id+"/"+query, func() (converter.EncodedValue, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.ReplyBudget)
		defer cancel()
		return o.Engine.query(ctx, id, query)
	})
	if err != nil {
		return marked(err)
	}
	return value.Get(answer)
}
