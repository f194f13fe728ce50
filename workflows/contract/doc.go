// Package contract is all that the rest of the system knows of a workflow: its name, id,
// task queue and input, its queries and updates, and its view. Everything here is sent
// between processes and stored in recorded histories: add fields, never change or remove
// them.
package contract
