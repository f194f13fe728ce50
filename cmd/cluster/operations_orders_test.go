package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

func (o *operator) find() {
	mine := o.reserves(o.place("auto", "bora"), "finder", booking.Confirmed)
	theirs := o.reserves(o.place("manual", "chan"), "dana", booking.AwaitingOwner)
	require.NotContains(o, o.sees(mine, "By customer", "CUSTOMER=finder"), theirs)
	require.NotContains(o, o.sees(theirs, "By owner", "OWNER=chan"), mine)
	require.Contains(o, o.types("What it looks like to its customer", "ORDER="+theirs), `"status":"awaiting_owner"`)
}

// serviceAway removes the table of payments. One order waits for its charge, another for its
// refund.
func (o *operator) serviceAway() {
	place := o.place("auto", "bora")
	paid := o.reserves(place, "alice", booking.Confirmed)
	o.alters("ALTER TABLE payments RENAME TO payments_away")
	pending := o.reserves(place, "alice", booking.PaymentPending)
	o.decides(paid, "cancel")
	o.becomes(paid, booking.Cancelling)

	o.sees(paid, "Orders that need attention")
	require.Contains(o, o.types("Orders whose undos are owed"), paid)
	require.NotContains(o, o.types("Orders that wait in the inbox"), paid)
	require.NotContains(o, o.types("Decisions that wait"), paid, "its order has received it")
	o.sees("does not exist", "What it waits for", "ORDER="+paid)
	o.sees("ChargePayment", "What it waits for", "ORDER="+pending)
	require.Contains(o, o.types("Payments that wait"), "ApproximateBacklogCount")
	o.types("Pause a step", "ORDER="+pending)

	o.alters("ALTER TABLE payments_away RENAME TO payments")
	o.becomes(paid, booking.Cancelled)
	o.refunded(paid)
	require.NotContains(o, o.types("Orders whose undos are owed"), paid)
	o.becomes(pending, booking.PaymentPending) // the other order's undo took as long
	o.types("Resume a step", "ORDER="+pending)
	o.becomes(pending, booking.Confirmed)
}

func (o *operator) decide() {
	place := o.place("manual", "bora")
	order := o.reserves(place, "alice", booking.AwaitingOwner)
	o.types("Confirm for the owner", "ORDER="+order)
	require.Contains(o, o.becomes(order, booking.Confirmed).raw, "by telephone")
	o.types("Cancel with compensation", "ORDER="+order)
	require.Equal(o, booking.ByOperator, o.becomes(order, booking.Cancelled).body.Reason)
	o.refunded(order)

	burning, spared := o.place("auto", "bora"), o.reserves(place, "alice", booking.AwaitingOwner)
	var burnt []string
	for range 3 {
		burnt = append(burnt, o.reserves(burning, "guest", booking.Confirmed))
	}
	for _, order := range burnt {
		o.sees(order, "By customer", "CUSTOMER=guest") // the engine's list is a moment behind
	}
	require.Contains(o, o.types("Cancel many", "PLACE="+burning), "Total: 3")
	for _, order := range burnt {
		require.Equal(o, booking.ByOperator, o.becomes(order, booking.Cancelled).body.Reason)
		o.refunded(order)
	}
	o.becomes(spared, booking.AwaitingOwner)
}

func (o *operator) repair() {
	order := o.reserves(o.place("manual", "bora"), "alice", booking.AwaitingOwner)
	o.decides(order, "confirm")
	o.becomes(order, booking.Confirmed)
	o.types("Reset to an earlier point", "ORDER="+order)
	o.becomes(order, booking.AwaitingOwner)
	o.decides(order, "confirm")
	o.becomes(order, booking.Confirmed)

	o.alters(fmt.Sprintf("DELETE FROM orders WHERE id = '%s'", order))
	require.Zero(o, o.rows(order))
	o.types("Repair now")
	o.until(func() bool { return o.rows(order) == 1 }, "the page of %s is not repaired", order)
	o.becomes(order, booking.Confirmed)
}

func (o *operator) settle() {
	order := o.reserves(o.place("auto", "bora"), "alice", booking.Confirmed)
	o.types("A terminate, and what follows", "ORDER="+order)
	found, err := o.tries("Audit")
	require.Error(o, err, "an audit that finds something fails")
	require.Regexp(o, `abandoned +`+order, found)
	require.Contains(o, o.types("Settle a terminated order", "ORDER="+order), "is cancelled (operator)")
	o.becomes(order, booking.Cancelled)
	o.refunded(order)
	o.clean()
}

// resolve: the provider reports that nothing is left of a charge, so staff cannot refund it,
// and pay it by hand.
func (o *operator) resolve() {
	order := o.reserves(o.place("auto", "bora"), "alice", booking.Confirmed)
	o.alters(fmt.Sprintf("UPDATE sandbox_charges SET refunded = amount WHERE key = '%s/charge'", order))
	o.request(http.MethodPost, "/v1/payments/"+order+"/refunds", object{
		"amount": object{"amount": 1000, "currency": "KRW"}, "reason": "The heating was out of order",
	}, "Idempotency-Key", "refund-1").wants(o, http.StatusCreated)
	o.sees(order, "Orders that need attention")
	require.Contains(o, o.types("A refund that was paid by hand", "ORDER="+order), "is recorded as paid by hand")
	o.until(func() bool { return strings.Contains(o.page(order).raw, `"needsAttention":false`) }, "%s needs attention for ever", order)
	require.Contains(o, o.request(http.MethodGet, "/v1/payments/"+order, nil).wants(o, http.StatusOK).raw, "bank transfer")
	o.alters(fmt.Sprintf("UPDATE sandbox_charges SET refunded = 0 WHERE key = '%s/charge'", order))
	o.becomes(order, booking.Confirmed)
	o.clean()
}

func (o *operator) deletion() {
	const drinks = "/v1/cafe/menus"
	drink := o.request(http.MethodPost, drinks, object{
		"name": "Einspänner", "ownerId": "cora", "price": object{"amount": 4500, "currency": "KRW"}, "date": o.day(2), "count": 10,
	}).wants(o, http.StatusCreated).body.ID
	cup := o.request(http.MethodPost, "/v1/cafe/orders", object{"menuId": drink, "customerId": "alice", "quantity": 2}).
		wants(o, http.StatusCreated, http.StatusAccepted).body.ID
	o.becomes(cup, booking.InProduction)
	o.request(http.MethodDelete, drinks+"/"+drink, nil).wants(o, http.StatusAccepted)
	o.sees(`"status":"deleted"`, "A drink's deletion", "DRINK="+drink)
	require.Equal(o, booking.MenuDeleted, o.becomes(cup, booking.Cancelled).body.Reason)
	o.refunded(cup)
	o.orders = append(o.orders, cup)
}

var rebuilt = regexp.MustCompile(`(\d+) orders: (\d+) pages written, 0 orders did not answer`)

// rebuild deletes all pages, and rebuilds them unchanged.
func (o *operator) rebuild() {
	before := o.pages()
	o.alters("DELETE FROM orders")
	require.Zero(o, o.rows(o.orders...))
	counts := rebuilt.FindStringSubmatch(o.types("Rebuild the pages"))
	require.NotNil(o, counts)
	require.Equal(o, strconv.Itoa(len(o.orders)), counts[1])
	require.Equal(o, counts[1], counts[2])
	require.Equal(o, len(o.orders), o.rows(o.orders...))
	require.Equal(o, before, o.pages())
	o.clean()
}
