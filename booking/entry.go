package booking

import (
	"fmt"
	"time"
)

// Entry is a line of an order's payment: the charge, or a refund of some of it.
// Its Key is one in the order and comes from the decision that it follows from.
type Entry struct {
	Key     string      `json:"key"`
	OrderID string      `json:"orderId"`
	Kind    EntryKind   `json:"kind"`
	Amount  Money       `json:"amount"`
	Reason  EntryReason `json:"reason,omitempty"`
	By      string      `json:"by,omitempty"`   // the number of the one who decided it; "" for the system
	Note    Personal    `json:"note,omitempty"` // in the words of the one who decided it
	// Ref is the provider's own id of it, or the evidence of what was paid by hand.
	Ref   string     `json:"ref,omitempty"`
	State EntryState `json:"state"`
	// Words are the provider's on what it is waiting for, or has failed over.
	Words string `json:"words,omitempty"`
	// ByHand: a person has given it back, at the provider or in another way.
	ByHand bool      `json:"byHand,omitempty"`
	At     time.Time `json:"at,omitzero"` // when it was decided
	// Changed is when it came to its state.
	Changed time.Time `json:"changed,omitzero"`
}

// EntryKind tells charges from refunds.
type EntryKind string

// The kinds of entries.
const (
	ChargeEntry EntryKind = "charge"
	RefundEntry EntryKind = "refund"
)

// EntryKinds lists every kind of entry.
func EntryKinds() []EntryKind { return []EntryKind{ChargeEntry, RefundEntry} }

// EntryState is where an entry stands.
type EntryState string

// The states of entries.
const (
	EntryPending EntryState = "pending" // the provider has been asked, or is about to be; what it has accepted is not done
	EntryDone    EntryState = "done"
	// EntryFailed: a person has to see to it. The provider is asked again all the
	// same: what it refused for may be over.
	EntryFailed EntryState = "failed"
)

// EntryStates lists every state of entries.
func EntryStates() []EntryState { return []EntryState{EntryPending, EntryDone, EntryFailed} }

// EntryReason is why money was given back: a Reason of a cancellation, or one of
// those below.
type EntryReason string

// The reasons of entries that no cancellation has.
const (
	Goodwill       EntryReason = "goodwill"        // the staff gives some of it back
	EarlyDeparture EntryReason = "early_departure" // guests left early, and nights are free again
	Disputed       EntryReason = "dispute"         // the customer's bank took it back
	AtProvider     EntryReason = "provider"        // somebody gave it back at the provider, by hand
	Changed        EntryReason = "change"          // the order was changed and costs less, or the change was not made
)

// EntryReasons lists the reasons of entries that no cancellation has.
func EntryReasons() []EntryReason {
	return []EntryReason{Goodwill, EarlyDeparture, Disputed, AtProvider, Changed}
}

// Key of the entries that follow from no decision of a person.
const (
	atProviderKey = "provider/"
	disputeKey    = "dispute/"
)

// KeyAtProvider is the key of a refund that was made at the provider by hand, by
// the provider's id of it.
func KeyAtProvider(id string) string { return atProviderKey + id }

// KeyOfDispute is the key of what a dispute took back, by the provider's id of it.
func KeyOfDispute(id string) string { return disputeKey + id }

// ChargeKey is the key of the entry of an order's charge, and what it is asked
// for under at the provider.
func ChargeKey(orderID string) string { return orderID + "/charge" }

// Refunds tells whether the entry is a refund that is pending or done.
func (e Entry) Refunds() bool { return e.Kind == RefundEntry && e.State != EntryFailed }

// IsRefunded tells whether the customer has the entry's money back, by whomever.
func (e Entry) IsRefunded() bool { return e.Kind == RefundEntry && e.State == EntryDone }

// ByProvider tells whether the entry is a refund that the provider has made.
// What a bank took back, or a person has paid otherwise, is none.
func (e Entry) ByProvider() bool {
	return e.IsRefunded() && e.Reason != Disputed && (!e.ByHand || e.Reason == AtProvider)
}

// ByOthers tells whether the entry follows from no decision of ours: a bank, or
// somebody at the provider, gave it back.
func (e Entry) ByOthers() bool { return e.Reason == Disputed || e.Reason == AtProvider }

// Evidence is how a person has paid it otherwise, in their own words; "" where none has.
func (e Entry) Evidence() Personal {
	if !e.ByHand || e.ByOthers() {
		return ""
	}
	return Personal(e.Ref)
}

// Dispute is an objection to a charge that the customer has raised with their
// bank.
type Dispute struct {
	ID     string       `json:"id"` // the provider's
	Amount Money        `json:"amount"`
	State  DisputeState `json:"state"`
	// EvidenceDueBy is until when the provider takes evidence; zero when it does
	// not say.
	EvidenceDueBy time.Time `json:"evidenceDueBy,omitzero"`
	// Changed is when the ledger came to have it so. It is set by the ledger only.
	Changed time.Time `json:"-"`
}

// Words name the dispute, how much it is about, and until when evidence is taken.
func (d Dispute) Words() string {
	words := fmt.Sprintf("dispute %s over %d %s", d.ID, d.Amount.Amount, d.Amount.Currency)
	if !d.EvidenceDueBy.IsZero() {
		words += ", evidence is taken until " + d.EvidenceDueBy.UTC().Format(time.RFC3339)
	}
	return words
}

// StillOpen is UnderDispute for the dispute.
func (d Dispute) StillOpen() *Error {
	return Errorf(UnderDispute, "%s, is open: the bank may take the same money; when it is over, the refund is asked for again by itself", d.Words())
}

const (
	// longestDispute is how long after its time for evidence a dispute can be open. Banks
	// decide within 75 days.
	longestDispute = 120 * 24 * time.Hour
	// longestEvidence is for how long evidence is taken where the provider does not say.
	// The card networks give 45 days at the most.
	longestEvidence = 45 * 24 * time.Hour
)

// MayBeOpen tells whether a dispute that was open when the provider was asked last can be
// open at a time. Without a deadline that counts from when the ledger came to know of it.
func (d Dispute) MayBeOpen(at time.Time) bool {
	due := d.EvidenceDueBy
	if due.IsZero() {
		due = d.Changed.Add(longestEvidence)
	}
	return at.Before(due.Add(longestDispute))
}

// DisputeState is where a dispute stands.
type DisputeState string

// The states of disputes.
const (
	DisputeOpen DisputeState = "open"
	DisputeLost DisputeState = "lost" // the customer has the money back
	DisputeWon  DisputeState = "won"
)

// DisputeStates lists every state of disputes.
func DisputeStates() []DisputeState { return []DisputeState{DisputeOpen, DisputeLost, DisputeWon} }

// Repaid is what came of a refund in part.
type Repaid struct {
	// Entry as it stands. It is the one that was asked for where that was refused.
	Entry Entry `json:"entry"`
	// Refused, if not "": nothing more will come of it, since more was asked for than
	// is left (RefundExceeds), no charge stands (NotCharged), or the provider cannot give
	// back just so much (Invalid). Nothing was begun,
	// unless the entry says that it has failed.
	Refused Code `json:"refused,omitempty"`
	// Left is what can still be given back.
	Left Money `json:"left"`
	// Payment is where the payment stands with it, and Given what was given back of that in
	// all, in minor units.
	Payment PaymentStatus `json:"payment,omitempty"`
	Given   int64         `json:"given,omitempty"`
	// Failing is how many other refunds by staff wait for a person.
	Failing int `json:"failing,omitempty"`
}

// Resolution is an operator's word that they have paid by hand what the provider
// could not give back.
type Resolution struct {
	OrderID  string   `json:"orderId"`
	Evidence Personal `json:"evidence"`
	By       string   `json:"by,omitempty"`
	// Made is what the provider has made of the undo's own refund, which has failed
	// otherwise. It is set for the ledger only.
	Made []Entry `json:"-"`
	// MadeOfParts is what the provider has made of parts that have failed otherwise, by
	// their keys: a part may come out of several charges. It is set for the ledger only.
	MadeOfParts map[string][]Entry `json:"-"`
	// Unanswered are the keys of refunds that have met nothing but errors at the provider
	// for longer than their order's patience lasts. They may be paid by hand, too.
	Unanswered []string `json:"unanswered,omitempty"`
	// Unsettled are the keys of further charges of which the provider has said nothing but
	// errors for as long. They are over by the operator's word.
	Unsettled []string `json:"unsettled,omitempty"`
	// Pending are the keys of refunds of which the provider has one pending, with its words:
	// it may make it yet. It is set for the ledger only.
	Pending map[string]string `json:"-"`
	// Blind: the provider could not be asked, and disputes may have ended that the ledger
	// has as open. It is set for the ledger only.
	Blind bool `json:"-"`
}

// Resolved is what came of a Resolution.
type Resolved struct {
	// Entries that are done by it, or were by the same evidence before.
	Entries []Entry `json:"entries,omitempty"`
	// Refused, if not "": nothing is owed that a person has to see to (NothingOwed), a
	// dispute of the charge is open (UnderDispute), the provider may make the refund yet
	// (StillPending), or is being asked for it at the moment (DecisionPending).
	Refused Code `json:"refused,omitempty"`
	// Words are why, where the code does not say enough.
	Words string `json:"words,omitempty"`
}

// GivenOtherwise is what the ledger says of a refund that has failed and whose money the
// customer has got in another way. Nothing waits for it any more, also when the order is
// changed later and more is charged.
const GivenOtherwise = "it was given back otherwise"

// Refusal is why nothing was recorded.
func (r Resolved) Refusal() *Error {
	no := Errorf(r.Refused, "%s", r.Words)
	if r.Refused == DecisionPending {
		return no.In(askedAgain)
	}
	return no
}

// askedAgain is longer than a provider that is well takes to answer for a refund.
const askedAgain = 2 * time.Second

// BeingAsked is DecisionPending for refunds of which it is not known at the moment whether
// the provider makes them.
func BeingAsked(unmade []Entry) *Error {
	return Errorf(DecisionPending, "refund %s is just being asked for at the payment provider, or has failed since: repeat the request", unmade[0].Key).In(askedAgain)
}
