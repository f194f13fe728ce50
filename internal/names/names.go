// Package names says what places, menus, drinks and people can be called.
package names

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/yeyak/yeyak/booking"
)

// Composed is the name in Unicode's composed form, in which it is kept: two names that
// look the same must be the same.
func Composed(name string) string { return norm.NFC.String(name) }

// Fault says what is wrong with a name in one line, "" when nothing is. Nothing in it is
// invisible unless that changes how the characters around it look.
//
// Sentences may hold invisible characters: they are not compared.
func Fault(name string) string {
	switch {
	case strings.TrimSpace(name) != name && strings.TrimSpace(name) != "":
		return "begins or ends with a space"
	case hides(name):
		return "contains invisible characters"
	default:
		return booking.TextFault(name)
	}
}
