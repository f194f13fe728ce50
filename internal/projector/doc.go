// Package projector feeds the read model by pulling: it queries the workflows of
// orders and writes the answers. It repairs rows that are missing or stale
// (repair.go), writes the whole table anew (rebuild.go), and can replace the sagas'
// pushes altogether (feed.go).
package projector
