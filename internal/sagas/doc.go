// Package sagas reaches the workflows of orders from outside: it lists them,
// asks them how their orders stand, tells them things, and starts the
// settlement of those that were lost.
package sagas
