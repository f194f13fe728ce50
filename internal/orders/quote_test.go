package orders_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// policy refunds everything until three days before check-in, and half of it until
// check-in.
func policy() *booking.CancellationPolicy {
	return &booking.CancellationPolicy{Tiers: []booking.Tier{
		{Before: new(booking.Duration(72 * time.Hour)), Percent: 100}, {Before: new(booking.Duration(0)), Percent: 50},
	}}
}

// stayWith is a reservation with a policy.
func stayWith() contract.Lodging {
	in := of(booking.Lodging).input.(contract.Lodging)
	in.Cancellation = policy()
	return in
}

// TestQuote: the view of an order with a policy contains everything that its quote depends
// on; for one without, the order's input is read. A cancel is not quoted when it would be
// refused.
func TestQuote(t *testing.T) {
	t.Parallel()
	anybody := booking.Caller{Unchecked: true}
	checkIn := stayWith().CheckInAt()
	at := func(now time.Time) func(*orders.Deps) {
		return func(d *orders.Deps) { d.Now = func() time.Time { return now } }
	}
	t.Run("Policy", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, at(checkIn.Add(-time.Hour)))
		b.store.put(cameTo(stayWith().View(), booking.Confirmed, ""))
		view, q, err := b.Quote(t.Context(), anybody, booking.Lodging, "lodging-1")
		require.NoError(t, err)
		require.Equal(t, "lodging-1", view.ID)
		require.Equal(t, booking.Due{Refund: 50000, Keep: 50000, Tier: "before:0s", Until: checkIn.UTC()}, q.Due)
		require.Equal(t, "Asia/Seoul", q.TimeZone)
		require.Empty(t, q.Later, "from then on it cannot be cancelled")
	})
	t.Run("RefundedBefore", func(t *testing.T) {
		t.Parallel()
		for refunded, want := range map[int64][2]int64{20000: {30000, 50000}, 50000: {0, 50000}, 90000: {0, 10000}} {
			ledger := paid{"lodging-1": {Entries: []booking.Entry{
				{Key: "refund/1", Kind: booking.RefundEntry, Amount: won(refunded), State: booking.EntryPending},
				{Key: "refund/2", Kind: booking.RefundEntry, Amount: won(1), State: booking.EntryFailed},
			}}}
			b := newBundle(t, at(checkIn.Add(-time.Hour)), func(d *orders.Deps) { d.Ledger = ledger })
			b.store.put(cameTo(stayWith().View(), booking.Confirmed, ""))
			_, q, err := b.Quote(t.Context(), anybody, booking.Lodging, "lodging-1")
			require.NoError(t, err)
			require.Equal(t, want, [2]int64{q.StillDue(q.Refund), q.Kept(q.Refund, q.Keep)})
			require.Equal(t, "before:0s/50000", q.Quote(), "the order knows it by its policy")
		}
	})
	t.Run("NoPolicy", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.putAll(booking.Confirmed)
		b.answersHistory(of(booking.Lodging), nil)
		_, q, err := b.Quote(t.Context(), anybody, booking.Lodging, "lodging-1")
		require.NoError(t, err)
		require.Equal(t, contract.Quote{Due: booking.Due{Refund: 100000, Tier: booking.TierAll}, TimeZone: "Asia/Seoul"}, q)
	})
	t.Run("CheckedIn", func(t *testing.T) {
		t.Parallel()
		for _, in := range []contract.Lodging{stayWith(), of(booking.Lodging).input.(contract.Lodging)} {
			b := newBundle(t, at(checkIn))
			b.store.put(cameTo(in.View(), booking.Confirmed, ""))
			b.answersHistory(of(booking.Lodging), nil)
			_, _, err := b.Quote(t.Context(), anybody, booking.Lodging, "lodging-1")
			require.ErrorIs(t, err, &booking.Error{Code: booking.AlreadyCheckedIn})
		}
	})
	t.Run("EngineAway", func(t *testing.T) {
		t.Parallel()
		for _, test := range []struct {
			err  error
			code booking.Code
		}{
			{serviceerror.NewUnavailable("connection refused"), orders.TemporalUnavailable},
			{serviceerror.NewNotFound("workflow not found"), orders.NotRunning},
		} {
			b := newBundle(t)
			b.putAll(booking.Confirmed)
			b.answersHistory(of(booking.Lodging), test.err)
			_, _, err := b.Quote(t.Context(), anybody, booking.Lodging, "lodging-1")
			require.ErrorIs(t, err, &booking.Error{Code: test.code})
		}
	})
	t.Run("NotHis", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.store.put(cameTo(stayWith().View(), booking.Confirmed, ""))
		for _, caller := range []booking.Caller{{}, {ID: "minho", Roles: []booking.Role{booking.CustomerRole}}} {
			_, _, err := b.Quote(t.Context(), caller, booking.Lodging, "lodging-1")
			require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
		}
		owner := booking.Caller{ID: "1001", Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{{OwnerID: "olivia", Level: booking.OwnerLevel}}}
		_, _, err := b.Quote(t.Context(), owner, booking.Lodging, "lodging-1")
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotAllowed})
		_, _, err = b.Quote(t.Context(), anybody, booking.Food, "lodging-1")
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
	})
}

// TestDecide_Expects: the quote that a customer was shown goes to the order with the time
// of the decision, and cancels with different quotes are not repeats.
func TestDecide_Expects(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.store.put(cameTo(stayWith().View(), booking.Confirmed, ""))
	var said []contract.Decision
	var ids []string
	b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error {
		said, ids = append(said, o.Args[0].(contract.Decision)), append(ids, o.UpdateID)
		return nil
	}, failsWith(noFor(booking.QuoteChanged, contract.Refusal{View: cameTo(stayWith().View(), booking.Confirmed, "").View, At: today})))
	for _, expect := range []string{"before:72h/100000", "before:0s/50000", ""} {
		out, err := b.Decide(t.Context(), booking.Caller{Unchecked: true}, orders.Decision{OrderID: "lodging-1", Kind: booking.Lodging, Update: cancels, Expect: expect})
		require.ErrorIs(t, err, &booking.Error{Code: booking.QuoteChanged})
		require.NotNil(t, out.View.Terms, "it can be quoted anew")
	}
	require.Equal(t, []contract.Decision{
		{Expect: "before:72h/100000", At: today, StatusWhenDecided: booking.Confirmed}, {Expect: "before:0s/50000", At: today, StatusWhenDecided: booking.Confirmed},
		{At: today, StatusWhenDecided: booking.Confirmed},
	}, said)
	require.NotEqual(t, ids[0], ids[1])
	require.NotContains(t, ids[2], "before")
}

// TestDecide_KeptExpects: a cancel that cannot be delivered is kept with the quote that its
// customer was shown and its time. One with another quote is kept beside it.
func TestDecide_KeptExpects(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.NoError(t, d.pages.Publish(t.Context(), cameTo(stayWith().View(), booking.Confirmed, "")))
	d.answersUpdates(func(int) error { return serviceerror.NewUnavailable("connection reset") }, well)
	cancel := func(expect string) placed {
		out, err := d.Decide(t.Context(), booking.Caller{Unchecked: true}, orders.Decision{OrderID: "lodging-1", Kind: booking.Lodging, Update: cancels, Expect: expect})
		return placed{out, err}
	}
	d.requireKept(cancel("before:72h/100000"), 1)
	d.requireKept(cancel("before:72h/100000"), 1)
	d.requireKept(cancel("before:0s/50000"), 2)
	require.Equal(t, "before:72h/100000", d.kept()[0].Expect)
	require.Equal(t, "before:0s/50000", d.kept()[1].Expect)
	require.WithinDuration(t, time.Now(), d.kept()[0].DecidedAt, time.Minute)
}

// TestWithdraw_Expects: an order in the inbox was not charged, so a cancel with a quote of
// less than everything was quoted for another order.
func TestWithdraw_Expects(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := contract.Publication{View: stayWith().View()}
	p.View.Version = orders.KeptVersion
	b.store.put(p)
	b.callFails(serviceerror.NewNotFound("workflow not found"))
	b.engine.On("QueryWorkflow", mock.Anything, mock.Anything, "", contract.ViewQuery).Return(nil, serviceerror.NewNotFound("workflow not found")).Maybe()
	out, err := b.Decide(t.Context(), booking.Caller{Unchecked: true}, orders.Decision{
		OrderID: "lodging-1", Kind: booking.Lodging, Update: cancels, Expect: "before:72h/100000",
	})
	require.ErrorIs(t, err, &booking.Error{Code: booking.QuoteChanged})
	require.Equal(t, booking.Received, out.View.Status)
	_, err = b.Decide(t.Context(), booking.Caller{Unchecked: true}, orders.Decision{
		OrderID: "lodging-1", Kind: booking.Lodging, Update: cancels, Expect: "unconfirmed/100000",
	})
	require.NotErrorIs(t, err, &booking.Error{Code: booking.QuoteChanged})
}

// TestPlace_KeepsThePolicy: the policy in force is stored with the order and not with the
// item.
func TestPlace_KeepsThePolicy(t *testing.T) {
	t.Parallel()
	byStatus := &booking.CancellationPolicy{Tiers: []booking.Tier{{Status: booking.Paid, Percent: 90}}}
	byTime := &booking.CancellationPolicy{Tiers: []booking.Tier{{Within: new(booking.Duration(time.Hour)), Percent: 90}}}
	for wanted, want := range map[orders.Wanted]*booking.CancellationPolicy{
		stay: policy(), meal: byStatus, cups: byStatus, call: byTime, freeCall: nil,
	} {
		b := newBundle(t)
		place, menu, drink := seaside(), bibimbap(), latte()
		place.Cancellation, menu.Cancellation, drink.Cancellation = policy(), byStatus, byStatus
		b.store.places[place.ID], b.store.menus[menu.ID], b.store.drinks[drink.ID] = place, menu, drink
		b.store.policy = byTime
		b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
			require.NoError(t, in.Check())
			text, err := json.Marshal(in)
			require.NoError(t, err)
			var kept struct {
				Cancellation       *booking.CancellationPolicy
				Place, Menu, Drink map[string]any
			}
			require.NoError(t, json.Unmarshal(text, &kept))
			require.Equal(t, want, kept.Cancellation)
			for _, thing := range []map[string]any{kept.Place, kept.Menu, kept.Drink} {
				require.NotContains(t, thing, "cancellation")
			}
			b.publish(in, booking.Cancelled, booking.ByCustomer)
			return nil
		})
		b.refused(b.place(wanted, ""), orders.CancelledByCustomer)
		require.NotNil(t, b.store.places[place.ID].Cancellation)
	}
}

// TestPlace_ShownPrice: an order that costs another price than its customer was shown is
// not started. A repeat of a started one is answered like the first, even if the price has
// changed since and the read model is away.
func TestPlace_ShownPrice(t *testing.T) {
	t.Parallel()
	readModels(t, func(t *testing.T, b *bundle) {
		e := b.withEngine()
		place := func(price int64) placed {
			p := orders.Placement{
				Wanted: cups, CustomerID: "alice", PaymentMethod: "pm_card_visa", Key: "k1", RequestHash: hashOf(cups),
				Price: &booking.Money{Amount: price, Currency: "KRW"},
			}
			return b.placeFor(t.Context(), p)
		}
		refused := place(13_000)
		b.refused(refused, booking.PriceChanged)
		var no *booking.Error
		require.ErrorAs(t, refused.err, &no)
		require.Equal(t, &booking.Money{Amount: 13_500, Currency: "KRW"}, no.Price)
		require.Zero(t, e.starts)
		first := b.accepted(place(13_500))
		dearer := latte()
		dearer.Price.Amount = 9_000
		b.Catalogue.(*memory).drinks[dearer.ID] = dearer
		require.Equal(t, first.ID, b.accepted(place(13_500)).ID)
	})
}

// TestDecide_Seen: the version that a caller has seen goes to the order with the decision.
// Such a decision is not kept if it cannot be delivered: the order may have changed by
// then.
func TestDecide_Seen(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.store.put(cameTo(stayWith().View(), booking.Confirmed, ""))
	var said []contract.Decision
	var ids []string
	b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error {
		said, ids = append(said, o.Args[0].(contract.Decision)), append(ids, o.UpdateID)
		return nil
	}, failsWith(noFor(booking.VersionChanged, contract.Refusal{View: cameTo(stayWith().View(), booking.Confirmed, "").View, At: today})))
	decision := orders.Decision{OrderID: "lodging-1", Kind: booking.Lodging, Update: cancels}
	for _, decision.Version = range []int64{6, 5, 0} {
		_, err := b.Decide(t.Context(), booking.Caller{Unchecked: true}, decision)
		require.ErrorIs(t, err, &booking.Error{Code: booking.VersionChanged})
	}
	require.Equal(t, []contract.Decision{
		{Version: 6, At: today, StatusWhenDecided: booking.Confirmed}, {Version: 5, At: today, StatusWhenDecided: booking.Confirmed}, {At: today, StatusWhenDecided: booking.Confirmed},
	}, said)
	require.NotEqual(t, ids[0], ids[1])

	d := newDesk(t)
	require.NoError(t, d.pages.Publish(t.Context(), cameTo(stayWith().View(), booking.Confirmed, "")))
	d.answersUpdates(func(int) error { return serviceerror.NewUnavailable("connection reset") }, well)
	decision.Version = 6
	_, err := d.Decide(t.Context(), booking.Caller{Unchecked: true}, decision)
	require.Error(t, err)
	require.Empty(t, d.kept())
}
