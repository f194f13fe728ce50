// Package admission bounds how much a process takes on at the same time. What
// is beyond waits for its turn for a short time, and is then refused as
// Overloaded before anything of it is started.
package admission
