// Package workflows holds the sagas, one file for each kind of order. Start with
// lodging.go, the course of a reservation. The sagas share these files:
//
//	entering.go         which input a workflow accepts, and signals
//	saga.go             steps with their undos, compensation
//	steps.go            how a step is called: in place, durably, or once
//	attempts.go         calls that a notice of the payment provider repeats at once
//	deadlines.go        until when a step may be tried or a person may answer
//	deciding.go         decisions on an order, and its cancellation
//	kept.go             decisions that could not be delivered in time
//	notifying.go        notices: a type and its data. Their texts are in booking
//	charging.go         the step that charges the customer
//	confirming.go       charges that the customer has to confirm
//	charge_undo.go      the undo of a charge
//	changing*.go        changes of a paid order; the steps are in *_change*.go
//	refunding.go        refunds by staff
//	resolving.go        refunds that fail, and what an operator has paid by hand
//	refunding_again.go  refunds that fail after they were done
//	payment_notices.go  what the payment provider reports of an order's payment
//	publish.go          the view of an order, and how the read model gets it
//	resets.go           what an order does in the first task after a reset
//	withdrawing.go      orders that end without being run
//	measures.go         metrics of orders
//	versions.go         the changes of released stories
//
// These belong to one kind of order only: cafe_change.go, lodging_change*.go and
// staying.go, the end of a stay. Workflows of their own are in drink_deletion.go,
// payment_notices.go, refunding.go, refunding_again.go and repair.go.
//
// Code here depends only on its input and on the results of activities, timers,
// updates and signals; workflowcheck and the replay of recorded histories check
// that.
//
// # Changing a story that was released
//
// An order outlives releases. A new release replays what the order did under an
// earlier one, and has to start the same activities and timers in the same order.
// The argument of an activity may change, as long as every build that may run can
// read it. Any other change of a story needs a version:
//
//  1. Take a recorded history of an order that reaches the changed code, and copy it
//     to testdata/histories/<name>_before_<change>.json. `make histories` does not
//     write to it.
//  2. Declare the change in versions.go, as below: a function with the reason as
//     its comment and the change's name as a literal.
//  3. Call that function in the story, and keep the old code in the other branch.
//  4. `make histories` records the new branch.
//
// A change, as versions.go declares it:
//
//	// asksTwice: owners who were away want to be asked again.
//	func asksTwice(ctx workflow.Context) bool {
//		return workflow.GetVersion(ctx, "ask-twice", workflow.DefaultVersion, 1) == 1
//	}
//
// TestVersions checks the form, and that both histories exist;
// TestHistories_EveryStatementIsReplayed checks that each branch is replayed. When
// no order of a release without the change can be open any more, the old branch,
// the function and the history from before are deleted.
//
// A comment that begins with replay:never gives the reason why no recorded history
// reaches the statement.
package workflows
