// Package workers assigns workflows and activities to the workers of task queues:
// registration and options only.
package workers
