package e2e

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

var foodBranches = map[string]branch{
	"food_started_too_late":      {mealStartedTooLate, booking.NotProcessed},
	"food_withdrawn":             {mealWithdrawn, booking.ByCustomer},
	"food_delivered":             {mealDelivered, ""},
	"food_declined":              {mealDeclined, booking.PaymentDeclined},
	"food_declined_pending":      {mealDeclinedPending, booking.PaymentDeclined},
	"food_cancelled":             {mealCancelled, booking.ByCustomer},
	"food_cancelled_pending":     {mealCancelledPending, booking.ByCustomer},
	"food_cancelled_unstarted":   {mealUnstarted, booking.ByOperator},
	"food_cancelled_paid":        {mealCancelledPaid, booking.ByOperator},
	"food_delivery_unavailable":  {mealDeliveryUnavailable, booking.ByCustomer},
	"food_cancel_unknown":        {mealCancelUnknown, booking.ByCustomer},
	"food_every_step_durable":    {mealDurable, booking.ByCustomer},
	"food_courier_late":          {mealCourierLate, ""},
	"food_called_off_when_given": {mealCancelledWhileCompleting, ""},
	"food_settled":               {mealSettled, booking.ByOperator},
	"food_settled_cancelling":    {mealSettledCancelling, booking.ByCustomer},
	"food_stopped_before":        {mealStoppedBefore, booking.ByOperator},
	"food_stopped_unknowingly":   {mealStoppedUnknowingly, booking.ByCustomer},
	"food_shop_not_told":         {mealShopNotNotified, booking.ByOperator},
	"food_ledger_away":           {mealLedgerAway, booking.PaymentUnavailable},
	"food_not_handed_over":       {mealTooLate, booking.TooLate},
	"food_courier_waits":         {mealCourierWaits, ""},
	"food_courier_comes_second":  {mealCourierSecond, booking.ByCustomer},
	"food_delivery_not_served":   {mealDeliveryNotServed, ""},
	"food_nothing_given_back":    {mealNothingRefunded, booking.ByCustomer},
}

var cafeBranches = map[string]branch{
	"cafe_served":               {cupServed, ""},
	"cafe_sold_out":             {cupSoldOut, booking.SoldOut},
	"cafe_unavailable":          {cupUnavailable, booking.CafeUnavailable},
	"cafe_hold_unknown":         {cupHoldUnknown, ""},
	"cafe_declined":             {cupDeclined, booking.PaymentDeclined},
	"cafe_paid_later":           {cupPaidLater, ""},
	"cafe_cancelled":            {cupCancelled, booking.ByCustomer},
	"cafe_cancelled_unstarted":  {cupUnstarted, booking.ByOperator},
	"cafe_cancelled_pending":    {cupCancelledPending, booking.ByCustomer},
	"cafe_cancelled_paid":       {cupCancelledPaid, booking.ByCustomer},
	"cafe_drink_deleted":        {cupDeleted, booking.MenuDeleted},
	"cafe_called_off_as_served": {cupServedWhenCancelled, ""},
	"cafe_stopped_before":       {cupStoppedBefore, booking.ByOperator},
	"cafe_stopped_unknowingly":  {cupStoppedUnknowingly, booking.ByCustomer},
	"cafe_kitchen_late":         {cupLate, ""},
	"cafe_day_over":             {cupDayPassed, booking.TooLate},
	"cafe_too_late":             {cupTooLate, booking.PaymentUnavailable},
	"cafe_stopped_untold":       {cupStoppedUnnotified, ""},
	"cafe_part_given_back":      {cupPartRefunded, booking.ByCustomer},
}

var cleaningBranches = map[string]branch{
	"cleaning_done":                {visitDone, ""},
	"cleaning_for_nothing":         {visitForNothing, ""},
	"cleaning_not_registered":      {visitNotRegistered, booking.NotRegistered},
	"cleaning_waits":               {visitWaits, ""},
	"cleaning_paid_later":          {visitPaidLater, ""},
	"cleaning_cancelled":           {visitCancelled, booking.ByCustomer},
	"cleaning_cancelled_unstarted": {visitUnstarted, booking.ByOperator},
	"cleaning_cancelled_pending":   {visitCancelledPending, booking.ByCustomer},
	"cleaning_cancelled_waiting":   {visitCancelledWaiting, booking.ByCustomer},
	"cleaning_cancelled_unpriced":  {visitCancelledUnpriced, booking.ByCustomer},
	"cleaning_cancelled_untold":    {visitCancelledUnnotified, booking.ByCustomer},
	"cleaning_cancelled_silently":  {visitCancelledSilently, booking.ByCustomer},
	"cleaning_called_off_as_done":  {visitDoneWhenCancelled, ""},
	"cleaning_stopped_before":      {visitStoppedBefore, booking.ByOperator},
	"cleaning_untold_unknowingly":  {visitUnnotifiedAndReset, booking.ByCustomer},
	"cleaning_stopped_unknowingly": {visitStoppedUnknowingly, booking.ByCustomer},
	"cleaning_unassigned":          {visitUnassigned, booking.ByCustomer},
	"cleaning_nobody_free":         {visitNoCleanerFree, ""},
	"cleaning_cleaner_late":        {visitLate, ""},
	"cleaning_too_late":            {visitTooLate, booking.PaymentUnavailable},
	"cleaning_stopped_untold":      {visitStoppedUnnotified, ""},
}

// newOrder has the input that all orders have in common.
func newOrder(kind booking.Kind, price int64, change ...func(*contract.Order)) contract.Order {
	o := contract.Order{
		OrderID: string(kind) + "-recorded", CustomerID: "alice", Amount: booking.Money{Amount: price, Currency: "KRW"},
		PaymentMethod: "pm_card_visa", PlacedAt: time.Now().UTC().Truncate(time.Microsecond),
		Policy: contract.Policy{
			InPlace: true, AttentionAfter: booking.Duration(time.Minute), PayWithin: booking.Duration(10 * time.Minute),
			HandOverWithin: booking.Duration(time.Hour), AnswerWithin: booking.Duration(time.Minute),
			DeliverWithin: booking.Duration(time.Hour), ServeWithin: booking.Duration(time.Hour), ServeAfterDay: booking.Duration(time.Hour),
			AssignWithin: booking.Duration(time.Hour), CleanWithin: booking.Duration(time.Hour),
		},
	}
	for _, c := range change {
		c(&o)
	}
	return o
}

func notInPlace(o *contract.Order)   { o.Policy.InPlace = false }
func cardDeclined(o *contract.Order) { o.PaymentMethod = "pm_card_chargeDeclined" }

func (s *system) newMeal(change ...func(*contract.Order)) contract.Food {
	return contract.Food{
		Order:    newOrder(booking.Food, 24000, change...),
		Menu:     booking.Menu{ID: "menu-1", Name: "Bibimbap", OwnerID: "bora", Price: booking.Money{Amount: 12000, Currency: "KRW"}},
		Quantity: 2, Address: "1 Harbour Road",
	}
}

// run starts an order's saga without the API.
func (s *system) run(workflow string, in interface{ View() contract.View }, delay ...time.Duration) string {
	s.Helper()
	v := in.View()
	options := client.StartWorkflowOptions{ID: v.ID, TaskQueue: contract.SagasQueue, TypedSearchAttributes: contract.Attributes(v)}
	for _, d := range delay {
		options.StartDelay = d
	}
	_, err := s.temporal.ExecuteWorkflow(s.Context(), options, workflow, in)
	require.NoError(s, err)
	return v.ID
}

// shows waits until mypage shows the order with the status.
func (s *system) shows(order string, status booking.Status) {
	s.Helper()
	s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Status == status })
}

// update sends a decision without the API and returns the refusal's code.
func (s *system) update(order, name string) booking.Code {
	s.Helper()
	err := s.updated(order, name, contract.Decision{Note: "so I say"})
	if refusal := (*temporal.ApplicationError)(nil); errors.As(err, &refusal) {
		return booking.Code(refusal.Type())
	}
	require.NoError(s, err)
	return ""
}

func (s *system) cancelWorkflow(order string) {
	s.Helper()
	require.NoError(s, s.temporal.CancelWorkflow(s.Context(), order, ""))
}

func mealDelivered(s *system) string {
	order := s.run(contract.FoodWorkflow, s.newMeal())
	s.shows(order, booking.Delivering)
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func mealDeclined(s *system) string { return s.run(contract.FoodWorkflow, s.newMeal(cardDeclined)) }

func mealDeclinedPending(s *system) string {
	s.sandbox(object{"down": true})
	order := s.run(contract.FoodWorkflow, s.newMeal(cardDeclined))
	s.shows(order, booking.PaymentPending)
	s.sandbox(object{})
	return order
}

func mealCancelled(s *system) string {
	order := s.run(contract.FoodWorkflow, s.newMeal())
	s.shows(order, booking.Delivering)
	s.cancels(order)
	return order
}

func mealCancelledPending(s *system) string {
	s.sandbox(object{"down": true})
	order := s.run(contract.FoodWorkflow, s.newMeal())
	s.shows(order, booking.PaymentPending)
	s.sandbox(object{"down": true})
	s.begunUpdate(order, contract.CancelUpdate)
	s.shows(order, booking.Cancelling)
	s.sandbox(object{})
	return order
}

// begunUpdate sends a decision and does not wait until it is carried out.
func (s *system) begunUpdate(order, name string) {
	s.Helper()
	_ = s.sendUpdate(order, name, contract.Decision{}, client.WorkflowUpdateStageAccepted)
}

// updated sends an update without the API, and returns its error.
func (s *system) updated(workflow, name string, in any) error {
	s.Helper()
	return s.sendUpdate(workflow, name, in, client.WorkflowUpdateStageCompleted)()
}

// sendUpdate sends an update without the API, and returns when it has reached the stage. outcome
// waits for its error.
func (s *system) sendUpdate(workflow, name string, in any, stage client.WorkflowUpdateStage) (outcome func() error) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), hangLimit)
	atEnd(s, cancel)
	sent, err := s.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflow, UpdateName: name, Args: []any{in}, WaitForStage: stage,
	})
	require.NoError(s, err)
	return func() error { return sent.Get(ctx, nil) }
}

func mealUnstarted(s *system) string {
	return s.unstarted(contract.FoodWorkflow, s.newMeal())
}

// unstarted: the order is cancelled before a worker has run it.
func (s *system) unstarted(workflow string, in interface{ View() contract.View }) string {
	order := s.run(workflow, in, time.Hour)
	s.cancelWorkflow(order)
	return order
}

func mealCancelledPaid(s *system) string {
	s.outages.deliveries.begin(errAway)
	order := s.run(contract.FoodWorkflow, s.newMeal())
	s.shows(order, booking.Paid)
	s.cancelWorkflow(order)
	s.shows(order, booking.Cancelling)
	s.outages.deliveries.end()
	return order
}

// mealDeliveryUnavailable: the order is cancelled twice at the same time while the delivery is
// away, and once more when it is back.
func mealDeliveryUnavailable(s *system) string {
	return s.untilTold(func(try int) (string, bool) { // see whileStopped
		order := s.run(contract.FoodWorkflow, s.newMeal(retried(try)))
		s.shows(order, booking.Delivering)
		s.outages.deliveries.nextIs(func() error {
			s.begunUpdate(order, contract.CancelUpdate)
			return errCertain
		})
		code := s.update(order, contract.CancelUpdate)
		if code == "" {
			return order, false
		}
		require.Equal(s, booking.DeliveryUnavailable, code)
		require.Equal(s, booking.Delivering, s.get("/v1/mypages/"+order).body.Status)
		s.cancels(order)
		return order, true
	})
}

// retried is a new order for a branch that failed because the machine was too busy.
func retried(times int) func(*contract.Order) {
	return func(o *contract.Order) { o.OrderID += strings.Repeat("x", times) }
}

// cancels cancels an order, and repeats the request while the service is busy or the pause
// before its next call lasts.
func (s *system) cancels(order string) {
	s.Helper()
	s.eventually(func() bool { return s.update(order, contract.CancelUpdate) == "" })
}

// mealCourierWaits: while a cancel waits for the delivery service, which does not answer, the
// courier completes the order, and it is cancelled once more.
func mealCourierWaits(s *system) string {
	return s.whileStopped(errCertain, "", contract.CancelUpdate, contract.CompleteUpdate)
}

// mealCourierSecond: the courier completes the order while the delivery is being cancelled.
func mealCourierSecond(s *system) string {
	return s.whileStopped(nil, booking.ByCustomer, contract.CompleteUpdate)
}

// whileStopped runs an order until its end. Its customer cancels it, and others decide while
// the cancel waits for the delivery service. The service has two seconds: a busy machine may
// need longer.
func (s *system) whileStopped(outcome error, reason booking.Reason, others ...string) string {
	return s.untilTold(func(try int) (string, bool) {
		order := s.run(contract.FoodWorkflow, s.newMeal(retried(try)))
		s.shows(order, booking.Delivering)
		s.outages.deliveries.nextIs(func() error {
			for _, other := range others {
				s.begunUpdate(order, other)
			}
			return outcome
		})
		s.update(order, contract.CancelUpdate)
		if s.outages.deliveries.once.Swap(nil) != nil { // it was not called in time
			s.cancels(order)
			return order, false
		}
		return order, s.ended(order).Reason == reason
	})
}

func mealCancelUnknown(s *system) string {
	order := s.run(contract.FoodWorkflow, s.newMeal())
	s.shows(order, booking.Delivering)
	s.outages.deliveries.begin(errAway)
	s.begunUpdate(order, contract.CancelUpdate)
	s.shows(order, booking.Cancelling)
	s.outages.deliveries.end()
	return order
}

func mealDurable(s *system) string {
	order := s.run(contract.FoodWorkflow, s.newMeal(notInPlace))
	s.shows(order, booking.Delivering)
	s.cancels(order)
	return order
}

func mealCourierLate(s *system) string {
	order := s.run(contract.FoodWorkflow, s.newMeal(func(o *contract.Order) { o.Policy.DeliverWithin = booking.Duration(time.Second) }))
	s.eventually(func() bool { return s.get("/v1/mypages/" + order).body.NeedsAttention })
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

// mealCancelledWhileCompleting: an operator cancels the order while the delivery's completion
// by the courier is still being recorded.
func mealCancelledWhileCompleting(s *system) string {
	order := s.run(contract.FoodWorkflow, s.newMeal())
	s.shows(order, booking.Delivering)
	s.outages.deliveries.begin(errAway)
	s.calledOff(order, "FinishDelivery")
	s.outages.deliveries.end()
	return order
}

// calledOff completes an order, and cancels it while the completion cannot be recorded because
// the service is away.
func (s *system) calledOff(order, activity string) {
	s.Helper()
	s.begunUpdate(order, contract.CompleteUpdate)
	s.eventually(func() bool { return s.attempts(order, activity) > 0 })
	s.cancelWorkflow(order)
}

func mealSettled(s *system) string { return s.settledFrom(booking.Delivering, "") }

func mealSettledCancelling(s *system) string {
	return s.settledFrom(booking.Cancelling, booking.ByCustomer)
}

// settledFrom settles an order whose workflow was lost in a status.
func (s *system) settledFrom(status booking.Status, reason booking.Reason) string {
	in := s.newMeal()
	lost := in.View()
	lost.Placed, lost.Status, lost.Reason = true, status, reason
	in.Settle = &lost
	return s.run(contract.FoodWorkflow, in)
}

// stoppedBefore: a cancelled order is reset to its beginning. All that was undone stays
// undone.
func (s *system) stoppedBefore(order string, status booking.Status) string {
	s.shows(order, status)
	s.cancelWorkflow(order)
	s.ended(order)
	s.reset(order)
	return order
}

func mealStoppedBefore(s *system) string {
	return s.stoppedBefore(s.run(contract.FoodWorkflow, s.newMeal()), booking.Delivering)
}

// stoppedUnknowingly: a cancelled order is reset to just before the cancel. Its history has the
// steps, and not their undos.
func (s *system) stoppedUnknowingly(order string, status booking.Status) string {
	s.Helper()
	s.shows(order, status)
	s.cancels(order)
	s.ended(order)
	s.resetTo(order, s.workflowTask(order, 2))
	// The cancel is applied again meanwhile: it is under way, or has ended.
	require.Contains(s, []booking.Code{booking.BeingCancelled, booking.AlreadyCancelled}, s.update(order, contract.CompleteUpdate))
	return order
}

func mealStoppedUnknowingly(s *system) string {
	return s.stoppedUnknowingly(s.run(contract.FoodWorkflow, s.newMeal()), booking.Delivering)
}

func mealShopNotNotified(s *system) string {
	s.messageStore.away.Store(true)
	order := s.run(contract.FoodWorkflow, s.newMeal())
	s.eventually(func() bool { return s.attempts(order, "Notify") > 0 })
	s.cancelWorkflow(order)
	return order
}

// mealDeliveryNotServed: the order is cancelled while no worker serves deliveries.
func mealDeliveryNotServed(s *system) string {
	o := s.options
	o.API, o.Decorate = false, app.Decorate{}
	o.Config.Worker.Serve = []string{contract.FulfilmentQueue}
	in := s.newMeal()
	in.OrderID = "food-elsewhere"
	other := s.without(contract.FulfilmentQueue)
	order := other.run(contract.FoodWorkflow, in)
	other.shows(order, booking.Paid)
	require.Equal(s, booking.DeliveryUnavailable, other.update(order, contract.CancelUpdate))
	o.TemporalAddress, o.Namespace = other.options.TemporalAddress, other.namespace
	other.worker(o)
	other.shows(order, booking.Delivering)
	require.Empty(s, other.update(order, contract.CompleteUpdate))
	s.namespace, s.temporal = other.namespace, other.temporal
	return order
}

// without is another system on the same databases, in a namespace of its own. No worker serves
// the queue there.
func (s *system) without(queue string) *system {
	s.Helper()
	o := s.options
	o.Decorate = app.Decorate{}
	o.TemporalAddress, o.Namespace = newNamespace(s.TB)
	o.Config.Worker.Serve = slices.DeleteFunc(contract.Queues(), func(q string) bool { return q == queue })
	return start(s.TB, o)
}

// newCup is an order of two cups of the drink on sale.
func (s *system) newCup(count int, change ...func(*contract.Order)) contract.Cafe {
	s.Helper()
	drink := booking.Drink{
		Name: "Latte", OwnerID: "cora", Price: booking.Money{Amount: 4500, Currency: "KRW"}, Date: inDays(1), TimeZone: "Asia/Seoul",
	}
	drink.ID = s.post("/v1/cafe/menus", object{
		"name": drink.Name, "ownerId": drink.OwnerID, "price": drink.Price, "date": drink.Date, "count": count,
	}).with(s, http.StatusCreated).body.ID
	return contract.Cafe{Order: newOrder(booking.Cafe, 9000, change...), Drink: drink, Quantity: 2}
}

func cupServed(s *system) string {
	order := s.run(contract.CafeWorkflow, s.newCup(9))
	s.shows(order, booking.InProduction)
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func cupSoldOut(s *system) string { return s.run(contract.CafeWorkflow, s.newCup(1)) }

func cupUnavailable(s *system) string {
	s.outages.stock.begin(errCertain)
	order := s.run(contract.CafeWorkflow, s.newCup(9))
	s.shows(order, booking.Cancelling)
	s.outages.stock.end()
	return order
}

func cupHoldUnknown(s *system) string {
	s.outages.stock.begin(errAway)
	order := s.run(contract.CafeWorkflow, s.newCup(9))
	s.eventually(func() bool { return s.attempts(order, "HoldStock") > 0 })
	s.outages.stock.end()
	s.shows(order, booking.InProduction)
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func cupDeclined(s *system) string { return s.run(contract.CafeWorkflow, s.newCup(9, cardDeclined)) }

func cupPaidLater(s *system) string {
	s.sandbox(object{"down": true})
	order := s.run(contract.CafeWorkflow, s.newCup(9))
	s.shows(order, booking.PaymentPending)
	s.sandbox(object{})
	s.shows(order, booking.InProduction)
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func cupCancelled(s *system) string {
	order := s.run(contract.CafeWorkflow, s.newCup(9))
	s.shows(order, booking.InProduction)
	require.Empty(s, s.update(order, contract.CancelUpdate))
	return order
}

func cupUnstarted(s *system) string { return s.unstarted(contract.CafeWorkflow, s.newCup(9)) }

func cupCancelledPending(s *system) string {
	s.sandbox(object{"down": true})
	order := s.run(contract.CafeWorkflow, s.newCup(9))
	s.shows(order, booking.PaymentPending)
	s.begunUpdate(order, contract.CancelUpdate)
	s.shows(order, booking.Cancelling)
	s.sandbox(object{})
	return order
}

func cupCancelledPaid(s *system) string {
	s.outages.productions.begin(errAway)
	order := s.run(contract.CafeWorkflow, s.newCup(9))
	s.shows(order, booking.Paid)
	s.begunUpdate(order, contract.CancelUpdate)
	s.shows(order, booking.Cancelling)
	s.outages.productions.end()
	return order
}

func cupDeleted(s *system) string {
	order := s.run(contract.CafeWorkflow, s.newCup(9))
	s.shows(order, booking.InProduction)
	for _, reason := range []booking.Reason{"whatever", booking.MenuDeleted} {
		require.NoError(s, s.temporal.SignalWorkflow(s.Context(), order, "", contract.ForceCancelSignal, reason))
	}
	return order
}

func cupServedWhenCancelled(s *system) string {
	order := s.run(contract.CafeWorkflow, s.newCup(9))
	s.shows(order, booking.InProduction)
	s.outages.productions.begin(errAway)
	s.calledOff(order, "FinishProduction")
	s.outages.productions.end()
	return order
}

func cupStoppedBefore(s *system) string {
	return s.stoppedBefore(s.run(contract.CafeWorkflow, s.newCup(9)), booking.InProduction)
}

func newVisit(price int64, change ...func(*contract.Order)) contract.Cleaning {
	return contract.Cleaning{Order: newOrder(booking.Cleaning, price, change...), Tel: "+821012345678", Location: "7 Hill Street"}
}

func (s *system) newCleaner() {
	s.Helper()
	s.post("/v1/cleaning/cleaners", object{"name": "Kim"}).with(s, http.StatusCreated)
}

func visitDone(s *system) string {
	s.newCleaner()
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.shows(order, booking.Assigned)
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func visitForNothing(s *system) string {
	s.newCleaner()
	order := s.run(contract.CleaningWorkflow, newVisit(0))
	s.shows(order, booking.Assigned)
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func visitNotRegistered(s *system) string {
	s.outages.registry.begin(errCertain)
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.shows(order, booking.Cancelling)
	s.outages.registry.end()
	return order
}

func visitWaits(s *system) string {
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.shows(order, booking.Calling)
	require.NoError(s, s.temporal.SignalWorkflow(s.Context(), order, "", contract.AssignedSignal, booking.Cleaner{}))
	s.newCleaner()
	s.shows(order, booking.Assigned)
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func visitPaidLater(s *system) string {
	s.newCleaner()
	s.sandbox(object{"down": true})
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.shows(order, booking.PaymentPending)
	s.sandbox(object{})
	s.shows(order, booking.Assigned)
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	return order
}

func visitCancelled(s *system) string {
	s.newCleaner()
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.shows(order, booking.Assigned)
	require.Empty(s, s.update(order, contract.CancelUpdate))
	return order
}

func visitUnstarted(s *system) string { return s.unstarted(contract.CleaningWorkflow, newVisit(30000)) }

func visitCancelledPending(s *system) string {
	s.sandbox(object{"down": true})
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.shows(order, booking.PaymentPending)
	s.begunUpdate(order, contract.CancelUpdate)
	s.shows(order, booking.Cancelling)
	s.sandbox(object{})
	return order
}

func visitCancelledWaiting(s *system) string {
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.shows(order, booking.Calling)
	require.Empty(s, s.update(order, contract.CancelUpdate))
	return order
}

func visitCancelledUnpriced(s *system) string {
	order := s.run(contract.CleaningWorkflow, newVisit(0))
	s.shows(order, booking.Calling)
	require.Empty(s, s.update(order, contract.CancelUpdate))
	return order
}

// visitCancelledUnnotified: the order is cancelled before its customer could be notified.
func visitCancelledUnnotified(s *system) string {
	s.newCleaner()
	s.messageStore.away.Store(true)
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.eventually(func() bool { return s.attempts(order, "Notify") > 0 })
	require.Empty(s, s.update(order, contract.CancelUpdate))
	return order
}

// visitCancelledSilently: the order is cancelled while no message can be sent. Its page shows
// nevertheless that no cleaner comes.
func visitCancelledSilently(s *system) string {
	s.newCleaner()
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.shows(order, booking.Assigned)
	s.messageStore.keeps.Store(true)
	s.begunUpdate(order, contract.CancelUpdate)
	s.shows(order, booking.Cancelling)
	s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Cleaner() == nil })
	s.messageStore.keeps.Store(false)
	return order
}

func visitDoneWhenCancelled(s *system) string {
	s.newCleaner()
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.shows(order, booking.Assigned)
	s.outages.crew.begin(errAway)
	s.calledOff(order, "FinishCleaning")
	s.outages.crew.end()
	return order
}

func visitStoppedBefore(s *system) string {
	s.newCleaner()
	return s.stoppedBefore(s.run(contract.CleaningWorkflow, newVisit(30000)), booking.Assigned)
}

func cupStoppedUnknowingly(s *system) string {
	return s.stoppedUnknowingly(s.run(contract.CafeWorkflow, s.newCup(9)), booking.InProduction)
}

func visitStoppedUnknowingly(s *system) string {
	s.newCleaner()
	return s.stoppedUnknowingly(s.run(contract.CleaningWorkflow, newVisit(30000)), booking.Assigned)
}

// stoppedUnnotified: the work is completed, and the workflow cancelled before a message about it is
// sent.
func (s *system) stoppedUnnotified(order string) string {
	s.Helper()
	s.eventually(func() bool { return s.attempts(order, "Notify") > 0 })
	require.Empty(s, s.update(order, contract.CompleteUpdate))
	s.cancelWorkflow(order)
	s.eventually(func() bool { return count(s.history(order), enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED) > 0 })
	s.messageStore.away.Store(false)
	return order
}

func cupStoppedUnnotified(s *system) string {
	s.messageStore.away.Store(true)
	order := s.run(contract.CafeWorkflow, s.newCup(9))
	s.shows(order, booking.InProduction)
	return s.stoppedUnnotified(order)
}

func visitStoppedUnnotified(s *system) string {
	s.newCleaner()
	s.messageStore.away.Store(true)
	return s.stoppedUnnotified(s.run(contract.CleaningWorkflow, newVisit(30000)))
}

// visitUnassigned: the order is cancelled while the assignment service is away.
func visitUnassigned(s *system) string {
	s.outages.crew.begin(errAway)
	order := s.run(contract.CleaningWorkflow, newVisit(30000))
	s.shows(order, booking.Calling)
	s.begunUpdate(order, contract.CancelUpdate)
	s.shows(order, booking.Cancelling)
	s.outages.crew.end()
	return order
}

// visitUnnotifiedAndReset: the order is cancelled while its customer is being notified, and reset
// to before that. The messages stay withdrawn.
func visitUnnotifiedAndReset(s *system) string {
	order := visitCancelledUnnotified(s)
	s.ended(order)
	s.messageStore.away.Store(false)
	s.resetTo(order, s.workflowTask(order, 2))
	return order
}

// mealNothingRefunded: the order is being delivered, and its policy refunds nothing then.
func mealNothingRefunded(s *system) string {
	order := s.accepted(s.order(s.menu(nothingRefunded)))
	s.becomes(order, booking.Delivering)
	s.cancelsMeal(order, func() answer { return s.post(foodOrders+"/"+order+"/cancel", object{"expect": "none/0"}) })
	return order
}

// cupPartRefunded: the order is in production, and its policy refunds a part then.
func cupPartRefunded(s *system) string {
	order := s.accepted(s.orderCup(s.drink(9, mostRefunded)))
	s.becomes(order, booking.InProduction)
	s.carriedOut(func() answer { return s.decideAt(cafeOrders+"/"+order, "cancel") })
	return order
}
