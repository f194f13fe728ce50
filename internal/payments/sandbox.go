package payments

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// Memory stores the requests to the sandbox. Like a provider's, it outlives the process.
type Memory interface {
	// Charge records the answer to a charge once per key, and returns the record of the key.
	// It creates the reference of a charge that is made.
	Charge(ctx context.Context, c booking.Charge, answer Record) (Record, error)
	// Void prevents a charge that is not recorded yet, and returns the record of the key.
	Void(ctx context.Context, c booking.Charge) (Record, error)
	// Refund refunds a part of a charge, once per key.
	Refund(ctx context.Context, key, ref string, amount booking.Money) error
	// ByHand refunds a part of an order's charge, or with 0 all that is left. It returns
	// RefundExceeds if that much is not left, and NotFound if there is no charge.
	ByHand(ctx context.Context, orderID string, amount int64) error
	// Dispute disputes a part of an order's charge, or with 0 all of it, and sets the state of
	// the dispute. It returns NotFound if there is no charge.
	Dispute(ctx context.Context, orderID string, amount int64, state string) error
	// FailRefunds makes the refunds of an order's charge that have the amount, or with 0 all
	// of them, fail although they were done. It returns NotFound if there is none.
	FailRefunds(ctx context.Context, orderID string, amount int64) error
	// Retrieve returns the balance of a charge. It returns NotFound if there is no charge.
	Retrieve(ctx context.Context, ref string) (Balance, error)
	// Confirmation returns the charge that is confirmed under the token, or NotFound.
	Confirmation(ctx context.Context, token string) (Confirmation, error)
	// LastConfirmation returns the order's newest charge that needs, or needed, confirmation,
	// or NotFound.
	LastConfirmation(ctx context.Context, orderID string) (Confirmation, error)
	// Decide records the customer's decision about a charge, and reports whether the charge
	// was still open.
	Decide(ctx context.Context, token string, d Decision) (open bool, err error)
	// Totals sums up the charged and the refunded amounts, in minor units over all currencies.
	Totals(ctx context.Context) (charged, refunded int64, err error)
}

// Record is what the sandbox stores under a key. Status is Charged, Declined, ActionRequired
// or ChargePrevented.
type Record struct {
	Ref    string
	Status booking.PaymentStatus
	Amount booking.Money // charged, or to be charged
	// Token names the charge while the customer has to confirm it, until ExpiresAt.
	Token     string
	ExpiresAt time.Time
}

// Balance is the state of a charge.
type Balance struct {
	OrderID  string
	Charged  booking.Money
	Refunded int64 // the refunded amount
	Parts    []Part
	Dispute  *Dispute // nil if there is none
}

// Dispute is a customer's objection to a charge.
type Dispute struct {
	Amount int64
	State  booking.DisputeState
	At     time.Time // when it was raised
}

// holds reports whether the dispute prevents refunds.
func (d *Dispute) holds() bool { return d != nil && d.State != booking.DisputeWon }

// Part is a refund of a part of a charge, under a key.
type Part struct {
	Key    string
	Amount int64
	At     time.Time
	Failed bool // after it was done
}

// Sandbox is the built-in payment provider. It declines payment methods whose name begins
// with pm_card_chargeDeclined, like Stripe's test methods, needs the customer's confirmation
// for those of pm_card_authenticationRequired and pm_card_threeDSecure2Required, and approves
// all others.
type Sandbox struct {
	// PagesAt is the URL of its pages for customers, such as http://127.0.0.1:8080.
	PagesAt string
	// Notify receives the notices; there are none while it is nil. If it returns an error, it
	// receives the notice again.
	Notify func(context.Context, booking.PaymentNotice) error

	conduct
	memory Memory
}

var _ activities.PaymentProvider = (*Sandbox)(nil)

// NewSandbox makes a sandbox without faults. Close it.
func NewSandbox(memory Memory) *Sandbox {
	s := &Sandbox{memory: memory}
	s.totals, s.refund, s.dispute, s.failRefunds = memory.Totals, s.refundByHand, s.disputeByHand, s.failLater
	s.confirmations, s.resend = sandboxConfirmations{s}, s.resendNotice
	s.sender, s.switched = newSender(s.hand), s.onSwitched
	return s
}

// declines reports whether a payment method is always declined.
func declines(method string) bool { return strings.HasPrefix(method, "pm_card_chargeDeclined") }

// needsConfirmation reports whether a payment method needs the customer's confirmation.
func needsConfirmation(method string) bool {
	return strings.HasPrefix(method, "pm_card_authenticationRequired") || strings.HasPrefix(method, "pm_card_threeDSecure2Required") ||
		strings.HasPrefix(method, "pm_card_threeDSecureRequired")
}

// Charge implements activities.PaymentProvider. It refuses the amounts that Stripe does.
func (s *Sandbox) Charge(ctx context.Context, c booking.Charge) (ref string, err error) {
	var r Record
	err = s.act(ctx, func() (err error) {
		r, err = s.memory.Charge(ctx, c, s.answer(c))
		return err
	})
	if err != nil {
		return "", err
	}
	return s.result(c, r)
}

// answer is the sandbox's answer to a new charge.
func (s *Sandbox) answer(c booking.Charge) Record {
	r := Record{Status: booking.Charged, Amount: c.Amount}
	switch b := s.Behaviour(); {
	case Terms{}.Amount(c.Amount) != nil || declines(c.Method) || b.refuses():
		r.Status = booking.Declined
	case !needsConfirmation(c.Method): // it is charged
	case c.ReturnTo == "":
		r.Status = booking.Declined
	default:
		r.Status, r.Token, r.ExpiresAt = booking.ActionRequired, newID("confirm_"), b.confirmBy(time.Now())
	}
	return r
}

// result is the outcome of a charge.
func (s *Sandbox) result(c booking.Charge, r Record) (ref string, err error) {
	switch r.Status {
	case booking.Declined:
		if refused := (Terms{}).Amount(c.Amount); refused != nil {
			return "", fmt.Errorf("%w: %w", activities.ErrAmountRefused, refused)
		}
		return "", activities.ErrDeclined
	case booking.ChargePrevented:
		return "", activities.ErrVoided
	case booking.ActionRequired:
		action := booking.NextAction{Type: booking.Redirect, URL: s.PagesAt + pagePath + r.Token, ExpiresAt: r.ExpiresAt}
		return "", &activities.ActionRequired{Ref: r.Token, Action: action}
	}
	if r.Amount != c.Amount {
		return "", fmt.Errorf("%w: %s took %d %s", activities.ErrOtherAmount, r.Ref, r.Amount.Amount, r.Amount.Currency)
	}
	return r.Ref, nil
}

// Confirm implements activities.PaymentProvider. It does not need the customer's return.
func (s *Sandbox) Confirm(ctx context.Context, c booking.Charge, _ string, _ booking.PaymentReturn) (charged string, err error) {
	return s.Charge(ctx, c) // the answer is the charge's current state
}

// Void implements activities.PaymentProvider.
func (s *Sandbox) Void(ctx context.Context, c booking.Charge) (refs []string, err error) {
	err = s.act(ctx, func() error {
		r, err := s.memory.Void(ctx, c)
		if r.Status == booking.Charged {
			refs = []string{r.Ref}
		}
		return err
	})
	return refs, err
}

// Retrieve implements activities.PaymentProvider. A slow sandbox does not delay it: the next
// request is delayed.
func (s *Sandbox) Retrieve(ctx context.Context, ref string) (activities.ChargeState, error) {
	if s.Behaviour().Down {
		return activities.ChargeState{}, ErrDown
	}
	is, err := s.memory.Retrieve(ctx, ref)
	seen := activities.ChargeState{Ref: ref, Charged: is.Charged, Left: is.Charged.Amount - is.Refunded}
	if d := is.Dispute; d != nil {
		seen.Disputes = []booking.Dispute{{
			ID: ref + "/dispute", Amount: booking.Money{Amount: d.Amount, Currency: is.Charged.Currency}, State: d.State,
			EvidenceDueBy: d.At.Add(evidenceWithin),
		}}
		if d.State == booking.DisputeLost {
			seen.Left = max(0, seen.Left-d.Amount)
		}
	}
	for _, part := range is.Parts {
		key, _, _ := strings.Cut(part.Key, after)
		is := activities.Refund{ID: part.Key, Key: key, Amount: part.Amount, State: booking.EntryDone, At: part.At}
		if part.Failed {
			is.State, is.Words = booking.EntryFailed, "failed in the sandbox"
		}
		seen.Refunds = append(seen.Refunds, is)
	}
	return seen, err
}

// Refund implements activities.PaymentProvider.
func (s *Sandbox) Refund(ctx context.Context, key string, seen activities.ChargeState, amount booking.Money) (id string, err error) {
	return key, s.act(ctx, func() error {
		if amount.Amount == 0 {
			return bankReturned(key, seen) // a refund is done at once
		}
		if err := hasFailed(key, seen); err != nil {
			return err
		}
		if is, err := s.memory.Retrieve(ctx, seen.Ref); err != nil || is.Dispute.holds() {
			return cmp.Or(err, error(&activities.Owed{Words: "the charge " + seen.Ref + " is disputed in the sandbox", NeedsPerson: true}))
		}
		switch refundsEnd[s.Behaviour().Refunds] {
		case pending:
			s.unfinished.Store(seen.Ref, nil)
			return &activities.Owed{Words: "the refund of " + seen.Ref + " is pending in the sandbox"}
		case failed, refused:
			return &activities.Owed{Words: "the refund of " + seen.Ref + " has failed in the sandbox", NeedsPerson: true}
		}
		return s.memory.Refund(ctx, again(key, seen), seen.Ref, amount)
	})
}

// hasFailed returns *Owed if a refund under the key has failed: the provider does not repeat
// it.
func hasFailed(key string, seen activities.ChargeState) error {
	r, has := seen.Has(key, booking.EntryFailed)
	if !has {
		return nil
	}
	return &activities.Owed{Words: fmt.Sprintf("refund %s of %s is %s", r.ID, seen.Ref, r.Words), NeedsPerson: true}
}

// bankReturned returns ErrReturned if a bank has charged back what was not refunded under the
// key.
func bankReturned(key string, seen activities.ChargeState) error {
	lost := slices.ContainsFunc(seen.Disputes, func(d booking.Dispute) bool { return d.State == booking.DisputeLost })
	if _, done := seen.Has(key, booking.EntryDone); lost && !done {
		return activities.ErrReturned
	}
	return nil
}

// after separates a key from the sum of the earlier refunds under it.
const after = " after "

// again is the key of the next refund under a key.
func again(key string, seen activities.ChargeState) string {
	if before := seen.RefundedUnder(key); before > 0 {
		return key + after + strconv.FormatInt(before, 10)
	}
	return key
}

// Part implements activities.PaymentProvider.
func (s *Sandbox) Part(amount booking.Money) booking.Money { return Terms{}.Part(amount) }
