package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Kind is what a finding is about.
type Kind string

// The kinds of findings.
const (
	Money        Kind = "money"        // an order's price, in our ledger
	Provider     Kind = "provider"     // our ledger against the payment provider's
	Stock        Kind = "stock"        // holds, and what remains
	Delivery     Kind = "delivery"     // of an order of food
	Production   Kind = "production"   // of an order of a drink
	Cleaner      Kind = "cleaner"      // cleaners, and the calls for them
	Registration Kind = "registration" // of a call with management
	Message      Kind = "message"      // to owners, customers and cleaners
	Mypage       Kind = "mypage"       // rows of the read model
	Abandoned    Kind = "abandoned"    // nobody works on an order that has not come to its end
	Unreadable   Kind = "unreadable"   // what an earlier build or a hand has left, and this one cannot read
	Catalogue    Kind = "catalogue"    // what is stored so that it cannot be sold
	Feed         Kind = "feed"         // what the feed of events was not told
	Inbox        Kind = "inbox"        // orders whose saga is still to be started
	Decision     Kind = "decision"     // decisions that are still to be delivered to their order
)

// Kinds lists every kind of finding.
func Kinds() []Kind {
	return []Kind{Money, Provider, Stock, Delivery, Production, Cleaner, Registration, Message, Mypage, Abandoned, Unreadable, Catalogue, Feed, Inbox, Decision}
}

// Finding is one thing that is not as it should be.
type Finding struct {
	Kind Kind `json:"kind"`
	// OrderID of the order that it is about, if it is about one.
	OrderID string `json:"orderId,omitempty"`
	// Item or cleaner that it is about.
	Item   string `json:"item,omitempty"`
	Says   string `json:"says"`
	Remedy string `json:"remedy,omitempty"`

	// same tells it from every other finding: seen again under the same name,
	// it is still the same thing that is wrong.
	same string
	// ofOrder: it is about an order, also when that has no id.
	ofOrder bool
}

// subject is who or what the finding is about.
func (f Finding) subject() string { return f.OrderID + "\n" + f.Item }

// life is whether anybody works on an order.
type life int

const (
	unknown   life = iota // no workflow and no row: nobody knows the order
	running               // its workflow runs
	ended                 // its workflow came to its end by itself
	lost                  // its workflow was ended otherwise
	forgotten             // its workflow is beyond the engine's retention
)

// facts are all that is known of one order.
type facts struct {
	id   string
	life life
	saga orders.Saga // what the list of workflows tells
	// view is the order as its workflow says; nil when that was not asked, or
	// did not answer.
	view    *standing
	row     *row
	pending map[string][]orders.Awaited // what its workflow waits for
	kept    *orders.Kept                // in the inbox; nil when it is not there, or settled
	decided []orders.KeptDecision

	payment    *booking.Payment
	unfollowed []booking.Entry // refunds in part that have not ended and that nothing may follow
	followed   int             // how many of these its saga follows
	unnoticed  bool            // a dispute is open, and nothing follows it
	charges    []ProviderCharge
	holds      []Hold
	delivery   job
	production job
	making     int // how many the production is of
	call       *Call
	registered bool
	notices    []string // that were sent and not taken back
}

// standing is what matters here of how an order stands.
type standing struct {
	kind      booking.Kind
	status    booking.Status
	version   int64
	amount    booking.Money
	itemID    string
	quantity  int
	from, to  string // the days that it is for, without those that were freed
	cleanerID string
	terms     terms
	change    *contract.PendingChange // that is under way; nil when none is
}

func standingOf(v contract.View) standing {
	s := standing{
		kind: v.Kind, status: v.Status, version: v.Version, amount: v.Amount, itemID: v.Item.ID, quantity: v.Quantity,
		terms: termsOf(v),
	}
	if v.Stay != nil {
		s.from, s.to, s.change = v.CheckIn, v.CheckOut, v.Change
	}
	if freed := v.FreedNights(); freed != nil {
		s.to = freed.From.String()
	}
	if v.Production != nil {
		day, _ := booking.ParseDate(v.Production.Date) // one that cannot be read is no hold's
		s.from, s.to = day.String(), day.AddDays(1).String()
		if c := v.Production.Change; c != nil {
			s.change = &contract.PendingChange{ID: c.ID, CheckIn: s.from, CheckOut: s.to, Rooms: c.Quantity, Charge: c.Charge, Refund: c.Refund}
		}
	}
	if c := v.Cleaner(); c != nil {
		s.cleanerID = c.ID
	}
	return s
}

// row is what matters here of an order's row: the view in it, and what stands
// beside it.
type row struct {
	standing
	status   booking.Status
	version  int64
	disputed bool
}

// order is how the order stands: as its workflow says or, when that has not
// been asked, its row. An order of which only the engine's list is left stands
// where that says.
func (f *facts) order() standing {
	switch {
	case f.view != nil:
		return *f.view
	case f.row != nil:
		s := f.row.standing
		s.status, s.version = f.row.status, f.row.version
		return s
	default:
		return standing{kind: f.saga.Kind, status: f.saga.Status}
	}
}

// judge tells what is wrong with an order.
func judge(f *facts) []Finding {
	o := f.order()
	switch {
	case f.life == unknown:
		return f.ownerless()
	case (f.life == lost || f.life == forgotten) && !o.status.Final():
		return slices.Concat(f.abandoned(o), f.disputes(), f.provider())
	}
	d := owes(o.kind, o.status)
	var found []Finding
	for _, is := range [][]Finding{
		f.money(o, d), f.asPolicySays(o), f.asDeparted(o), f.unfollowedRefunds(), f.disputes(), f.provider(), f.stock(o, d), f.job(o, d), f.cleaner(o, d),
		f.registration(o, d), f.told(o, d), f.mypage(),
	} {
		found = append(found, is...)
	}
	return found
}

// finds makes a finding of the order.
func (f *facts) finds(k Kind, remedy, format string, args ...any) []Finding {
	says := fmt.Sprintf(format, args...)
	if f.id == "" {
		says = "an order without an id: " + says
	}
	version := f.order().version
	return []Finding{{
		Kind: k, OrderID: f.id, Says: says, Remedy: remedy, ofOrder: true,
		same: fmt.Sprintf("%s of %s at %d: %s", k, f.id, version, says),
	}}
}

// abandoned: an order that nobody works on any more holds what it will never
// give back, or is shown to its customer as one that goes on.
func (f *facts) abandoned(o standing) []Finding {
	held := f.held()
	if len(held) == 0 && (f.life == forgotten || f.row == nil) {
		return nil
	}
	end := "the engine has forgotten its workflow"
	if f.life == lost {
		end = "its workflow " + f.saga.Ended()
	}
	remedy := ""
	if booking.KindOf(f.id) != "" { // no other can be settled
		remedy = remedyOf(f.id)
	}
	if len(held) == 0 {
		return f.finds(Abandoned, remedy, "%s while it was %s: it holds nothing, and its page shows it as under way", end, o.status)
	}
	return f.finds(Abandoned, remedy, "%s while it was %s: %s", end, o.status, strings.Join(held, ", "))
}

// ownerless: something is held for an order that neither engine nor read model
// knows.
func (f *facts) ownerless() (found []Finding) {
	remedy := ""
	if booking.KindOf(f.id) != "" && f.payment != nil {
		remedy = remedyOf(f.id)
	}
	say := func(k Kind, what string) {
		if what != "" {
			found = append(found, f.finds(k, remedy, "no order knows of this: %s", what)...)
		}
	}
	if p := f.payment; p != nil && p.Status != booking.Declined && p.Status != booking.ChargePrevented {
		say(Money, paymentInWords(p))
	}
	say(Stock, f.holdsInWords())
	say(Delivery, working("a delivery", f.delivery))
	say(Production, working("a production", f.production))
	say(Cleaner, f.callInWords())
	if f.registered {
		say(Registration, "a registration with management")
	}
	return append(found, f.provider()...)
}

// held is what the order has that it would have to give back.
func (f *facts) held() (things []string) {
	for _, thing := range []string{
		f.moneyInWords(), f.holdsInWords(), working("a delivery", f.delivery), working("a production", f.production), f.callInWords(),
	} {
		if thing != "" {
			things = append(things, thing)
		}
	}
	if f.registered {
		things = append(things, "a registration with management")
	}
	return things
}

// working is work that is going on or was done, in words.
func working(what string, j job) string {
	if j == noJob || j == booking.JobCancelled {
		return ""
	}
	return what + " that is " + string(j)
}
