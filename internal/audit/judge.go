package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Kind is the subject of a finding.
type Kind string

// The kinds of findings.
const (
	Money        Kind = "money"        // an order's price, in our ledger
	Provider     Kind = "provider"     // our ledger against the payment provider's
	Stock        Kind = "stock"        // holds, and what is left
	Delivery     Kind = "delivery"     // of an order of food
	Production   Kind = "production"   // of an order of a drink
	Cleaner      Kind = "cleaner"      // cleaners, and the calls for them
	Registration Kind = "registration" // of a call with management
	Message      Kind = "message"      // to owners, customers and cleaners
	Mypage       Kind = "mypage"       // rows of the read model
	Abandoned    Kind = "abandoned"    // an unfinished order without a running workflow
	Unreadable   Kind = "unreadable"   // what an earlier build or a person has stored, and this build cannot read
	Catalogue    Kind = "catalogue"    // stored data that makes it unsellable
	Feed         Kind = "feed"         // events that the feed does not have
	Inbox        Kind = "inbox"        // orders whose saga is not started yet
	Decision     Kind = "decision"     // decisions that are not delivered to their order yet
)

// Kinds lists every kind of finding.
func Kinds() []Kind {
	return []Kind{Money, Provider, Stock, Delivery, Production, Cleaner, Registration, Message, Mypage, Abandoned, Unreadable, Catalogue, Feed, Inbox, Decision}
}

// Finding is one contradiction.
type Finding struct {
	Kind Kind `json:"kind"`
	// OrderID of the order, if the finding is about one.
	OrderID string `json:"orderId,omitempty"`
	// Item or cleaner of the finding.
	Item   string `json:"item,omitempty"`
	Says   string `json:"says"`
	Remedy string `json:"remedy,omitempty"`

	// same identifies the finding: a finding with the same identity in another pass is
	// the same contradiction.
	same string
	// ofOrder: it is about an order, also if that has no id.
	ofOrder bool
}

// subject is the order, item or cleaner of the finding.
func (f Finding) subject() string { return f.OrderID + "\n" + f.Item }

// life is the state of an order's workflow.
type life int

const (
	unknown   life = iota // neither a workflow nor a row
	running               // its workflow runs
	ended                 // its workflow has completed
	lost                  // its workflow was terminated, or has failed
	forgotten             // its workflow is older than the engine's retention
)

// facts are all data of one order.
type facts struct {
	id   string
	life life
	saga orders.Saga // as the engine lists it
	// view is the order as its workflow answers; nil if the workflow was not queried, or did not
	// answer.
	view    *orderState
	row     *row
	pending map[string][]orders.Awaited // what its workflow waits for
	kept    *orders.Kept                // in the inbox; nil for none
	decided []orders.KeptDecision

	payment    *booking.Payment
	unfollowed []booking.Entry // partial refunds that have not ended and that may have no workflow
	followed   int             // how many of these its saga follows
	unnoticed  bool            // a dispute is open, and no workflow follows it
	charges    []ProviderCharge
	holds      []Hold
	delivery   job
	production job
	making     int // quantity of the production
	call       *Call
	registered bool
	notices    []string // that were sent and not withdrawn
}

// orderState is the part of an order's view that the audit uses.
type orderState struct {
	kind      booking.Kind
	status    booking.Status
	version   int64
	amount    booking.Money
	itemID    string
	quantity  int
	from, to  string // its days, without those that were released
	cleanerID string
	terms     terms
	change    *contract.PendingChange // under way; nil for none
}

func orderStateOf(v contract.View) orderState {
	s := orderState{
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
		day, _ := booking.ParseDate(v.Production.Date) // one that cannot be read matches no hold
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

// row is the part of an order's row that the audit uses: its view, and the columns
// beside it.
type row struct {
	orderState
	status   booking.Status
	version  int64
	disputed bool
}

// order is the state of the order: from its workflow or, if that was not queried, from its row.
// An order that only the engine's list has is in the listed status.
func (f *facts) order() orderState {
	switch {
	case f.view != nil:
		return *f.view
	case f.row != nil:
		s := f.row.orderState
		s.status, s.version = f.row.status, f.row.version
		return s
	default:
		return orderState{kind: f.saga.Kind, status: f.saga.Status}
	}
}

// judge returns the findings of an order.
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
		f.registration(o, d), f.messages(o, d), f.mypage(),
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

// abandoned: an unfinished order without a running workflow keeps what it holds, or its customer
// is shown that it continues.
func (f *facts) abandoned(o orderState) []Finding {
	held := f.held()
	if len(held) == 0 && (f.life == forgotten || f.row == nil) {
		return nil
	}
	end := "the engine has forgotten its workflow"
	if f.life == lost {
		end = "its workflow " + f.saga.Ended()
	}
	remedy := ""
	if booking.KindOf(f.id) != "" { // no other order can be settled
		remedy = remedyOf(f.id)
	}
	if len(held) == 0 {
		return f.finds(Abandoned, remedy, "%s while it was %s: it holds nothing, and its page shows it as under way", end, o.status)
	}
	return f.finds(Abandoned, remedy, "%s while it was %s: %s", end, o.status, strings.Join(held, ", "))
}

// ownerless: something is held for an order that neither engine nor read model has.
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

// held is what the order would have to release.
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

// working describes work that is under way or done.
func working(what string, j job) string {
	if j == noJob || j == booking.JobCancelled {
		return ""
	}
	return what + " that is " + string(j)
}
