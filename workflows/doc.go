// Package workflows holds the sagas, one file a business: open lodging.go and
// read how a reservation goes. What they share is plumbing:
//
//	entering.go what a workflow may start with, and what it hears
//	saga.go     a story with undos: steps, decisions, the way back
//	steps.go    the two ways a step is done: in place, and durably
//	telling.go  messages: a type and its data. Their words are in booking
//	refunding.go refunds by staff
//	resolving.go refunds that fail, and what an operator has paid by hand
//	refunding_again.go refunds that fail after they were done
//	payment_notices.go what the payment provider says of an order's payment
//	publish.go  the view of an order, and how the read model learns of it
//
// Nothing here may depend on anything but its input and what activities,
// timers and updates bring; workflowcheck and the replay of recorded histories
// hold that.
//
// # Changing a story that was released
//
// An order outlives releases. What it did under an earlier one is replayed by
// this one, which has to start the same activities and timers in the same order.
// What an activity is given may change, as long as every build that may run can
// read it. Any other change of a story needs a version:
//
//  1. Take a recorded history of an order that comes by the place, and copy it to
//     testdata/histories/<name>_before_<change>.json. `make histories` does not
//     write to it.
//  2. Declare the change in versions.go, as below: a function with the reason as
//     its comment and the change's name as a literal.
//  3. Let the story ask that function, and keep the old way in the other branch.
//  4. `make histories` records the new way.
//
// A change, as versions.go declares it:
//
//	// asksTwice: owners who were away want to be asked again.
//	func asksTwice(ctx workflow.Context) bool {
//		return workflow.GetVersion(ctx, "ask-twice", workflow.DefaultVersion, 1) == 1
//	}
//
// TestVersions holds the form, and that both histories are there;
// TestHistories_EveryStatementIsReplayed that each branch is replayed. When no
// order of a release without the change can be open any more, the old branch,
// the function and the history from before go.
package workflows
