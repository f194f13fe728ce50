// Package contract is all that the rest of the system knows of a workflow: its
// name, its id, its task queue, what it is started with, the queries and
// updates it answers, and the view it shows. Everything here is on the wire
// and in recorded histories: add fields, never change or remove them.
package contract
