package booking

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
)

// Personal is what people tell of themselves, or write in their own words:
// telephone numbers, addresses, locations, notes. Whatever formats it, logs it or
// puts it into a trace shows Redacted. Its JSON is the text itself, since inputs
// of workflows and rows of databases hold it as JSON: no answer, event or message
// has a field of this type. What an answer shows of it goes through Shown. (Package
// fmt cannot ask fields that are not exported: no value that holds one there is
// printed as a whole.)
type Personal string

// Redacted stands for a text of type Personal wherever that is printed.
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

// noText is what a value of another type than text is read as. It is refused
// wherever texts are checked.
const noText = Personal("\x00")

// UnmarshalJSON never fails: the error would quote a number, such as a telephone
// number without its quotes.
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

// Reader is what the reader of an answer has to do with the order in it.
type Reader string

// The readers that are told apart.
const (
	ReaderNone      Reader = "none"      // nothing; and every reader of a list
	ReaderCustomer  Reader = "customer"  // the order is theirs
	ReaderOwner     Reader = "owner"     // a member of its owner's organisation; of a call for a cleaner, management
	ReaderCourier   Reader = "courier"   // they deliver it
	ReaderCleaner   Reader = "cleaner"   // they were assigned to it
	ReaderOperator  Reader = "operator"  // they may see every order
	ReaderUnchecked Reader = "unchecked" // any of these: authentication is off
)

// Readers lists every reader.
func Readers() []Reader {
	return []Reader{ReaderNone, ReaderCustomer, ReaderOwner, ReaderCourier, ReaderCleaner, ReaderOperator, ReaderUnchecked}
}

// ReaderOf is what the caller has to do with the order that the thing stands for. Of
// several relations the one counts that is shown most.
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

// Detail is a sort of personal text.
type Detail string

// The sorts of personal text.
const (
	Telephone Detail = "telephone"
	Address   Detail = "address"  // of a delivery
	Location  Detail = "location" // of a cleaning
	Note      Detail = "note"
)

// Details lists every sort.
func Details() []Detail { return []Detail{Telephone, Address, Location, Note} }

// Shown is the text as an answer about one order shows it, "" where it does not:
// the one place that decides so. An unknown reader is shown nothing. underWay
// tells that the order has not come to its end.
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
