package e2e

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

var record = flag.Bool("record", false, "write the histories of TestRecordHistories to workflows/testdata, and the pictures of TestPages_Pictures to docs/pictures")

// branch is one course of an order.
type branch struct {
	run    func(*system) string // the order's id
	reason booking.Reason       // of its cancellation, "" if it is not cancelled
}

var lodgingBranches = map[string]branch{
	"lodging_checked_out":          {checkedOut, ""},
	"lodging_checked_out_early":    {checkedOutEarly, ""},
	"lodging_left_inventory_away":  {leftWhileInventoryAway, ""},
	"lodging_reset_of_left":        {resetOfLeft, ""},
	"lodging_sold_out":             {soldOut, booking.SoldOut},
	"lodging_declined":             {declined, booking.PaymentDeclined},
	"lodging_owner_confirms":       {ownerConfirms, booking.ByCustomer},
	"lodging_owner_rejects":        {ownerRejects, booking.RejectedByOwner},
	"lodging_owner_silent":         {ownerSilent, booking.OwnerTimeout},
	"lodging_owner_overtaken":      {ownerSuperseded, booking.ByOperator},
	"lodging_owner_not_told":       {ownerNotNotified, booking.ByCustomer},
	"lodging_customer_cancels":     {customerCancels, booking.ByCustomer},
	"lodging_cancelled_pending":    {cancelledPending, booking.ByCustomer},
	"lodging_declined_pending":     {declinedPending, booking.PaymentDeclined},
	"lodging_operator_cancels":     {operatorCancels, booking.ByOperator},
	"lodging_cancelled_unstarted":  {cancelledUnstarted, booking.ByOperator},
	"lodging_too_late":             {tooLate, booking.TooLate},
	"lodging_too_late_durable":     {tooLateDurable, booking.TooLate},
	"lodging_given_up":             {chargedTooLate, booking.TooLate},
	"lodging_undo_needs_attention": {undoNeedsAttention, booking.ByCustomer},
	"lodging_undo_failed_by_hand":  {undoFailedByHand, booking.ByCustomer},
	"lodging_read_model_away":      {readModelAway, booking.ByCustomer},
	"lodging_read_model_behind":    {readModelBehind, booking.ByCustomer},
	"lodging_reset_of_cancelled":   {resetOfCancelled, booking.ByCustomer},
	"lodging_reset_to_decision":    {resetToDecision, booking.RejectedByOwner},
	"lodging_every_step_durable":   {everyStepDurable, booking.ByCustomer},
	"lodging_kept_delivered":       {keptAndDelivered, booking.ByCustomer},
	"lodging_kept_change":          {keptChange, booking.ByCustomer},
	"lodging_kept_undelivered":     {keptAndNotDelivered, booking.OwnerTimeout},
	"lodging_kept_overtaken":       {keptAndSuperseded, booking.ByOperator},
	"lodging_kept_unknown":         {keptUnknown, booking.OwnerTimeout},
	"lodging_part_given_back":      {partRefunded, booking.ByCustomer},
	"lodging_all_given_back":       {allRefunded, booking.RejectedByOwner},
	"lodging_part_kept":            {partKept, booking.ByCustomer},
	"lodging_cancel_applied_again": {cancelAppliedAgain, booking.ByCustomer},
}

// overloadBranches are the branches in which the payment provider accepts no charges.
var overloadBranches = map[string]branch{
	"lodging_payment_deferred":           {deferredAfterAll, booking.ByCustomer},
	"lodging_payment_deferred_in_place":  {deferredInPlace, booking.ByCustomer},
	"lodging_payment_deferred_cancelled": {deferredAndCancelled, booking.ByCustomer},
	"lodging_payment_deferred_declined":  {deferredAndDeclined, booking.PaymentDeclined},
	"lodging_payment_deferred_too_late":  {deferredTooLate, booking.TooLate},
	"lodging_payment_unavailable":        {deferredTooLong, booking.PaymentUnavailable},
	"lodging_pay_now":                    {paidNow, booking.ByCustomer},
	"lodging_pay_now_unavailable":        {notPaidNow, booking.PaymentUnavailable},
	"lodging_pay_now_cancelled":          {notPaidNowButCancelled, booking.ByOperator},
	"lodging_pay_now_unstarted":          {notPaidNowUnstarted, booking.ByOperator},
	"cleaning_payment_deferred":          {visitDeferred, booking.ByCustomer},
	"lodging_refund_followed":            {refundFollowed, booking.ByCustomer},
	"lodging_for_nothing":                {stayForNothing, booking.ByCustomer},
	"cafe_for_nothing":                   {cupForNothing, booking.ByCustomer},
}

// ended waits for an order's end.
func (s *system) ended(order string) (v contract.View) {
	s.Helper()
	require.NoError(s, s.outcome(s.temporal.GetWorkflow(s.Context(), order, ""), &v))
	require.True(s, v.Status.Final())
	return v
}

// keptOf is the amount that a cancelled order has kept.
func keptOf(v contract.View) int64 {
	if v.FinalAmounts == nil {
		return 0
	}
	return v.FinalAmounts.Kept.Amount
}

// partRefunded: a cancel that expects a larger refund is refused; one that expects the right
// refund is accepted.
func partRefunded(s *system) string {
	order := s.accepted(s.reserve(s.place(9, halfRefunded)))
	s.becomes(order, booking.Confirmed)
	s.eventually(func() bool { // it is refused later if the order does not answer in time
		return s.post(reservations+"/"+order+"/cancel", object{"expect": "before:480h/99000"}).status == http.StatusConflict
	})
	s.carriedOut(func() answer { return s.post(reservations+"/"+order+"/cancel", object{"expect": "before:0s/49000"}) })
	return order
}

// partKept: the order is cancelled under a policy while the provider is away.
func partKept(s *system) string {
	order := s.accepted(s.reserve(s.place(9, halfRefunded)))
	s.becomes(order, booking.Confirmed)
	s.sandbox(object{"down": true})
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.attempts(order, "RefundKeeping") > 1 })
	s.sandbox(object{})
	return order
}

// allRefunded: the owner rejects the order, to which its policy does not apply.
func allRefunded(s *system) string {
	order := s.accepted(s.reserve(s.place(9, byOwner, halfRefunded)))
	s.carriedOut(func() answer { return s.decide(order, "reject") })
	return order
}

// owedByOthers is the amount that all other orders of the system owe.
func (s *system) owedByOthers(order string) (sum int64) {
	s.Helper()
	for _, o := range s.get("/v1/mypages?customerId=alice&limit=200").with(s, http.StatusOK).body.Items {
		if o["id"] == order {
			continue
		}
		if status, amount, refunded := s.payment(o["id"].(string)); status == string(booking.Charged) {
			sum += amount - refunded
		}
	}
	return sum
}

// keep stores a workflow's history when recording: that of a run, or of the last one.
func (s *system) keep(name, id, runID string) {
	s.Helper()
	if !*record {
		return
	}
	h := historypb.History{Events: s.historyOf(id, runID)}
	raw, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(&h)
	require.NoError(s, err)
	dir := filepath.Join("..", "workflows", "testdata", "histories")
	require.NoError(s, os.MkdirAll(dir, 0o755))
	require.NoError(s, os.WriteFile(filepath.Join(dir, name+".json"), append(raw, '\n'), 0o644))
}

// checkedOut is a stay that ends at the next full minute.
func checkedOut(s *system) string {
	return s.untilTold(func(int) (string, bool) { // on a busy machine the stay may have ended before the order starts
		in := s.endingSoon()
		s.startAt(in)
		return in.OrderID, s.ended(in.OrderID).Status == booking.Completed
	})
}

// untilTold repeats a story, each time with another order, until it takes the branch.
func (s *system) untilTold(story func(try int) (order string, takesBranch bool)) string {
	s.Helper()
	for try := range 20 {
		if order, takesBranch := story(try); takesBranch {
			return order
		}
	}
	require.FailNow(s, "the story does not take its branch")
	return ""
}

// endingSoon is a stay that ends at the next full minute. A date and a time of day allow nothing
// shorter, and the API accepts no stay that has begun.
func (s *system) endingSoon() contract.Lodging {
	in := s.startedLike(s.accepted(s.reserve(s.place(9))))
	end := time.Now().In(seoul).Truncate(time.Minute).Add(time.Minute)
	if time.Until(end) < 20*time.Second {
		end = end.Add(time.Minute)
	}
	in.OrderID += "-soon"
	in.CheckIn, in.CheckOut, in.Amount = booking.DateOf(end).AddDays(-1), booking.DateOf(end), in.Place.Price
	in.Place.CheckOutTime = booking.Clock{Hour: end.Hour(), Minute: end.Minute()}
	in.Place.ID = s.placeWithPast(in.CheckIn)
	return in
}

// endedStay: the stay had ended before a worker ran its order.
func (s *system) endedStay() contract.Lodging {
	in := s.startedLike(s.accepted(s.reserve(s.place(9))))
	in.OrderID += "-over"
	in.CheckIn, in.CheckOut = inDays(-3), inDays(-1)
	return in
}

func tooLate(s *system) string {
	in := s.endedStay()
	s.startAt(in)
	return in.OrderID
}

func tooLateDurable(s *system) string {
	in := s.endedStay()
	in.Policy.InPlace = false
	s.startAt(in)
	return in.OrderID
}

// chargedTooLate: the order waits for its charge until the stay has ended.
func chargedTooLate(s *system) string {
	in := s.endingSoon()
	s.sandbox(object{"down": true})
	return s.cancelledWhileDeferred(in) // the charge's state is retrieved when the provider is back
}

func soldOut(s *system) string { return s.refusedOrder(s.reserve(s.place(0))) }

// ownerSuperseded: the owner confirms and an operator cancels at the same moment. The owner's
// decision is still being recorded when the operator's comes.
func ownerSuperseded(s *system) string {
	return s.untilTold(func(int) (string, bool) {
		order := s.accepted(s.reserve(s.place(9, byOwner)))
		confirmed := s.sendUpdate(order, contract.ConfirmUpdate, contract.Decision{}, client.WorkflowUpdateStageAccepted)
		require.NoError(s, s.temporal.CancelWorkflow(s.Context(), order, ""))
		isRefused := confirmed() != nil
		s.ended(order)
		return order, isRefused
	})
}

func everyStepDurable(s *system) string {
	in := s.startedLike(s.accepted(s.reserve(s.place(9))))
	in.OrderID += "-durable"
	in.Policy.InPlace = false
	s.startAt(in)
	s.eventually(func() bool { return s.get("/v1/mypages/"+in.OrderID).body.Status == booking.Confirmed })
	s.carriedOut(func() answer { return s.decide(in.OrderID, "cancel") })
	return in.OrderID
}

func checkedOutEarly(s *system) string {
	order := s.accepted(s.reserve(s.place(9, fromMidnight), object{"checkIn": dawn.day}))
	s.carriedOut(func() answer { return s.decide(order, "complete") })
	return order
}

// leftWhileInventoryAway: the end of the stay is recorded in the inventory later.
func leftWhileInventoryAway(s *system) string {
	order := s.accepted(s.reserve(s.place(9, fromMidnight), object{"checkIn": dawn.day}))
	s.outages.stock.begin(errAway)
	s.decide(order, "complete").with(s, http.StatusAccepted)
	s.eventually(func() bool { return s.attempts(order, "EndStay") > 0 })
	s.outages.stock.end()
	return order
}

// resetOfLeft: a stay whose guests have left early is reset to its beginning.
func resetOfLeft(s *system) string {
	order := checkedOutEarly(s)
	s.ended(order)
	s.reset(order)
	return order
}

func declined(s *system) string {
	return s.refusedOrder(s.reserve(s.place(9), object{"paymentMethod": "pm_card_chargeDeclined"}))
}

func ownerConfirms(s *system) string {
	order := s.accepted(s.reserve(s.place(9, byOwner)))
	s.carriedOut(func() answer { return s.decide(order, "confirm") })
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

func ownerRejects(s *system) string {
	order := s.accepted(s.reserve(s.place(9, byOwner)))
	s.carriedOut(func() answer { return s.decide(order, "reject") })
	return order
}

func ownerSilent(s *system) string {
	return s.reserve(s.place(9, byOwner, object{"confirmWithin": "1s"})).body.ID
}

func customerCancels(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

func cancelledPending(s *system) string {
	s.sandbox(object{"down": true})
	order := s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.sandbox(object{})
	return order
}

func declinedPending(s *system) string {
	s.sandbox(object{"down": true})
	order := s.reserve(s.place(9), object{"paymentMethod": "pm_card_chargeDeclined"}).with(s, http.StatusAccepted).body.ID
	s.sandbox(object{})
	return order
}

func operatorCancels(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	require.NoError(s, s.temporal.CancelWorkflow(s.Context(), order, ""))
	return order
}

// cancelledUnstarted: the order is cancelled before a worker has run it.
func cancelledUnstarted(s *system) string {
	in := s.startedLike(s.accepted(s.reserve(s.place(9))))
	in.OrderID += "-unstarted"
	_, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{
		ID: in.OrderID, TaskQueue: contract.SagasQueue, StartDelay: time.Hour,
	}, contract.LodgingWorkflow, in)
	require.NoError(s, err)
	require.NoError(s, s.temporal.CancelWorkflow(s.Context(), in.OrderID, ""))
	return in.OrderID
}

func undoNeedsAttention(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.sandbox(object{"down": true})
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.get("/v1/mypages/" + order).body.NeedsAttention })
	s.sandbox(object{})
	return order
}

func readModelAway(s *system) string {
	s.readModel.away.Store(true)
	order := s.accepted(s.reserve(s.place(9)))
	s.readModel.away.Store(false)
	s.eventually(func() bool { return len(s.get("/v1/mypages?customerId=alice").body.Items) == 1 })
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

// ownerNotNotified: the order is cancelled while the message to the owner is being retried.
func ownerNotNotified(s *system) string {
	s.messageStore.away.Store(true)
	order := s.reserve(s.place(9)).with(s, http.StatusAccepted).body.ID
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	s.messageStore.away.Store(false)
	return order
}

// readModelBehind: a decision is made while the read model still lacks the changes before it.
func readModelBehind(s *system) string {
	s.readModel.away.Store(true)
	order := s.accepted(s.reserve(s.place(9, byOwner)))
	s.eventually(func() bool { return s.attempts(order, "PublishView") >= 4 }) // its next attempt is seconds away
	s.readModel.away.Store(false)
	s.carriedOut(func() answer { return s.decide(order, "confirm") })
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

// undoFailedByHand: an operator fails an undo's activity. The undo is still owed.
func undoFailedByHand(s *system) string {
	order := s.accepted(s.reserve(s.place(9)))
	s.sandbox(object{"latency": "1m"}) // while the provider is down an attempt ends at once
	s.acceptsPending(func() answer { return s.decide(order, "cancel") })
	s.eventually(func() bool { return s.get("/v1/mypages/" + order).body.NeedsAttention })
	s.eventually(func() bool { // only a running attempt can be failed
		refund := s.pendingActivities(order) // a new activity once the payment's state is known
		if len(refund) != 1 {
			return false
		}
		_, err := s.temporal.WorkflowService().RespondActivityTaskFailedById(s.Context(), &workflowservice.RespondActivityTaskFailedByIdRequest{
			Namespace: s.namespace, WorkflowId: order, ActivityId: refund[0].ActivityId,
			Failure: &failurepb.Failure{Message: "give it up", FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
				ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{NonRetryable: true},
			}},
		})
		return err == nil
	})
	s.sandbox(object{})
	return order
}

// resetOfCancelled: a cancelled order is reset to its beginning. Every step returns that it was
// undone; nothing is charged again.
func resetOfCancelled(s *system) string {
	order := customerCancels(s)
	s.ended(order)
	s.reset(order)
	return order
}

// resetToDecision: the order is confirmed, reset to just before that, and rejected.
func resetToDecision(s *system) string {
	order := s.accepted(s.reserve(s.place(9, byOwner)))
	s.carriedOut(func() answer { return s.decide(order, "confirm") })
	s.shows(order, booking.Confirmed)
	s.resetTo(order, s.workflowTask(order, 2))
	s.shows(order, booking.AwaitingOwner)
	s.carriedOut(func() answer { return s.decide(order, "reject") })
	return order
}

// reset resets an order's workflow to its beginning.
func (s *system) reset(order string) {
	s.Helper()
	s.resetTo(order, s.workflowTask(order, 1))
}

// resetTo resets an order's workflow to before the completion of a workflow task, without the
// later decisions.
func (s *system) resetTo(order string, taskCompleted int64) {
	s.Helper()
	_, err := s.temporal.WorkflowService().ResetWorkflowExecution(s.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: s.namespace, WorkflowExecution: execution(order), Reason: "test", RequestId: order,
		WorkflowTaskFinishEventId: taskCompleted,
		ResetReapplyExcludeTypes:  []enumspb.ResetReapplyExcludeType{enumspb.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE},
	})
	require.NoError(s, err)
}

// workflowTask is the event at which the n-th workflow task of an order was
// completed.
func (s *system) workflowTask(order string, n int) int64 {
	s.Helper()
	for _, e := range s.history(order) {
		if e.EventType == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			if n--; n == 0 {
				return e.EventId
			}
		}
	}
	require.Fail(s, "no such workflow task", order)
	return 0
}
