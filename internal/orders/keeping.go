package orders

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/workflows/contract"
)

// clocks is how far the clocks of this process and of the engine may be apart. An order
// whose customer waits for it is not begun later than this much after the customer's wait.
const clocks = 10 * time.Second

// keptWithin bounds the write of an order into the inbox, and of its withdrawal.
const keptWithin = time.Second

// startBy is the deadline for starting the saga of an order that is placed now.
func (o *Orders) startBy(budget context.Context, a Attempt, placedAt time.Time) time.Time {
	if contract.BusinessOf(a.placement.kind()).MayBeQueued() && o.Dispatcher != nil {
		return placedAt.Add(o.Dispatcher.Within)
	}
	end, _ := budget.Deadline() // counted from its turn: see tryToPlace
	return o.Now().UTC().Add(time.Until(end) + clocks).Truncate(time.Microsecond)
}

// unstarted is why the saga of an order could not be started, or may not have been.
type unstarted struct {
	error
	sent bool // the start may have reached the engine
}

// isOpen reports whether a failed start may be repeated: the engine is away, too slow, too
// busy, or has failed internally. The outcome may be unknown.
func isOpen(err error) bool {
	if isAway(err) {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.Internal](err); ok {
		return true
	}
	_, ok := errors.AsType[*serviceerror.DataLoss](err)
	return ok
}

// reached reports whether a failed start may have reached the engine and succeeded.
func reached(s *sending, err error) bool {
	_, nowhere := errors.AsType[*serviceerror.NamespaceNotFound](err)
	return !nowhere && !s.nothing()
}

// keep puts an order whose saga could not be started into the inbox. An order of a kind
// that does not wait there is accepted only if its saga may have been started; otherwise
// the error says that it was not, and never will be.
func (o *Orders) keep(ctx context.Context, t tried, failure unstarted) (progress, error) {
	log := o.log(ctx, t.OrderID)
	undecided := progress{view: t.view}
	if !contract.BusinessOf(t.view.Kind).MayBeQueued() || o.Dispatcher == nil {
		if !failure.sent {
			return progress{}, failure.error
		}
		log.Warn("start of order is not answered", zap.Error(failure.error))
		return undecided, nil
	}
	wait, tooLong := o.Dispatcher.estimate()
	if tooLong && !failure.sent {
		return progress{}, admission.TooBusy().RetryIn(wait)
	}
	if !failure.sent { // otherwise it may have been started, and is kept without limits
		if err := o.admitToInbox(ctx, t); err != nil {
			return progress{}, err
		}
	}
	k, row, err := t.kept(failure.sent)
	if err != nil {
		return progress{}, err
	}
	hash, err := o.put(ctx, k, row)
	same := t.placement.placed(hash)
	switch {
	case err == nil && same:
		log.Info("order waits in the inbox", zap.Error(failure.error))
		undecided.view.Version = KeptVersion
		return undecided, nil
	case err == nil && !failure.sent:
		return progress{}, booking.Errorf(IdempotencyKeyReused, "this key was used for another request")
	case err != nil && errors.Is(err, booking.ErrNothingDone) && !failure.sent:
		log.Error("order cannot be kept in the inbox", zap.Error(err))
		return progress{}, failure.error
	}
	log.Error("order may be in the inbox, or started", zap.NamedError("start", failure.error), zap.Error(err))
	if err != nil {
		o.Dispatcher.keepUnwritten(k, row)
	}
	return undecided, nil
}

// inboxShares are the shares of the orders in the inbox.
func (o *Orders) inboxShares(p Placement) []share {
	if o.Dispatcher == nil || !contract.BusinessOf(p.kind()).MayBeQueued() {
		return nil
	}
	ofCustomer := func(ctx context.Context, id string) (int, error) { return o.Dispatcher.Inbox.OpenOf(ctx, id) }
	byCaller := func(ctx context.Context, id string) (int, error) { return o.Dispatcher.Inbox.OpenBy(ctx, id) }
	return bounding(p.shares(o.MaxKeptOfOne, ofCustomer, byCaller, func(used int, whose string) error {
		wait, _ := o.Dispatcher.estimate()
		return booking.Errorf(TooManyOrdersOfYours, "%d orders %s wait to be worked on already", used, whose).RetryIn(wait)
	}))
}

// admitToInbox refuses an order that was certainly not started, if its customer or caller
// has the maximum in the inbox.
func (o *Orders) admitToInbox(ctx context.Context, t tried) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), OptionalReadTimeout)
	defer cancel()
	return usedUp(ctx, o.log(ctx, t.OrderID), o.inboxShares(t.placement))
}

// kept is the order for the inbox, with its row for the read model.
func (t tried) kept(sent bool) (Kept, contract.Publication, error) {
	input, err := json.Marshal(t.input)
	v := t.view
	v.Version = KeptVersion
	return Kept{
		OrderID: t.OrderID, Kind: t.view.Kind, CustomerID: t.placement.CustomerID, PlacedBy: t.placement.forCustomer(), Input: input, Summary: t.summary(),
		RequestHash: t.placement.RequestHash, ReceivedAt: v.PlacedAt(), StartBy: t.startBy, Sent: sent,
	}, contract.Publication{View: v, RequestHash: t.placement.RequestHash}, err
}

// put writes the order into the inbox, even if its request ends.
func (o *Orders) put(ctx context.Context, k Kept, row contract.Publication) (requestHash string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keptWithin)
	defer cancel()
	return o.Dispatcher.put(ctx, k, row)
}

// expected is the time after which checking an undecided order makes sense; 0 if it is not
// known.
func (o *Orders) expected(v contract.View) time.Duration {
	if o.Dispatcher == nil || !InInbox(v) || v.Status != booking.Received {
		return 0
	}
	wait, _ := o.Dispatcher.estimate()
	return wait
}

// withdraw withdraws a waiting order from the inbox by decision of a caller. If a service
// has to agree to a cancel, only an order that the service cannot know is withdrawn here.
func (o *Orders) withdraw(ctx context.Context, d Decision) (contract.View, bool) {
	business := contract.BusinessOf(d.Kind)
	if o.Dispatcher == nil || d.Update != contract.CancelUpdate || !business.MayBeQueued() || (contract.Decision{Note: d.Note}).Check(d.Update) != nil {
		return contract.View{}, false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keptWithin)
	defer cancel()
	w := contract.Withdrawal{Reason: booking.ByCustomer, Note: booking.Lines(d.Note), By: d.By}
	view, ok, err := o.Dispatcher.Inbox.Withdraw(ctx, d.OrderID, w, business.ServiceAgreesToCancel)
	if err != nil {
		o.log(ctx, d.OrderID).Warn("inbox cannot be read", zap.Error(err))
		return view, false
	}
	if ok {
		o.Hub.Wake(contract.Publication{View: view})
		o.Dispatcher.Wake()
	}
	return view, ok
}
