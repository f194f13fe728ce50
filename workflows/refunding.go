package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Refund gives back a part of what was paid for an order whose saga has ended. It
// ends when the customer has the money, and answers what came of it.
func Refund(ctx workflow.Context, in contract.Refunding) (booking.Repaid, error) {
	s := afterEnd(ctx, in)
	if err := s.enter(func() error { return mayRefundLater(s.ctx, in) }); err != nil {
		return booking.Repaid{}, err
	}
	p := byStaff(in.Refund)
	s.onRefund(func(contract.Refund) error { return nil }, func(ctx workflow.Context, _ contract.Refund) (booking.Repaid, error) {
		return s.answerPart(ctx, p)
	})
	s.onResolve()
	s.hearNotices()
	s.refundPart(s.ctx, p)
	s.awaitClose()
	return p.is, nil
}

// afterEnd is what a refund needs of the saga that has ended. The order's row holds
// what that has told of it.
func afterEnd(ctx workflow.Context, in contract.Refunding) *saga {
	never, _ := workflow.NewDisconnectedContext(ctx)
	v := in.Order
	return &saga{
		order: order{ctx: never, view: v, policy: in.Policy.WithDefaults(), decision: &v, knownDecision: true, knownVersion: v.Version,
			later: &contract.Later{Refund: in.Refund.ID}},
		afterEnd: true,
		in:       contract.Order{OrderID: v.ID, CustomerID: v.CustomerID, Amount: v.Amount},
	}
}

// mayRefundLater is why there can be no refund with this input and in this workflow.
func mayRefundLater(ctx workflow.Context, in contract.Refunding) error {
	if err := in.Check(); err != nil {
		return err
	}
	if id := contract.RefundWorkflowID(in.Order.ID, in.Refund.ID); id != workflow.GetInfo(ctx).WorkflowExecution.ID {
		return booking.Errorf(booking.Invalid, "refund.id: the workflow's id must be the order's and the refund's")
	}
	return nil
}

// part is a refund of a part on its way: by staff, or of nights that are free again.
type part struct {
	contract.Refund
	key    string // of its entry in the ledger
	reason booking.EntryReason
	is     booking.Repaid
	begun  bool // the provider has been asked, or the ledger has refused
	failed bool // a person was called, and the customer told
	// again tells the messages about it from those of when it was done before.
	again string
	// heard: that it has failed is only what was said, and the ledger has yet to confirm it.
	heard bool
	// quiet: nothing is told of its end unless a person was called. It was told when it was
	// done before.
	quiet bool
}

func byStaff(r contract.Refund) *part {
	return &part{Refund: r, key: r.Key(), reason: booking.Goodwill}
}

// ended tells whether nothing more comes of the refund: the customer has the money, or it
// was refused, since what it could not give back has been given back otherwise.
func (p *part) ended() bool { return p.is.Refused != "" || p.is.Entry.State == booking.EntryDone }

// isNews tells whether those are to hear that it is done who have heard so before.
func (p *part) isNews() bool { return p.failed || !p.quiet }

// parts is what a saga knows of the refunds in part, and of what was paid by hand.
type parts struct {
	open      int                      // how many are on their way
	late      []*part                  // with which patience has ended before anything came of them
	telling   int                      // how many messages beside the story are
	sent      int                      // how many of these have been sent
	toldAt    time.Time                // the time of the last of them
	asked     int                      // how many the ledger has not answered yet
	begun     int                      // how many there were by staff
	resolving bool                     // what was paid by hand is being recorded
	unsettled []string                 // the keys of the charges of changes of which a person was called
	attempts  []*attempt               // under way, of what an operator may pay by hand
	given     int64                    // what those come to that are done
	asks      int                      // how often such attempts were to be made again
	following []string                 // the keys of those that are on their way
	missed    map[string]booking.Entry // of these, those that were said to have failed meanwhile
}

// refundPart is how a refund in part goes: its entry is written, the provider is
// asked, and asked again until the customer has the money. One that it cannot give
// back calls a person, who pays by hand or makes the provider able to.
func (s *saga) refundPart(ctx workflow.Context, p *part) {
	s.parts.open++
	defer func() { s.parts.open-- }()
	defer s.following(p.key)()
	if !p.begun {
		s.parts.asked++
	}
	for !p.begun || !p.ended() {
		if p.is.Entry.State == booking.EntryFailed {
			s.callPerson(ctx, p)
		}
		s.askForPart(ctx, p)
	}
	s.personCame(p)
	if p.is.Entry.State == booking.EntryDone {
		s.parts.given += p.is.Entry.Amount.Amount
		if p.isNews() {
			s.tellRefunded(ctx, p)
		}
	} else if p.is.Entry.State == booking.EntryFailed && refundEndsTold(ctx, p.isNews()) {
		s.tellEndedOtherwise(ctx, p)
	}
	s.showPending(ctx)
}

// askForPart asks the provider, once the entry is written. That it was asked for is
// recorded before anything is done: see record. What the saga knows already is waited
// for to change, unless something was paid by hand.
func (s *saga) askForPart(ctx workflow.Context, p *part) {
	e := booking.Entry{
		OrderID: s.in.OrderID, Key: p.key, Amount: p.Amount, Reason: p.reason, By: p.By, Note: p.Note,
		State: p.is.Entry.State, Words: p.is.Entry.Words,
	}
	c := call{
		name: "give back a part", queue: contract.PaymentsQueue, resolvable: true, do: payments.RefundPart, with: e,
		late: s.partLate(p), part: p,
	}
	var is booking.Repaid
	if !s.seeThrough(ctx, c, &is, s.patienceWith(ctx, p)) {
		p.is.Entry.Words = ""
		return
	}
	if p.is, p.heard = is, false; !p.begun {
		p.begun, s.parts.asked = true, s.parts.asked-1
	}
}

// tellRefunded tells customer and world that the customer has the money.
func (s *saga) tellRefunded(ctx workflow.Context, p *part) {
	amount := p.is.Entry.Amount
	s.tellOfRefund(amount, contract.RefundMessage(p.ID)+p.again, booking.RefundedMessage)
	paid := s.paymentIn(p.is.Payment)
	paid.Refunded.Amount = p.is.Given
	if s.paid != nil {
		s.paid = &paid
	}
	with := paid
	with.Part = &amount
	data := s.view.EventData()
	data.By, data.Payment = p.By, &with
	s.tellFact(booking.PaymentRefunded, data, p.ID+p.again)
	s.publish(ctx)
}

// tellOfRefund sends the customer a message beside all else: no money waits for one.
func (s *saga) tellOfRefund(refund booking.Money, key string, tells booking.MessageType) {
	m := s.message(notice{key: key, recipientID: s.in.CustomerID, tells: tells, data: booking.MessageData{
		For: booking.ForCustomer, Item: s.view.Item.Name, Refund: &refund,
	}})
	s.sendBeside("tell customer of a refund", m)
}

// tellEndedOtherwise tells customer and staff that a refund which has failed is not made any
// more: the customer has its money in another way.
func (s *saga) tellEndedOtherwise(ctx workflow.Context, p *part) {
	amount := p.is.Entry.Amount
	s.tellOfRefund(amount, contract.RefundEndedMessage(p.ID)+p.again, booking.RefundEndedMessage)
	if p.reason == booking.Goodwill {
		s.noteDecision(ctx, contract.Entry{Decision: contract.RefundUpdate, Refused: booking.RefundExceeds, By: p.By, Refund: &amount})
	}
}

// sendBeside sends a message beside all else, after those that are on their way: the last
// one that is read tells what holds.
func (s *saga) sendBeside(name string, m booking.Message) {
	before := s.parts.sent + s.parts.telling
	s.parts.telling++
	if !m.At.After(s.parts.toldAt) {
		m.At = s.parts.toldAt.Add(time.Microsecond)
	}
	s.parts.toldAt = m.At
	workflow.Go(s.ctx, func(ctx workflow.Context) {
		if s.parts.sent < before && messagesInTurn(ctx) {
			_ = workflow.Await(ctx, func() bool { return s.parts.sent >= before })
		}
		var outcome booking.Outcome
		s.seeThrough(ctx, call{name: name, queue: contract.NotificationsQueue, do: notifications.Notify, with: m}, &outcome, 0)
		s.parts.telling--
		s.parts.sent++
	})
}

// Bounds of the refunds of one order. The engine takes ten updates in flight, and
// 2,000 a run.
const (
	mostRefundsAsked = 5
	mostRefunds      = 200
)

// takeMoney lets staff give back parts of what was paid, and operators say what was
// paid by hand.
func (s *saga) takeMoney() {
	s.onRefund(s.mayRefund, func(ctx workflow.Context, r contract.Refund) (booking.Repaid, error) {
		s.parts.begun++
		p := byStaff(r)
		workflow.Go(s.ctx, func(ctx workflow.Context) { s.refundPart(ctx, p) })
		is, err := s.answerPart(ctx, p)
		if err == nil {
			s.noteDecision(ctx, contract.Entry{Decision: contract.RefundUpdate, Note: r.Note, By: r.By, Refund: &r.Amount})
		}
		return is, err
	})
	s.onResolve()
	s.onReturn()
	s.hearNotices()
	s.hearFailures()
}

// mayRefund is why a refund is not begun. Whether so much was paid and is left the ledger
// says: after a reset the order has yet to be charged again when the engine repeats the
// updates, and refunds that were begun before that have to be followed.
func (s *saga) mayRefund(r contract.Refund) error {
	if err := r.Check(); err != nil {
		return err
	}
	switch {
	case s.free():
		return notCharged()
	case r.Amount.Currency != s.in.Amount.Currency:
		return booking.Errorf(booking.Invalid, "amount.currency: is not the order's")
	case s.parts.asked >= mostRefundsAsked:
		return booking.Errorf(booking.DecisionPending, "earlier refunds of the order are still being begun").In(time.Second)
	case s.parts.begun >= mostRefunds:
		return booking.Errorf(contract.DecisionsExhausted, "the order takes no more refunds while it runs").In(time.Hour)
	default:
		return nil
	}
}

func unpayable() error {
	return booking.Errorf(booking.Invalid, "amount.amount: the payment provider cannot give back just so much") //replay:never the API lets no such amount in
}

func notCharged() error {
	return booking.Errorf(booking.NotCharged, "nothing was paid that could be given back")
}

// onRefund takes the update by which staff gives a part back.
func (s *saga) onRefund(rule func(contract.Refund) error, begin func(workflow.Context, contract.Refund) (booking.Repaid, error)) {
	handler := func(ctx workflow.Context, r contract.Refund) (booking.Repaid, error) {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		r.Note = booking.Lines(r.Note)
		return begin(ctx, r)
	}
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, contract.RefundUpdate, handler, workflow.UpdateHandlerOptions{
		Description: "Staff gives back a part of what was paid",
		Validator:   func(_ workflow.Context, r contract.Refund) error { return s.refused(rule(r)) },
	}))
}

// answerPart waits until the provider has been asked, and answers what came of that.
func (s *saga) answerPart(ctx workflow.Context, p *part) (booking.Repaid, error) {
	_ = workflow.Await(ctx, func() bool { return p.begun })
	switch p.is.Refused {
	case "":
		return p.is, nil
	case booking.RefundExceeds:
		return p.is, s.refused(contract.Exceeds(p.is.Left))
	case booking.Invalid:
		return p.is, s.refused(unpayable()) //replay:never the API lets no such amount in
	default:
		return p.is, s.refused(notCharged())
	}
}

// noteDecision shows a decision about money in the order's history. It has not moved
// the order.
func (s *saga) noteDecision(ctx workflow.Context, e contract.Entry) {
	e.Status, e.At = s.view.Status, s.now()
	s.view = s.view.Clone()
	s.view.History = append(s.view.History, e)
	if s.later != nil {
		s.later.Added = append(s.later.Added, e)
	}
	s.changed()
	s.publish(ctx)
}
