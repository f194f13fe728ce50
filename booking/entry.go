package booking

import (
	"fmt"
	"time"
)

// Entry is a line of the ledger of an order: a charge or a refund. Its Key is unique in the
// order and follows from the decision that caused the entry.
type Entry struct {
	Key     string      `json:"key"`
	OrderID string      `json:"orderId"`
	Kind    EntryKind   `json:"kind"`
	Amount  Money       `json:"amount"`
	Reason  EntryReason `json:"reason,omitempty"`
	By      string      `json:"by,omitempty"`   // the number of the caller that decided it; "" for the system
	Note    Personal    `json:"note,omitempty"` // the caller's own words
	// Ref is the provider's id of the charge or refund, or the evidence of a refund that was
	// paid by hand.
	Ref   string     `json:"ref,omitempty"`
	State EntryState `json:"state"`
	// Words are the provider's words on what the entry waits for, or on why it failed.
	Words string `json:"words,omitempty"`
	// ByHand: a person has made the refund, at the provider or in another way, or a bank has
	// taken the money back.
	ByHand bool      `json:"byHand,omitempty"`
	At     time.Time `json:"at,omitzero"` // when it was decided
	// Changed is when the entry reached its state.
	Changed time.Time `json:"changed,omitzero"`
}

// EntryKind says whether an entry is a charge or a refund.
type EntryKind string

// The kinds of entries.
const (
	ChargeEntry EntryKind = "charge"
	RefundEntry EntryKind = "refund"
)

// EntryKinds lists every kind of entry.
func EntryKinds() []EntryKind { return []EntryKind{ChargeEntry, RefundEntry} }

// EntryState is the state of an entry.
type EntryState string

// The states of entries.
const (
	EntryPending EntryState = "pending" // not done yet: about to be requested, requested, or accepted by the provider
	EntryDone    EntryState = "done"
	// EntryFailed: the refund needs a person. It is still requested from the provider, since
	// the cause of the failure may end.
	EntryFailed EntryState = "failed"
)

// EntryStates lists every state of entries.
func EntryStates() []EntryState { return []EntryState{EntryPending, EntryDone, EntryFailed} }

// EntryReason is the reason of a refund: the Reason of a cancellation, or one of those below.
type EntryReason string

// The reasons of entries that no cancellation has.
const (
	Goodwill       EntryReason = "goodwill"        // staff refunded a part
	EarlyDeparture EntryReason = "early_departure" // guests left early and freed nights
	Disputed       EntryReason = "dispute"         // the customer's bank took it back
	AtProvider     EntryReason = "provider"        // a person refunded it at the provider
	Changed        EntryReason = "change"          // the order was changed and costs less, or a change that was paid for was not made
)

// EntryReasons lists the reasons of entries that no cancellation has.
func EntryReasons() []EntryReason {
	return []EntryReason{Goodwill, EarlyDeparture, Disputed, AtProvider, Changed}
}

// Prefixes of the keys of entries that no decision of ours caused.
const (
	atProviderKey = "provider/"
	disputeKey    = "dispute/"
)

// KeyAtProvider is the key of a refund that a person made at the provider, from the provider's
// id of it.
func KeyAtProvider(id string) string { return atProviderKey + id }

// KeyOfDispute is the key of the entry for a lost dispute, from the provider's id of it.
func KeyOfDispute(id string) string { return disputeKey + id }

// ChargeKey is the key of an order's first charge, in the ledger and at the provider.
func ChargeKey(orderID string) string { return orderID + "/charge" }

// Refunds reports whether the entry is a refund that is pending or done.
func (e Entry) Refunds() bool { return e.Kind == RefundEntry && e.State != EntryFailed }

// IsRefunded reports whether the customer has the entry's money back, from us or from others.
func (e Entry) IsRefunded() bool { return e.Kind == RefundEntry && e.State == EntryDone }

// ByProvider reports whether the entry is a refund that the provider has made, not a lost
// dispute or a payment by hand.
func (e Entry) ByProvider() bool {
	return e.IsRefunded() && e.Reason != Disputed && (!e.ByHand || e.Reason == AtProvider)
}

// ByOthers reports whether no decision of ours caused the entry: a bank took the money back,
// or a person refunded it at the provider.
func (e Entry) ByOthers() bool { return e.Reason == Disputed || e.Reason == AtProvider }

// Evidence is what an operator has recorded about a refund that was paid by hand; "" for other
// entries.
func (e Entry) Evidence() Personal {
	if !e.ByHand || e.ByOthers() {
		return ""
	}
	return Personal(e.Ref)
}

// Dispute is a customer's objection to a charge, raised with their bank.
type Dispute struct {
	ID     string       `json:"id"` // the provider's
	Amount Money        `json:"amount"`
	State  DisputeState `json:"state"`
	// EvidenceDueBy is the time until which the provider accepts evidence; zero if it does not
	// say.
	EvidenceDueBy time.Time `json:"evidenceDueBy,omitzero"`
	// Changed is when the ledger recorded this state. It is set by the ledger only.
	Changed time.Time `json:"-"`
}

// Words name the dispute, its amount, and the time until which evidence is accepted.
func (d Dispute) Words() string {
	words := fmt.Sprintf("dispute %s over %d %s", d.ID, d.Amount.Amount, d.Amount.Currency)
	if !d.EvidenceDueBy.IsZero() {
		words += ", evidence is accepted until " + d.EvidenceDueBy.UTC().Format(time.RFC3339)
	}
	return words
}

// StillOpen is the error UnderDispute for the dispute.
func (d Dispute) StillOpen() *Error {
	return Errorf(UnderDispute, "%s, is open: the bank may take the same money; when it has ended, the refund is requested again by itself", d.Words())
}

const (
	// longestDispute is how long a dispute can stay open after evidence was due. Banks decide
	// within 75 days.
	longestDispute = 120 * 24 * time.Hour
	// longestEvidence is how long evidence is accepted if the provider does not say. The card
	// networks give at most 45 days.
	longestEvidence = 45 * 24 * time.Hour
)

// MayBeOpen reports whether a dispute that was open at the last check can still be open at the
// given time. If the provider does not say until when it accepts evidence, that time counts
// from when the ledger recorded the dispute.
func (d Dispute) MayBeOpen(at time.Time) bool {
	due := d.EvidenceDueBy
	if due.IsZero() {
		due = d.Changed.Add(longestEvidence)
	}
	return at.Before(due.Add(longestDispute))
}

// DisputeState is the state of a dispute.
type DisputeState string

// The states of disputes.
const (
	DisputeOpen DisputeState = "open"
	DisputeLost DisputeState = "lost" // the customer has the money back
	DisputeWon  DisputeState = "won"
)

// DisputeStates lists every state of disputes.
func DisputeStates() []DisputeState { return []DisputeState{DisputeOpen, DisputeLost, DisputeWon} }

// Repaid is the result of a refund of a part.
type Repaid struct {
	// Entry is the entry in the ledger, or the requested one if the refund was refused.
	Entry Entry `json:"entry"`
	// Refused, if not "", is why the refund is not made: it exceeds what is left
	// (RefundExceeds), nothing is charged (NotCharged), or the provider cannot refund this
	// amount (Invalid). No request was sent to the provider, unless the entry is one that has
	// failed.
	Refused Code `json:"refused,omitempty"`
	// Left is what can still be refunded.
	Left Money `json:"left"`
	// Payment is the payment's status after the refund. RefundedInAll is the sum of all refunds of the
	// payment, in minor units.
	Payment       PaymentStatus `json:"payment,omitempty"`
	RefundedInAll int64         `json:"given,omitempty"`
	// Failing is how many other refunds by staff need a person.
	Failing int `json:"failing,omitempty"`
}

// Resolution is an operator's statement that they have paid by hand what the provider could not
// refund.
type Resolution struct {
	OrderID  string   `json:"orderId"`
	Evidence Personal `json:"evidence"`
	By       string   `json:"by,omitempty"`
	// Made lists what the provider has paid of the undo's own refund, if the rest of it has
	// failed. It is set for the ledger only.
	Made []Entry `json:"-"`
	// MadeOfParts lists the same for refunds of parts, by their keys: the provider may refund
	// one part from several charges. It is set for the ledger only.
	MadeOfParts map[string][]Entry `json:"-"`
	// Unanswered are the keys of refunds to which the provider has answered only with errors
	// for longer than the order's AttentionAfter. They may be paid by hand, too.
	Unanswered []string `json:"unanswered,omitempty"`
	// UnknownCharges are the keys of further charges of unknown outcome to which the provider has
	// answered only with errors for as long. The operator's resolution ends them.
	UnknownCharges []string `json:"unsettled,omitempty"`
	// Pending holds the keys of refunds that are pending at the provider, with its words: they
	// may still be made. It is set for the ledger only.
	Pending map[string]string `json:"-"`
	// Blind: the provider did not answer, so disputes that are open in the ledger may have
	// ended. It is set for the ledger only.
	Blind bool `json:"-"`
}

// Resolved is the result of a Resolution.
type Resolved struct {
	// Entries are the refunds that this Resolution, or an earlier one with the same evidence,
	// has completed.
	Entries []Entry `json:"entries,omitempty"`
	// Refused, if not "", is why nothing was recorded: nothing is owed that needs a person
	// (NothingOwed), a dispute of the charge is open (UnderDispute), the provider may still make
	// the refund (StillPending), or the refund is being requested at the moment
	// (DecisionPending).
	Refused Code `json:"refused,omitempty"`
	// Words give the reason where the code does not say enough.
	Words string `json:"words,omitempty"`
}

// RefundedOtherwise are the words of a failed refund that was replaced by another payment to
// the customer. It is not made any more, even if the order is changed later and more is
// charged.
const RefundedOtherwise = "it was given back otherwise"

// Refusal is the error for the code Refused.
func (r Resolved) Refusal() *Error {
	no := Errorf(r.Refused, "%s", r.Words)
	if r.Refused == DecisionPending {
		return no.RetryIn(refundRetryAfter)
	}
	return no
}

// refundRetryAfter is longer than a healthy provider takes to answer a refund request.
const refundRetryAfter = 2 * time.Second

// BeingRequested is the error DecisionPending for refunds that are being requested at the
// moment: their outcome is not known yet.
func BeingRequested(unmade []Entry) *Error {
	return Errorf(DecisionPending, "refund %s is being requested at the payment provider, or has failed since: repeat the request", unmade[0].Key).RetryIn(refundRetryAfter)
}
