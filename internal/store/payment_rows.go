package store

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
)

type entryRow struct {
	bun.BaseModel `bun:"table:payment_entries"`

	OrderID   string `bun:",pk"`
	Key       string `bun:",pk"`
	Kind      booking.EntryKind
	Amount    int64
	Currency  string
	Reason    booking.EntryReason
	ByWhom    string
	Note      booking.Personal
	Ref       string
	State     booking.EntryState
	Words     string
	ByHand    bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// newEntryRow is the first row of a refund.
func newEntryRow(e booking.Entry) entryRow {
	at := now()
	row := entryRow{
		OrderID: e.OrderID, Key: e.Key, Kind: booking.RefundEntry, Amount: e.Amount.Amount, Currency: e.Amount.Currency,
		Reason: e.Reason, ByWhom: e.By, Note: e.Note, Ref: e.Ref, State: e.State, Words: e.Words, ByHand: e.ByHand,
		CreatedAt: at, UpdatedAt: at,
	}
	if !e.At.IsZero() {
		row.CreatedAt = micros(e.At)
	}
	return row
}

func (r entryRow) entry() booking.Entry {
	return booking.Entry{
		Key: r.Key, OrderID: r.OrderID, Kind: r.Kind, Amount: booking.Money{Amount: r.Amount, Currency: r.Currency},
		Reason: r.Reason, By: r.ByWhom, Note: r.Note, Ref: r.Ref, State: r.State, Words: r.Words, ByHand: r.ByHand,
		At: r.CreatedAt.UTC(), Changed: r.UpdatedAt.UTC(),
	}
}

type disputeRow struct {
	bun.BaseModel `bun:"table:payment_disputes"`

	OrderID   string `bun:",pk"`
	ID        string `bun:",pk"`
	Amount    int64
	Currency  string
	State     booking.DisputeState
	DueBy     bun.NullTime
	UpdatedAt time.Time
}

func (r disputeRow) dispute() booking.Dispute {
	d := booking.Dispute{ID: r.ID, Amount: booking.Money{Amount: r.Amount, Currency: r.Currency}, State: r.State, Changed: r.UpdatedAt.UTC()}
	if !r.DueBy.IsZero() {
		d.EvidenceDueBy = r.DueBy.UTC()
	}
	return d
}
