// Package activities holds the steps of the sagas and their undos, one file per service.
// Each is idempotent and decides once: its outcome, refusals included, is recorded under
// its key in the same transaction as its effect, and repeated from then on.
//
// A step runs in place, as a local activity in the saga's process, or durably, as a normal
// activity from its service's own task queue. service.go holds the one difference between
// the two.
package activities
