// Package projector feeds the read model by pulling: it asks the workflows of
// orders how these stand, and writes what they answer. That heals rows which
// are missing or behind (repair.go), writes the whole table anew (rebuild.go),
// and can take the place of the sagas' pushing altogether (feed.go).
package projector
