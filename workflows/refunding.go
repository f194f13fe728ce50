package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Refund refunds a part of the payment of an order whose saga has ended. It runs until the
// refund has ended, and returns the outcome.
func Refund(ctx workflow.Context, in contract.Refunding) (booking.Repaid, error) {
	s := afterEnd(ctx, in)
	if err := s.checkInput(func() error { return mayRefundLater(s.ctx, in) }); err != nil {
		return booking.Repaid{}, err
	}
	p := byStaff(in.Refund)
	s.onRefund(func(contract.Refund) error { return nil }, func(ctx workflow.Context, _ contract.Refund) (booking.Repaid, error) {
		return s.answerPart(ctx, p)
	})
	s.onResolve()
	s.handleNotices()
	s.refundPart(s.ctx, p)
	s.awaitClose()
	return p.is, nil
}

// afterEnd makes a saga for a refund of an order whose own saga has ended. It has only the
// fields that a refund needs. The read model has the last view of the order's saga already.
func afterEnd(ctx workflow.Context, in contract.Refunding) *saga {
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	v := in.Order
	return &saga{
		order: order{ctx: disconnected, view: v, policy: in.Policy.WithDefaults(), decision: &v, knownDecision: true, knownVersion: v.Version,
			refundAfterEnd: &contract.RefundAfterEnd{Refund: in.Refund.ID}},
		afterEnd: true,
		in:       contract.Order{OrderID: v.ID, CustomerID: v.CustomerID, Amount: v.Amount},
	}
}

// mayRefundLater returns Invalid if this workflow cannot make a refund with this input.
func mayRefundLater(ctx workflow.Context, in contract.Refunding) error {
	if err := in.Check(); err != nil {
		return err
	}
	if id := contract.RefundWorkflowID(in.Order.ID, in.Refund.ID); id != workflow.GetInfo(ctx).WorkflowExecution.ID {
		return booking.Errorf(booking.Invalid, "refund.id: the workflow's id must be the order's and the refund's")
	}
	return nil
}

// part is one refund of a part of the payment, while it is under way: by staff, for a change,
// or for an early departure.
type part struct {
	contract.Refund
	key    string // the key of its entry in the ledger
	reason booking.EntryReason
	is     booking.Repaid
	begun  bool // the provider has been called, or the ledger has refused the refund
	failed bool // the order was marked for this refund, and the customer was notified
	// again is added to the keys of the refund's messages if it has failed after it was done:
	// its first messages have the keys without it.
	again string
	// unconfirmed: a signal says that the refund has failed, and the ledger has not confirmed
	// that yet.
	unconfirmed bool
	// quiet: the customer was notified when the refund was done the first time. They are
	// notified again only if the order was marked for it.
	quiet bool
}

func byStaff(r contract.Refund) *part {
	return &part{Refund: r, key: r.Key(), reason: booking.Goodwill}
}

// ended reports whether the refund has ended: the customer has the money, or the refund was
// refused.
func (p *part) ended() bool { return p.is.Refused != "" || p.is.Entry.State == booking.EntryDone }

// isNews reports whether the customer is to be notified of the refund's end.
func (p *part) isNews() bool { return p.failed || !p.quiet }

// parts is the state of the refunds in part, of the messages beside the story, and of the calls
// that an operator may resolve.
type parts struct {
	open           int                      // how many refunds and changes are under way
	failing        []*part                  // the refunds that have kept failing for longer than AttentionAfter
	sending        int                      // how many messages beside the story are being sent
	sent           int                      // how many of those have been sent
	lastSentAt     time.Time                // the time of the last of them
	awaitingLedger int                      // how many refunds wait for the ledger's first answer
	begun          int                      // how many refunds staff has begun
	resolving      bool                     // a refund by hand is being recorded
	resolved       int                      // how often that was begun
	unknownCharges []string                 // the keys of charges for changes whose outcome is unknown and needs a person
	attempts       []*attempt               // the running attempts of resolvable calls
	refunded       int64                    // the sum of the refunds that are done
	retries        int                      // how often retryAttempts was called
	following      []string                 // the keys of the refunds that are under way
	missed         map[string]booking.Entry // the failures of these that were signalled meanwhile, by key
}

// refundPart makes a refund in part: it repeats requestPart until the refund has ended. If the
// provider cannot make the refund, a person has to pay it by hand, or to remove the cause.
func (s *saga) refundPart(ctx workflow.Context, p *part) {
	s.parts.open++
	defer func() { s.parts.open-- }()
	defer s.following(p.key)()
	if !p.begun {
		s.parts.awaitingLedger++
	}
	for !p.begun || !p.ended() {
		if p.is.Entry.State == booking.EntryFailed {
			s.callPerson(ctx, p)
		}
		s.requestPart(ctx, p)
	}
	s.clearPartMark(p)
	if p.is.Entry.State == booking.EntryDone {
		s.parts.refunded += p.is.Entry.Amount.Amount
		if p.isNews() {
			s.notifyRefunded(ctx, p)
		}
	} else if p.is.Entry.State == booking.EntryFailed && notifiesRefundEnds(ctx, p.isNews()) {
		s.notifyRefundEnded(ctx, p)
	}
	s.showPending(ctx)
}

// requestPart writes the entry and calls the provider, in one activity. The start of the
// activity records in the history that the refund was requested, before anything is done: see
// record. If the saga knows the entry's state already, the activity waits until the state or
// its words change, or until the refund was paid by hand.
func (s *saga) requestPart(ctx workflow.Context, p *part) {
	e := booking.Entry{
		OrderID: s.in.OrderID, Key: p.key, Amount: p.Amount, Reason: p.reason, By: p.By, Note: p.Note,
		State: p.is.Entry.State, Words: p.is.Entry.Words,
	}
	c := call{
		name: "refund a part", queue: contract.PaymentsQueue, resolvable: true, do: payments.RefundPart, with: e,
		onFailing: s.markFailingPart(p), part: p,
	}
	var is booking.Repaid
	if s.retryMarkingAfter(ctx, c, &is, s.attentionAfterFor(ctx, p)) {
		p.is.Entry.Words = ""
		return
	}
	if p.is, p.unconfirmed = is, false; !p.begun {
		p.begun, s.parts.awaitingLedger = true, s.parts.awaitingLedger-1
	}
}

// notifyRefunded notifies the customer that the refund is made, and emits its event.
func (s *saga) notifyRefunded(ctx workflow.Context, p *part) {
	amount := p.is.Entry.Amount
	s.notifyOfRefund(&amount, contract.RefundMessage(p.ID)+p.again, booking.RefundedMessage)
	paid := s.paymentIn(p.is.Payment)
	paid.Refunded.Amount = p.is.RefundedInAll
	if s.paid != nil {
		s.paid = &paid
	}
	with := paid
	with.Part = &amount
	data := s.view.EventData()
	data.By, data.Payment = p.By, &with
	s.emitData(booking.PaymentRefunded, data, p.ID+p.again)
	s.publish(ctx)
}

// notifyOfRefund sends the customer a message about a refund. The refund does not wait for it.
func (s *saga) notifyOfRefund(refund *booking.Money, key string, messageType booking.MessageType) {
	m := s.message(notice{key: key, recipientID: s.in.CustomerID, messageType: messageType, data: booking.MessageData{
		For: booking.ForCustomer, Item: s.view.Item.Name, Refund: refund,
	}})
	s.sendBeside("notify customer of a refund", m)
}

// notifyRefundEnded notifies customer and staff that a failed refund is not made any more,
// since the customer has the money in another way.
func (s *saga) notifyRefundEnded(ctx workflow.Context, p *part) {
	amount := p.is.Entry.Amount
	s.notifyOfRefund(&amount, contract.RefundEndedMessage(p.ID)+p.again, booking.RefundEndedMessage)
	if p.reason == booking.Goodwill {
		s.noteDecision(ctx, contract.Entry{Decision: contract.RefundUpdate, Refused: booking.RefundExceeds, By: p.By, Refund: &amount})
	}
}

// sendBeside sends a message in a coroutine of its own. Messages are sent in order, so that the
// last one that arrives is true.
func (s *saga) sendBeside(name string, m booking.Message) {
	before := s.parts.sent + s.parts.sending
	s.parts.sending++
	if !m.At.After(s.parts.lastSentAt) {
		m.At = s.parts.lastSentAt.Add(time.Microsecond)
	}
	s.parts.lastSentAt = m.At
	workflow.Go(s.ctx, func(ctx workflow.Context) {
		if s.parts.sent < before && messagesInTurn(ctx) {
			_ = workflow.Await(ctx, func() bool { return s.parts.sent >= before })
		}
		var outcome booking.Outcome
		s.retryMarkingAfter(ctx, call{name: name, queue: contract.NotificationsQueue, do: notifications.Notify, with: m}, &outcome, 0)
		s.parts.sending--
		s.parts.sent++
	})
}

// Limits of the refunds of one order. The engine accepts ten updates in flight, and 2,000 in a
// run.
const (
	maxAwaitingLedger = 5
	maxRefunds        = 200
	maxResolutions    = 50
)

// registerMoneyUpdates registers the updates and signals about the order's money: refunds by staff,
// refunds paid by hand, the customer's return, and the provider's notices.
func (s *saga) registerMoneyUpdates() {
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
	s.handleNotices()
	s.handleFailures()
}

// mayRefund returns the error for which a refund by staff is not begun. The ledger checks how
// much is left. mayRefund cannot: after a reset the engine applies the updates again before the
// order is charged, and the refunds that were begun before have to be followed.
func (s *saga) mayRefund(r contract.Refund) error {
	if err := r.Check(); err != nil {
		return err
	}
	switch {
	case s.free():
		return notCharged()
	case r.Amount.Currency != s.in.Amount.Currency:
		return booking.Errorf(booking.Invalid, "amount.currency: is not the order's")
	case s.parts.awaitingLedger >= maxAwaitingLedger:
		return booking.Errorf(booking.DecisionPending, "earlier refunds of the order are still being begun").RetryIn(time.Second)
	case s.parts.begun >= maxRefunds:
		return booking.Errorf(contract.DecisionsExhausted, "the order accepts no more refunds while it runs").RetryIn(time.Hour)
	default:
		return nil
	}
}

func unpayable() error {
	return booking.Errorf(booking.Invalid, "amount.amount: the payment provider cannot refund exactly this amount") //replay:never the API lets no such amount in
}

func notCharged() error {
	return booking.Errorf(booking.NotCharged, "nothing was paid that could be refunded")
}

// onRefund registers the update by which staff refunds a part.
func (s *saga) onRefund(rule func(contract.Refund) error, begin func(workflow.Context, contract.Refund) (booking.Repaid, error)) {
	handler := func(ctx workflow.Context, r contract.Refund) (booking.Repaid, error) {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		r.Note = booking.Lines(r.Note)
		return begin(ctx, r)
	}
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, contract.RefundUpdate, handler, workflow.UpdateHandlerOptions{
		Description: "Staff refunds a part of what was paid",
		Validator:   func(_ workflow.Context, r contract.Refund) error { return s.asUpdateError(rule(r)) },
	}))
}

// answerPart waits until the provider has been called, or the ledger has refused the refund,
// and returns the outcome.
func (s *saga) answerPart(ctx workflow.Context, p *part) (booking.Repaid, error) {
	_ = workflow.Await(ctx, func() bool { return p.begun })
	switch p.is.Refused {
	case "":
		return p.is, nil
	case booking.RefundExceeds:
		return p.is, s.asUpdateError(contract.Exceeds(p.is.Left))
	case booking.Invalid:
		return p.is, s.asUpdateError(unpayable()) //replay:never the API lets no such amount in
	default:
		return p.is, s.asUpdateError(notCharged())
	}
}

// noteDecision adds a decision about money to the order's history. It does not change the
// status.
func (s *saga) noteDecision(ctx workflow.Context, e contract.Entry) {
	e.Status, e.At = s.view.Status, s.now()
	s.view = s.view.Clone()
	s.view.History = append(s.view.History, e)
	if s.refundAfterEnd != nil {
		s.refundAfterEnd.Added = append(s.refundAfterEnd.Added, e)
	}
	s.changed()
	s.publish(ctx)
}
