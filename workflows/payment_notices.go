package workflows

import (
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// PaymentNotices handles the payment provider's notices about an order's payment. There is one
// such workflow for each order, whether its saga runs or has ended, and each notice is a
// signal. A notice is only a hint: the payment's state is retrieved and recorded, and calls
// that wait for that money are made again at once. While a dispute is open the order is marked
// and checked regularly, since a notice may be lost.
func PaymentNotices(ctx workflow.Context, in contract.Notices) error {
	n := &notices{ctx: ctx, in: in.Normalized(begins(ctx)), received: workflow.GetSignalChannel(ctx, contract.NoticeSignal)}
	if err := n.in.Check(); err != nil {
		return refusedInput(err)
	}
	for range n.in.Checks {
		n.drain()
		payment, err := n.checkPayment()
		if err != nil {
			return err //replay:never only a cancellation of the workflow leads here
		}
		if payment.Unconfirmed {
			_ = n.signal(n.in.OrderID).Get(ctx, nil) // an order that has ended refunds the payment
		}
		running := n.signalWaiting(payment.Refunds)
		unfollowed, err := n.haveFollowed(payment.Failed, running)
		if err != nil {
			return err //replay:never only a cancellation of the workflow leads here
		}
		order, err := n.mark(payment.Disputes)
		if err != nil {
			return err //replay:never only a cancellation of the workflow leads here
		}
		if err := n.notifyLost(payment.Lost, order); err != nil {
			return err //replay:never only a cancellation of the workflow leads here
		}
		unsent, err := n.notifyLate(payment.Refunded, order)
		if err != nil {
			return err //replay:never only a cancellation of the workflow leads here
		}
		if err := n.waitFor(payment.Disputes, unfollowed || unsent); err != nil {
			return err //replay:never only a cancellation of the workflow leads here
		}
		if len(payment.Disputes) == 0 && !unfollowed && !unsent && n.received.Len() == 0 {
			return nil
		}
	}
	n.drain() // the next run checks at once
	return workflow.NewContinueAsNewError(ctx, contract.NoticesWorkflow, n.in)
}

// notices is the state of the workflow of one order.
type notices struct {
	ctx      workflow.Context
	in       contract.Notices
	received workflow.ReceiveChannel
}

// drain receives the notices that have arrived. One check is enough for all of them.
func (n *notices) drain() {
	var notice booking.PaymentNotice
	for n.received.ReceiveAsync(&notice) {
		workflow.GetLogger(n.ctx).Info("payment notice", "order", n.in.OrderID, "notice", notice.ID, "what", notice.What)
		n.in.ChecksWithoutNotice = 0
	}
}

// checkPayment updates the ledger with the provider's state of the payment.
func (n *notices) checkPayment() (is booking.ChargeChecked, err error) {
	err = n.do("check the payment", contract.PaymentsQueue, payments.LookAgain, booking.ChargeCheck{OrderID: n.in.OrderID, Confirms: true}, &is)
	if err == nil && is.Status == "" {
		workflow.GetLogger(n.ctx).Warn("payment notice of an order that has no payment", "order", n.in.OrderID)
	}
	return is, err
}

// do retries an activity until it is done.
func (n *notices) do(name, queue string, activity, with, result any) error {
	for {
		err := durably(n.ctx, call{name: name, queue: queue, do: activity, with: with}).Get(n.ctx, result)
		if err == nil || n.ctx.Err() != nil {
			return err
		}
		_ = workflow.Sleep(n.ctx, pause) //replay:never only an operator can have failed it
	}
}

// signalWaiting signals the order's saga and the workflows of its refunds, which begin after
// the saga's end. It returns which of them run.
func (n *notices) signalWaiting(refunds []string) (run map[string]bool) {
	run = map[string]bool{}
	if len(refunds) == 0 {
		return run
	}
	waiting := []string{n.in.OrderID}
	for _, key := range refunds {
		_, ofStaff := contract.RefundID(key)
		if id, ours := contract.RefundIDOf(n.in.OrderID, key); ofStaff || ours && signalsAllRefunds(n.ctx) {
			waiting = append(waiting, contract.RefundWorkflowID(n.in.OrderID, id))
		}
	}
	signals := make([]workflow.Future, len(waiting))
	for i, id := range waiting {
		signals[i] = n.signal(id)
	}
	for i, t := range signals {
		run[waiting[i]] = t.Get(n.ctx, nil) == nil
	}
	return run
}

// signal signals a workflow that the payment may have changed.
func (n *notices) signal(id string) workflow.Future {
	return workflow.SignalExternalWorkflow(n.ctx, id, "", contract.PaymentNoticeSignal, nil)
}

// haveFollowed makes sure that failed refunds are followed which were done before and so are
// not followed any more: by the order's saga or, after its end, by a workflow of the refund's
// own. unfollowed: some cannot be followed yet.
func (n *notices) haveFollowed(failed []booking.Entry, run map[string]bool) (unfollowed bool, err error) {
	if len(failed) == 0 || !followsFailures(n.ctx, 1) {
		return false, nil
	}
	if run[n.in.OrderID] {
		if failed = n.signalSaga(failed); len(failed) == 0 || !followsFailures(n.ctx, 2) {
			return false, nil
		}
	}
	var order contract.View
	if err := n.do("read the order", contract.MypageQueue, mypage.ReadOrder, n.in.OrderID, &order); err != nil {
		return false, err //replay:never only a cancellation of the workflow leads here
	}
	for _, e := range failed {
		in := contract.RefundingAgain{Entry: e, Order: order}
		if id := contract.RefundWorkflowID(n.in.OrderID, in.Refund().ID); !run[id] && order.Status.Final() {
			n.begin(id, in)
		}
	}
	return !order.Status.Final(), nil
}

// signalSaga signals failed refunds to the order's saga. It returns those that it could not
// signal, since the saga has ended meanwhile.
func (n *notices) signalSaga(failed []booking.Entry) (unsent []booking.Entry) {
	for _, e := range failed {
		if workflow.SignalExternalWorkflow(n.ctx, n.in.OrderID, "", contract.RefundFailedSignal, e).Get(n.ctx, nil) != nil {
			unsent = append(unsent, e) //replay:never the saga would have to end between two signals
		}
	}
	return unsent
}

// begin starts the workflow of a refund, unless it runs. That workflow outlives this one.
func (n *notices) begin(id string, in contract.RefundingAgain) {
	ctx := workflow.WithChildOptions(n.ctx, workflow.ChildWorkflowOptions{
		WorkflowID: id, TaskQueue: contract.SagasQueue, ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary: "refund that has failed, order " + n.in.OrderID,
	})
	_ = workflow.ExecuteChildWorkflow(ctx, contract.RefundAgainWorkflow, in).GetChildWorkflowExecution().Get(ctx, nil)
}

// mark shows on mypage, and in the list of workflows, whether the order is disputed. Each new
// dispute, and each new due time for evidence, is logged and counted.
func (n *notices) mark(open []booking.Dispute) (order activities.DisputedOrder, err error) {
	with := activities.OpenDisputes{OrderID: n.in.OrderID, Disputes: open}
	if err := n.do("show disputes on mypage", contract.MypageQueue, mypage.NoteDisputes, with, &order); err != nil {
		return order, err //replay:never only a cancellation of the workflow leads here
	}
	if n.areNews(open) {
		workflow.GetLogger(n.ctx).Error("order needs attention", "order", n.in.OrderID, "cause", disputesInWords(open))
		workflow.GetMetricsHandler(n.ctx).WithTags(map[string]string{"kind": string(booking.KindOf(n.in.OrderID))}).
			Counter(markedCounter).Inc(1)
	}
	switch {
	case len(open) > 0 && !n.in.Marked:
		must(workflow.UpsertTypedSearchAttributes(n.ctx, contract.DisputedAttributes(order.CustomerID, order.OwnerID, order.ItemID)...))
	case len(open) == 0 && n.in.Marked:
		must(workflow.UpsertTypedSearchAttributes(n.ctx, contract.NeedsAttentionAttribute.ValueSet(false)))
	}
	n.in.Marked, n.in.Open = len(open) > 0, map[string]time.Time{}
	for _, d := range open {
		n.in.Open[d.ID] = d.EvidenceDueBy
	}
	return order, nil
}

// notifyLost notifies the order's owner of each lost dispute, once. The owner of an order
// without a row is unknown.
func (n *notices) notifyLost(lost []booking.Dispute, order activities.DisputedOrder) error {
	unsent := slices.DeleteFunc(lost, func(d booking.Dispute) bool { return order.OwnerID == "" || slices.Contains(n.in.Lost, d.ID) })
	if len(unsent) == 0 || !notifiesOfLoss(n.ctx) {
		return nil
	}
	for _, d := range unsent {
		amount := d.Amount
		err := n.notify("notify owner of a lost dispute", booking.Message{
			Key: contract.MessageKey(n.in.OrderID, contract.DisputeLostMessage(d.ID)), RecipientID: order.OwnerID, Type: booking.DisputeLostMessage,
			Data: booking.MessageData{For: booking.ForOwner, Item: order.ItemName, Refund: &amount},
		})
		if err != nil {
			return err //replay:never only a cancellation of the workflow leads here
		}
		n.in.Lost = append(n.in.Lost, d.ID)
	}
	return nil
}

// notifyLate notifies the customer, once, that a payment which arrived after the order's end
// was refunded. A workflow that follows the refund sends that message itself, after its other
// messages. unsent: the message has to wait, since only the order's end shows whether it was
// ever placed.
func (n *notices) notifyLate(refunded *booking.Money, order activities.DisputedOrder) (unsent bool, err error) {
	if refunded == nil || n.in.Late || !order.NeverPlaced && !order.NotYetPlaced || !notifiesLatePayments(n.ctx, 1) {
		return false, nil
	}
	if order.NotYetPlaced {
		return notifiesLatePayments(n.ctx, 2), nil
	}
	n.in.Late = true
	if n.signal(contract.RefundWorkflowID(n.in.OrderID, contract.CancelRefund)).Get(n.ctx, nil) == nil {
		return false, nil //replay:never the workflow would have to be following the refund in the moment in which it ends
	}
	return false, n.notify("notify customer of the refund of a late payment", booking.Message{
		Key: contract.MessageKey(n.in.OrderID, contract.LatePaymentMessage), RecipientID: order.CustomerID, Type: booking.LatePaymentMessage,
		Data: booking.MessageData{For: booking.ForCustomer, Item: order.ItemName, Refund: refunded},
	})
}

// notify sends a message about the order.
func (n *notices) notify(name string, m booking.Message) error {
	m.OrderID, m.At, m.Data.Kind = n.in.OrderID, workflow.Now(n.ctx), booking.KindOf(n.in.OrderID)
	var outcome booking.Outcome
	return n.do(name, contract.NotificationsQueue, notifications.Notify, m, &outcome)
}

// areNews reports whether a dispute, or its due time for evidence, was unknown at the last
// check.
func (n *notices) areNews(open []booking.Dispute) bool {
	return slices.ContainsFunc(open, func(d booking.Dispute) bool {
		due, known := n.in.Open[d.ID]
		return !known || !due.Equal(d.EvidenceDueBy)
	})
}

func disputesInWords(open []booking.Dispute) string {
	words := make([]string, len(open))
	for i, d := range open {
		words[i] = d.Words()
	}
	return strings.Join(words, "; ")
}

// How long a disputed order is not checked without a notice: longer each time. A dispute may
// take months.
const (
	firstCheckAfter   = time.Hour
	longestCheckAfter = 24 * time.Hour
)

// waitFor waits for a notice, or for the next check without one. It returns at once unless a
// dispute is open, or the order has to end before a refund can be followed or its message
// sent.
func (n *notices) waitFor(open []booking.Dispute, waits bool) error {
	if len(open) == 0 && !waits {
		return nil
	}
	if len(open) > 0 {
		workflow.SetCurrentDetails(n.ctx, "**needs attention**: "+disputesInWords(open))
	}
	timeout := min(firstCheckAfter<<min(n.in.ChecksWithoutNotice, 5), longestCheckAfter)
	n.in.ChecksWithoutNotice++
	_, err := await(n.ctx, timeout, "until the next check without a notice", func() bool { return n.received.Len() > 0 })
	return err
}
