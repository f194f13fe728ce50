// Package activities holds the steps of the sagas and their undos, one file a
// service. Every one of them is idempotent and decides once: its outcome,
// refusals included, is recorded under its key together with its effect and
// repeated from then on.
//
// A step may be asked to run in place, as a local activity in the process of
// the saga, or durably, as a normal activity from its service's own task
// queue; service.go holds the one difference between the two.
package activities
