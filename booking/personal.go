package booking

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
)

// Personal is a text that people give about themselves or write in their own words:
// telephone numbers, addresses, locations, notes. Formatting, logging or tracing it shows
// Redacted. Its JSON is the text itself, because inputs of workflows and rows of databases
// hold it as JSON: no answer, event or message has a field of this type, and answers show
// it through Shown. (Package fmt cannot call methods of unexported fields, so a value with
// an unexported Personal is never printed as a whole.)
type Personal string

// Redacted replaces a text of type Personal wherever that is printed.
const Redacted = "[redacted]"

// String is Redacted, or "" for no text.
func (p Personal) String() string {
	if p == "" {
		return ""
	}
	return Redacted
}

// Format implements fmt.Formatter: every verb prints String.
func (p Personal) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, p.String()) }

// LogValue implements slog.LogValuer.
func (p Personal) LogValue() slog.Value { return slog.StringValue(p.String()) }

// noText is the value read from JSON that is not a text. Every check of texts refuses it.
const noText = Personal("\x00")

// UnmarshalJSON never fails: the error would quote the number, such as a telephone number
// without its quotes.
func (p *Personal) UnmarshalJSON(text []byte) error {
	var read *string
	switch err := json.Unmarshal(text, &read); {
	case err != nil:
		*p = noText
	case read != nil:
		*p = Personal(*read)
	}
	return nil
}

// Reader is the relation of an answer's reader to the order in it.
type Reader string

// The kinds of readers.
const (
	ReaderNone      Reader = "none"      // no relation; and every reader of a list
	ReaderCustomer  Reader = "customer"  // the order is theirs
	ReaderOwner     Reader = "owner"     // a member of its owner's organisation; management for a call of a cleaner
	ReaderCourier   Reader = "courier"   // they deliver it
	ReaderCleaner   Reader = "cleaner"   // they are assigned to it
	ReaderOperator  Reader = "operator"  // they may see every order
	ReaderUnchecked Reader = "unchecked" // any of these: authentication is off
)

// Readers lists every reader.
func Readers() []Reader {
	return []Reader{ReaderNone, ReaderCustomer, ReaderOwner, ReaderCourier, ReaderCleaner, ReaderOperator, ReaderUnchecked}
}

// ReaderOf is the caller's relation to the thing's order. Of several relations, the one that may
// read most counts.
func (c Caller) ReaderOf(t Thing) Reader {
	related := c.RelationsTo(t)
	is := func(r Relation) bool { return slices.Contains(related, r) }
	switch {
	case c.Unchecked:
		return ReaderUnchecked
	case c.AlwaysAllowed(ReadOrder):
		return ReaderOperator
	case is(AsCustomer) && c.Is(CustomerRole):
		return ReaderCustomer
	case (is(AsOwner) || is(AsStaff)) && (c.Is(OwnerRole) || c.Is(ServiceRole)):
		return ReaderOwner
	case is(AsCleaner) && c.Is(CleanerRole):
		return ReaderCleaner
	case is(AsCourier):
		return ReaderCourier
	default:
		return ReaderNone
	}
}

// Detail is a kind of personal text.
type Detail string

// The kinds of personal text.
const (
	Telephone Detail = "telephone"
	Address   Detail = "address"  // of a delivery
	Location  Detail = "location" // of a cleaning
	Note      Detail = "note"
)

// Details lists every kind.
func Details() []Detail { return []Detail{Telephone, Address, Location, Note} }

// Shown is the text as an answer about one order shows it, "" if it does not. All such
// decisions are made here. An unknown reader is shown nothing. underWay: the order has not
// ended.
func (p Personal) Shown(to Reader, sort Detail, underWay bool) string {
	if !to.sees(sort, underWay) {
		return ""
	}
	return string(p)
}

func (r Reader) sees(sort Detail, underWay bool) bool {
	switch r {
	case ReaderCustomer, ReaderOperator, ReaderUnchecked:
		return true
	case ReaderOwner:
		return underWay
	case ReaderCourier:
		return underWay && (sort == Address || sort == Note)
	case ReaderCleaner:
		return underWay && (sort == Telephone || sort == Location || sort == Note)
	default:
		return false
	}
}
