// Package workflows holds the sagas, one file for each kind of order. Start with
// lodging.go, the course of a reservation. The other files are what they share:
//
//	entering.go         which input a workflow accepts, and signals
//	saga.go             steps with their undos, decisions, compensation
//	steps.go            how a step is called: in place, durably, or once
//	notifying.go        notices: a type and its data. Their texts are in booking
//	charging.go         the step that charges the customer
//	charge_undo.go      its undo
//	refunding.go        refunds by staff
//	resolving.go        refunds that fail, and what an operator has paid by hand
//	refunding_again.go  refunds that fail after they were done
//	payment_notices.go  what the payment provider reports of an order's payment
//	publish.go          the view of an order, and how the read model gets it
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
