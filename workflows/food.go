package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Food is the saga of one order of food. It runs until the courier has delivered it, or
// until the order is cancelled, nothing is charged and no delivery is under way. It returns
// the order's last view, and fails only by a defect.
func Food(ctx workflow.Context, in contract.Food) (contract.View, error) {
	m := &meal{in: in}
	story, err := m.begin(ctx, in.Order, in, facts{
		placed: booking.OrderPlaced, undone: booking.DeliveryCanceled, cancelled: booking.OrderCanceled,
	})
	if err != nil {
		return contract.View{}, err
	}
	m.freeTookEffect = true // an order that costs nothing takes effect at once: no step has to succeed first
	// In the order of their steps.
	m.undos = append(m.undosOfCharge(), m.withdrawNotice(m.notice), m.cancelDelivery())
	m.registerDecisions()
	return m.run(story, m.story)
}

type meal struct {
	saga
	in        contract.Food
	delivered bool // the courier has reported it, and that is recorded
}

// story is the course of an order without failures. Once it is paid, the shop is notified
// and the delivery is started; if a service is away, its step is retried until the
// deadline.
func (m *meal) story(ctx workflow.Context) error {
	if err := m.charge(ctx, booking.Paid); err != nil {
		return err
	}
	if err := m.sendNotice(ctx, m.notice()); err != nil {
		return err
	}
	if err := m.startDelivery(ctx); err != nil {
		return err
	}
	return m.courierDelivers(ctx)
}

func (m *meal) notice() notice {
	return notice{
		name: "notify shop", key: contract.OwnerNotice, recipientID: m.in.Menu.OwnerID,
		messageType: booking.OrderPlacedMessage, withdrawalType: booking.OrderCancelledMessage,
		data: booking.MessageData{For: booking.ForOwner, Item: m.in.Menu.Name, Quantity: m.in.Quantity, CustomerID: m.in.CustomerID},
	}
}

func (m *meal) startDelivery(ctx workflow.Context) error {
	delivery := m.delivery()
	delivery.Late, delivery.Reason = m.tooLate()
	_, err := m.step(ctx, step{
		call: call{name: "start delivery", queue: contract.FulfilmentQueue, quick: quickStep, do: deliveries.StartDelivery, with: delivery},
		undo: m.cancelDelivery(),
	})
	if err != nil {
		return err
	}
	m.show(booking.JobStarted)
	return m.becomeStable(ctx, booking.Delivering, booking.DeliveryStarted, contract.Decision{})
}

func (m *meal) cancelDelivery() undo {
	return undo{
		call:     call{name: "cancel delivery", queue: contract.FulfilmentQueue, quick: quickStep, do: deliveries.CancelDelivery},
		argument: func(reason booking.Reason) any { d := m.delivery(); d.Reason = reason; return d },
		onDone:   func(booking.Undo) { m.show(booking.JobCancelled) },
	}
}

func (m *meal) delivery() booking.Job {
	return booking.Job{
		OrderID: m.in.OrderID, OwnerID: m.in.Menu.OwnerID,
		Item: booking.Item{ID: m.in.Menu.ID, Name: m.in.Menu.Name}, Quantity: m.in.Quantity, Address: m.in.Address,
	}
}

func (m *meal) show(s booking.JobStatus) {
	m.view.Delivery = &contract.Delivery{Status: s, Address: m.in.Address}
	m.changed()
}

// courierDelivers waits for the courier. After DeliverWithin the order needs attention. It
// keeps waiting, since the courier has the food.
func (m *meal) courierDelivers(ctx workflow.Context) error {
	m.waitFor("the courier")
	handedOver := func() bool { return m.delivered }
	m.expect(ctx, m.policy.DeliverWithin, "the courier delivers", handedOver)
	err := m.finish(ctx, handedOver, call{
		name: "finish delivery", queue: contract.FulfilmentQueue, quick: quickStep, do: deliveries.FinishDelivery, with: m.in.OrderID,
	})
	if err != nil {
		return err
	}
	m.show(booking.JobDelivered)
	return m.becomeStable(m.ctx, booking.Delivered, booking.DeliveryCompleted, m.finishDecision)
}

// registerDecisions registers the decisions of the customer and the courier.
func (m *meal) registerDecisions() {
	m.onUpdate(contract.CancelUpdate, "The customer cancels the order", m.mayCancelMeal, m.cancelWithDelivery)
	m.onUpdate(contract.CompleteUpdate, "The courier has handed the order over", m.mayDeliver, m.deliver)
	must(workflow.SetQueryHandlerWithOptions(m.ctx, contract.UndecidedQuery, func() (bool, error) {
		return m.awaitingService, nil
	}, workflow.QueryHandlerOptions{Description: "Whether a call to the delivery service is running that stops the delivery"}))
}

// mayCancelMeal refuses a cancel with DeliveryUnavailable for a while after the delivery
// service was away.
func (m *meal) mayCancelMeal(at time.Time) error {
	err := m.mayCancel(at)
	if left := m.refusals.left(workflow.Now(m.ctx)); err == nil && left > 0 && !m.cancelling() {
		return deliveryAway(left)
	}
	return err
}

func deliveryAway(after time.Duration) error {
	return booking.Errorf(booking.DeliveryUnavailable,
		"the delivery service does not answer, and a delivery that may be on its way is not cancelled without it: the order is unchanged").RetryIn(after)
}

// cancelWithDelivery stops the delivery first. While the delivery service is away, the order is
// not cancelled.
func (m *meal) cancelWithDelivery(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	rule := func(at time.Time) error {
		return cmp.Or(m.mayCancelMeal(at), m.view.AsQuoted(d, m.statusForDecisions()))
	}
	if err := m.awaitAgreement(ctx, contract.CancelUpdate, rule); err != nil {
		return contract.View{}, m.asUpdateError(err)
	}
	return m.cancelIfAgreed(ctx, booking.ByCustomer, d, m.stopDelivery)
}

func (m *meal) stopDelivery(ctx workflow.Context) error {
	d := m.delivery()
	d.Reason = booking.ByCustomer
	stop := call{name: "stop delivery", queue: contract.FulfilmentQueue, do: deliveries.StopDelivery, with: d}
	outcome, err := callOnceFromQueue(ctx, stop, time.Duration(m.policy.AnswerWithin))
	switch {
	case nothingDone(err):
		return deliveryAway(m.refusals.refuse(workflow.Now(ctx)))
	case outcome.Result == booking.Refused:
		return booking.MayCancel(booking.Delivered) //replay:never only a reset to before a finished delivery leads here
	default:
		return nil // the delivery was stopped, or may have been: the undo makes sure
	}
}

func (m *meal) mayDeliver(time.Time) error {
	return booking.MayDeliver(m.statusForDecisions())
}

// deliver records that the courier has delivered. The decision counts only once it is
// certain that the order is not being cancelled.
func (m *meal) deliver(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	if err := m.awaitAgreement(ctx, contract.CompleteUpdate, m.mayDeliver); err != nil {
		return contract.View{}, m.asUpdateError(err)
	}
	m.acceptedStatus, m.finishDecision = booking.Delivered, d
	record(ctx, "delivered by the courier")
	m.delivered = true
	return m.awaitEnd(ctx, booking.Delivered)
}
