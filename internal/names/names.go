// Package names checks the names of places, menus, drinks and people.
package names

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/yeyak/yeyak/booking"
)

// Composed returns the name in Unicode's composed form, in which names are stored: two
// names that look the same must be equal.
func Composed(name string) string { return norm.NFC.String(name) }

// Fault says in one line what is wrong with a composed name, "" if it is valid. A name may only
// contain an invisible character that changes how the characters around it look.
//
// Sentences may contain any invisible characters, since they are not compared.
func Fault(name string) string {
	switch {
	case utf8.RuneCountInString(name) > booking.LongestText:
		return fmt.Sprintf("is longer than %d characters", booking.LongestText)
	case strings.TrimSpace(name) != name && strings.TrimSpace(name) != "":
		return "begins or ends with a space"
	case hides(name):
		return "contains invisible characters"
	default:
		return booking.TextFault(name)
	}
}
