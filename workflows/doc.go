// Package workflows holds the sagas, one file a business: open lodging.go and
// read how a reservation goes. What they share is plumbing:
//
//	entering.go what a workflow may start with, and what it hears
//	saga.go     a story with undos: steps, decisions, the way back
//	steps.go    the two ways a step is done: in place, and durably
//	publish.go  the view of an order, and how the read model learns of it
//
// Nothing here may depend on anything but its input and what activities,
// timers and updates bring; workflowcheck and the replay of recorded histories
// hold that.
package workflows
