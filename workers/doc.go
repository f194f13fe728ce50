// Package workers says which worker serves which task queue, with what.
// Registration and options only: what a worker does stands in workflows and
// activities.
package workers
