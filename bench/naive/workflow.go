package main

import (
	"errors"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// The activities that name the steps; see workers.Services.
var (
	payments      *activities.Payments
	inventory     *activities.Inventory
	notifications *activities.Notifications
	mypage        *activities.Mypage
)

// saga configures the sagas.
type saga struct {
	// chargeTimeout bounds the single attempt to charge; with 0 a charge has the time and
	// the attempts of all activities.
	chargeTimeout time.Duration
}

// lodging is the saga of a reservation as tutorials write it: activities in sequence, each
// with a deferred compensation. It changes the databases like Yeyak's saga, and shows the
// customer the same.
func (s saga) lodging(ctx workflow.Context, in contract.Lodging) (contract.View, error) {
	r := &reservation{saga: s, in: in, view: in.View()}
	if err := r.answerQueries(ctx); err != nil {
		return r.view, err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 20 * time.Second})
	if err := r.book(ctx); err != nil {
		var no *refusal
		if !errors.As(err, &no) {
			return r.view, err
		}
		r.become(ctx, booking.Cancelled, no.reason)
		if !r.view.Placed {
			return r.view, r.publish(ctx)
		}
		return r.view, r.publish(ctx, booking.ReservationPlaced, booking.PaymentApproved,
			booking.ReservationCancelConfirmed, booking.PaymentCancelApproved, booking.ReservationCanceled)
	}
	r.become(ctx, booking.Confirmed, "")
	if err := r.publish(ctx, booking.ReservationPlaced, booking.PaymentApproved,
		booking.ReservationConfirmed, booking.ReservationStatusChanged); err != nil {
		return r.view, err
	}
	if err := workflow.Sleep(ctx, in.CheckOutAt().Sub(workflow.Now(ctx))); err != nil {
		return r.view, err
	}
	r.become(ctx, booking.Completed, "")
	return r.view, r.publish(ctx, booking.ReservationStatusChanged)
}

type reservation struct {
	saga
	in       contract.Lodging
	view     contract.View
	decision *contract.View
}

// refusal is the refusal of a step.
type refusal struct{ reason booking.Reason }

func (r *refusal) Error() string { return "refused: " + string(r.reason) }

// book runs the steps, and undoes the done ones if a step is refused.
func (r *reservation) book(ctx workflow.Context) (err error) {
	undoing, _ := workflow.NewDisconnectedContext(ctx)
	undo := func(activity, with any) {
		if err != nil {
			err = errors.Join(err, workflow.ExecuteActivity(undoing, activity, with).Get(undoing, nil))
		}
	}
	charge := booking.Charge{Key: r.in.OrderID + "/charge", OrderID: r.in.OrderID, Amount: r.in.Amount, Method: r.in.PaymentMethod}
	defer func() { undo(payments.RefundPayment, charge) }() // also for a charge that was given up: it may have been made
	if err := r.charge(ctx, charge); err != nil {
		return err
	}
	r.become(ctx, booking.Paid, "")
	r.view.Placed = true

	hold := booking.Hold{
		Key: r.in.OrderID + "/hold", OrderID: r.in.OrderID, ItemID: r.in.Place.ID,
		From: r.in.CheckIn, To: r.in.CheckOut, Quantity: r.in.Rooms,
	}
	if err := step(ctx, inventory.HoldStock, hold); err != nil {
		return err
	}
	defer func() { undo(inventory.ReleaseStock, hold) }()

	return step(ctx, notifications.Notify, booking.Message{
		Key: r.in.OrderID + "/notice", OrderID: r.in.OrderID, RecipientID: r.in.Place.OwnerID, Type: booking.ReservationPlacedMessage,
		Data: booking.MessageData{
			Kind: booking.Lodging, For: booking.ForOwner, Item: r.in.Place.Name, Quantity: r.in.Rooms,
			From: r.in.CheckIn, To: r.in.CheckOut, CustomerID: r.in.CustomerID,
		},
		At: workflow.Now(ctx),
	})
}

func (r *reservation) charge(ctx workflow.Context, charge booking.Charge) error {
	if r.chargeTimeout == 0 {
		return step(ctx, payments.ChargePayment, charge)
	}
	once := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: r.chargeTimeout, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	err := step(once, payments.ChargePayment, charge)
	var no *refusal
	if err == nil || errors.As(err, &no) && no.reason != "" {
		return err
	}
	return &refusal{booking.PaymentUnavailable}
}

// step runs one activity and waits for it.
func step(ctx workflow.Context, activity, with any) error {
	var outcome booking.Outcome
	if err := workflow.ExecuteActivity(ctx, activity, with).Get(ctx, &outcome); err != nil {
		return err
	}
	if outcome.Result != booking.Done {
		return &refusal{outcome.Reason}
	}
	return nil
}

func (r *reservation) become(ctx workflow.Context, status booking.Status, reason booking.Reason) {
	now := workflow.Now(ctx).UTC().Truncate(time.Microsecond)
	r.view = r.view.Clone()
	r.view.Status, r.view.Reason = status, reason
	r.view.Version = max(r.view.Version+1, now.UnixMicro())
	r.view.History = append(r.view.History, contract.Entry{Status: status, At: now, Reason: reason})
}

// publish lets operators search for the reservation by its status, and shows it to its
// customer, whose request may wait in this process.
func (r *reservation) publish(ctx workflow.Context, facts ...booking.EventType) error {
	if err := workflow.UpsertTypedSearchAttributes(ctx, contract.StatusAttribute.ValueSet(string(r.view.Status))); err != nil {
		return err
	}
	if r.decision == nil {
		decided := r.view
		r.decision = &decided
	}
	p := contract.Publication{View: r.view, Decision: r.decision, RequestHash: r.in.RequestHash}
	for _, fact := range facts {
		p.Events = append(p.Events, r.event(ctx, fact))
	}
	return workflow.ExecuteActivity(ctx, mypage.PublishView, p).Get(ctx, nil)
}

func (r *reservation) event(ctx workflow.Context, fact booking.EventType) booking.Event {
	v := r.view
	return booking.Event{
		Key: strings.Join([]string{v.ID, string(fact), string(v.Status)}, "/"), Type: fact, Subject: v.ID, At: workflow.Now(ctx).UTC(),
		Data: booking.EventData{
			Kind: v.Kind, CustomerID: v.CustomerID, OwnerID: v.OwnerID, Item: v.Item,
			Quantity: v.Quantity, Amount: v.Amount, Status: v.Status, Reason: v.Reason,
		},
	}
}

func (r *reservation) answerQueries(ctx workflow.Context) error {
	return errors.Join(
		workflow.SetQueryHandler(ctx, contract.ViewQuery, func() (contract.View, error) { return r.view, nil }),
		workflow.SetQueryHandler(ctx, contract.DecisionQuery, func() (*contract.View, error) { return r.decision, nil }),
	)
}
