package activities_test

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// drawer is a till that stores its refunds.
type drawer struct {
	till
	mu       sync.Mutex
	refunds  []activities.Refund
	disputes []booking.Dispute
	says     error // the answer to the next request
	// saysOf holds the answers to requests under a key.
	saysOf map[string]error
}

func newDrawer() *drawer {
	d := &drawer{}
	d.retrieve = func(ref string) (activities.ChargeState, error) { return d.seen(ref), nil }
	d.refund = func(key, _ string, amount booking.Money) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if err := cmp.Or(d.saysOf[key], d.says); err != nil {
			return err
		}
		if amount.Amount > 0 {
			d.refunds = append(d.refunds, activities.Refund{ID: fmt.Sprint("re_", len(d.refunds)), Key: key, Amount: amount.Amount, State: booking.EntryDone})
		}
		for _, r := range d.refunds {
			if r.State == booking.EntryPending {
				return &activities.Owed{Words: "refund " + r.ID + " is pending"}
			}
		}
		return nil
	}
	return d
}

func (d *drawer) seen(ref string) activities.ChargeState {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := activities.ChargeState{Ref: ref, Charged: price, Left: price.Amount, Refunds: append([]activities.Refund{}, d.refunds...), Disputes: d.disputes}
	for _, r := range d.refunds {
		if r.State != booking.EntryFailed {
			seen.Left -= r.Amount
		}
	}
	for _, dispute := range d.disputes {
		if dispute.State == booking.DisputeLost {
			seen.Left -= dispute.Amount.Amount
		}
	}
	return seen
}

// byHand makes a refund at the provider as a person does.
func (d *drawer) byHand(amount int64) { d.byHandIs(amount, booking.EntryDone) }

func (d *drawer) byHandIs(amount int64, state booking.EntryState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refunds = append(d.refunds, activities.Refund{ID: fmt.Sprint("re_", len(d.refunds)), Amount: amount, State: state, At: time.Now()})
}

// makes makes a refund under a key, also after a refusal.
func (d *drawer) makes(key string, amount int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refunds = append(d.refunds, activities.Refund{ID: fmt.Sprint("re_", len(d.refunds)), Key: key, Amount: amount, State: booking.EntryDone})
}

// becomes changes the state of a pending refund.
func (d *drawer) becomes(id string, state booking.EntryState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.refunds {
		if d.refunds[i].ID == id {
			d.refunds[i].State, d.refunds[i].Words = state, string(state)+" at stripe"
		}
	}
}

func (d *drawer) refundedUnder(key string) (sum int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.refunds {
		if r.Key == key {
			sum += r.Amount
		}
	}
	return sum
}

func (d *drawer) answers(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.says = err
}

// answersTo sets the answer to requests under a key.
func (d *drawer) answersTo(key string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.saysOf = map[string]error{key: err}
}

// paid returns a service whose order o1 has been charged.
func paid(t *testing.T) (*activities.Payments, *drawer) {
	t.Helper()
	d := newDrawer()
	payments := newPayments(t, &d.till)
	_, err := charge(payments, newCharge("o1"))
	require.NoError(t, err)
	return payments, d
}

func goodwill(key string, amount int64) booking.Entry {
	return booking.Entry{
		Key: key, OrderID: "o1", Amount: booking.Money{Amount: amount, Currency: price.Currency}, Reason: booking.Goodwill, By: "1024", Note: "sorry",
	}
}

func refundPart(p *activities.Payments, e booking.Entry) (booking.Repaid, error) {
	return do(durably, func(ctx context.Context) (booking.Repaid, error) { return p.RefundPart(ctx, e) })
}

// tooLow is the answer to a refund that only a person can make for now.
var tooLow = &activities.Owed{Words: "the balance is too low", NeedsPerson: true}

// failedPart is a part that the provider has just refused, as its saga knows it then.
func failedPart(t *testing.T, p *activities.Payments, key string, amount int64) booking.Entry {
	t.Helper()
	e := goodwill(key, amount)
	got, err := refundPart(p, e)
	require.NoError(t, err)
	require.Equal(t, booking.EntryFailed, got.Entry.State)
	e.State, e.Words = got.Entry.State, got.Entry.Words
	return e
}

func resolve(p *activities.Payments, evidence string) (booking.Resolved, error) {
	return do(durably, func(ctx context.Context) (booking.Resolved, error) {
		return p.ResolveByHand(ctx, booking.Resolution{OrderID: "o1", Evidence: booking.Personal(evidence), By: "1"})
	})
}

func keeping(keep int64) booking.Charge {
	c := because(newCharge("o1"), booking.ByCustomer)
	c.Keep, c.Tier, c.By = keep, "before:24h", "1030"
	return c
}

func TestRefundPart(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	for range 3 {
		got, err := refundPart(payments, goodwill("refund/1", 20000))
		require.NoError(t, err)
		require.Equal(t, booking.EntryDone, got.Entry.State)
		require.EqualValues(t, 30000, got.Left.Amount)
	}
	require.EqualValues(t, 20000, d.refundedUnder("o1/refund/1"), "once, under a key that no other order has")
	payment := onRecord(t, payments, "o1")
	require.Equal(t, booking.Charged, payment.Status)
	require.EqualValues(t, 20000, payment.Refunded)
	require.Equal(t, "re_1", payment.Entries[0].Ref)
}

func TestRefundPart_Refused(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	got, err := refundPart(payments, goodwill("refund/1", price.Amount+1))
	require.NoError(t, err)
	require.Equal(t, booking.RefundExceeds, got.Refused)
	require.Equal(t, price, got.Left)
	e := goodwill("refund/1", 1)
	e.OrderID = "o2"
	got, err = refundPart(payments, e)
	require.NoError(t, err)
	require.Equal(t, booking.NotCharged, got.Refused)
	require.Empty(t, onRecord(t, payments, "o1").Entries)
	require.Empty(t, d.refunds)
}

// TestRefundPart_ManyAtOnce: concurrent refunds sum up to the amount that was paid, and no
// more.
func TestRefundPart_ManyAtOnce(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	var all errgroup.Group
	for i := range 20 {
		all.Go(func() error {
			_, err := refundPart(payments, goodwill(fmt.Sprint("refund/", i), 5000))
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.Zero(t, d.seen("ch_1").Left)
	payment := onRecord(t, payments, "o1")
	require.Equal(t, price.Amount, payment.Refunded)
	require.Len(t, payment.Entries, 10)
	undo, err := refund(payments, because(newCharge("o1"), booking.ByCustomer))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: price.Amount}, undo, "nothing is left for a cancellation")
	require.Zero(t, d.refundedUnder("o1/charge/refund"))
}

// TestRefundPart_FollowsWhatIsOwed: a state that the saga knows is requested again, one
// that it does not know is reported.
func TestRefundPart_FollowsWhatIsOwed(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	e := goodwill("refund/1", 20000)
	d.answers(errAway)
	_, err := refundPart(payments, e)
	require.ErrorIs(t, err, errAway)
	require.Equal(t, booking.EntryPending, onRecord(t, payments, "o1").Entries[0].State, "it is begun, whatever the provider is like")

	d.answers(&activities.Owed{Words: "pending"})
	got, err := refundPart(payments, e)
	require.NoError(t, err)
	require.Equal(t, booking.EntryPending, got.Entry.State)
	require.Equal(t, "pending", got.Entry.Words)
	e.Words = "pending"
	_, err = refundPart(payments, e)
	var again *temporal.ApplicationError
	require.ErrorAs(t, err, &again)
	require.GreaterOrEqual(t, again.NextRetryDelay(), time.Second)

	d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
	got, err = refundPart(payments, e)
	require.NoError(t, err)
	require.Equal(t, booking.EntryFailed, got.Entry.State)
	require.Equal(t, price, got.Left, "it is not refunded")
	e.Words = got.Entry.Words
	_, err = refundPart(payments, e)
	require.ErrorContains(t, err, "the account is closed")
	require.Zero(t, onRecord(t, payments, "o1").Refunded)

	d.answers(nil)
	got, err = refundPart(payments, e)
	require.NoError(t, err)
	require.Equal(t, booking.EntryDone, got.Entry.State, "the reason of its failure had ended")
	require.EqualValues(t, 20000, d.refundedUnder("o1/refund/1"))
}

// TestResolveByHand_OfAPart: once a person has paid it, it is not requested from the provider
// any more.
func TestResolveByHand_OfAPart(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	nothing, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Equal(t, booking.Resolved{Refused: booking.NothingOwed}, nothing)
	e := goodwill("refund/1", 20000)
	d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
	_, err = refundPart(payments, e)
	require.NoError(t, err)
	for range 2 {
		resolved, err := resolve(payments, "transfer 7")
		require.NoError(t, err)
		require.Len(t, resolved.Entries, 1)
		require.Equal(t, "transfer 7", resolved.Entries[0].Ref)
	}
	d.answers(nil)
	e.Words = "the account is closed"
	got, err := refundPart(payments, e)
	require.NoError(t, err)
	require.Equal(t, booking.EntryDone, got.Entry.State)
	require.True(t, got.Entry.ByHand)
	require.Zero(t, d.refundedUnder("o1/refund/1"))
	require.Zero(t, onRecord(t, payments, "o1").Refunded)
}

// TestResolveByHand_OfAPartRequestedInVain: a failed refund still needs a person while the
// provider is called again and does not answer.
func TestResolveByHand_OfAPartRequestedInVain(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	e := goodwill("refund/1", 20000)
	d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
	_, err := refundPart(payments, e)
	require.NoError(t, err)
	failed := onRecord(t, payments, "o1").Entries
	d.answers(errAway)
	e.Words = "the account is closed"
	_, err = refundPart(payments, e)
	require.ErrorIs(t, err, errAway)
	require.Equal(t, booking.EntryFailed, onRecord(t, payments, "o1").Entries[0].State)
	require.Equal(t, failed, onRecord(t, payments, "o1").Entries, "since when it has failed is not forgotten")
	resolved, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Len(t, resolved.Entries, 1)
}

// TestResolveByHand_WhileItIsRequestedAgain: a failed part is owed also while the provider
// gets its request again. The operator repeats the command then.
func TestResolveByHand_WhileItIsRequestedAgain(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	e := goodwill("refund/1", 20000)
	closed := &activities.Owed{Words: "the account is closed", NeedsPerson: true}
	d.answers(closed)
	_, err := refundPart(payments, e)
	require.NoError(t, err)
	var during booking.Resolved
	d.refund = func(string, string, booking.Money) error {
		during, err = resolve(payments, "transfer 7")
		return closed
	}
	e.State, e.Words = booking.EntryFailed, closed.Words
	_, wanted := refundPart(payments, e)
	require.ErrorContains(t, wanted, closed.Words)
	require.NoError(t, err)
	require.Equal(t, booking.DecisionPending, during.Refused)
	require.Contains(t, during.Words, "repeat the request")
	require.Positive(t, during.Refusal().After)
	resolved, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Len(t, resolved.Entries, 1)
}

// TestResolveByHand_OfAPartWhoseAttemptDied: an attempt that dies between ledger and
// provider leaves the part pending; the next one learns from its saga that it had failed.
func TestResolveByHand_OfAPartWhoseAttemptDied(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(*drawer){
		"NotAnswered": func(d *drawer) { d.answers(errAway) },
		"NotSeen": func(d *drawer) {
			d.retrieve = func(string) (activities.ChargeState, error) { return activities.ChargeState{}, errAway }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			e := goodwill("refund/1", 20000)
			d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
			got, err := refundPart(payments, e)
			require.NoError(t, err)
			failed := onRecord(t, payments, "o1").Entries
			e.State, e.Words = got.Entry.State, got.Entry.Words
			_, err = payments.Ledger.BeginEntry(t.Context(), e)
			require.NoError(t, err)
			require.Equal(t, booking.EntryPending, onRecord(t, payments, "o1").Entries[0].State)

			broken(d)
			_, err = refundPart(payments, e)
			require.ErrorIs(t, err, errAway)
			require.Equal(t, failed, onRecord(t, payments, "o1").Entries)
			resolved, err := resolve(payments, "transfer 7")
			require.NoError(t, err)
			require.Len(t, resolved.Entries, 1)
		})
	}
}

// TestRefundPart_OfAnAmountThatCannotBe: an amount that the provider cannot refund is
// refused here, too, unless it is all that is left.
func TestRefundPart_OfAnAmountThatCannotBe(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.step = 1000
	got, err := refundPart(payments, goodwill("refund/1", 20500))
	require.NoError(t, err)
	require.Equal(t, booking.Invalid, got.Refused)
	require.Equal(t, price, got.Left)
	require.Empty(t, onRecord(t, payments, "o1").Entries)
	d.byHand(19500)
	_, err = refundPart(payments, goodwill("refund/2", 10000))
	require.NoError(t, err)
	got, err = refundPart(payments, goodwill("refund/3", 20500))
	require.NoError(t, err)
	require.Equal(t, booking.EntryDone, got.Entry.State)
}

// TestRefundPart_MadeUpForAtTheProvider: a failed part that is refunded by hand at the
// provider is done, and refunded once, whether the part or a check finds it first.
func TestRefundPart_MadeUpForAtTheProvider(t *testing.T) {
	t.Parallel()
	for name, checkFirst := range map[string]func(*testing.T, *activities.Payments){
		"FoundByThePart": func(*testing.T, *activities.Payments) {},
		"FoundByTheUndo": func(t *testing.T, p *activities.Payments) {
			undo, err := refund(p, keeping(10000))
			require.NoError(t, err)
			require.Equal(t, booking.Undo{Owed: "the balance is too low", NeedsPerson: true}, undo)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			e := goodwill("refund/1", 20000)
			d.answers(&activities.Owed{Words: "the balance is too low", NeedsPerson: true})
			got, err := refundPart(payments, e)
			require.NoError(t, err)
			require.Equal(t, booking.EntryFailed, got.Entry.State)
			d.byHand(20000)
			d.byHand(20000)
			checkFirst(t, payments)
			e.Words = got.Entry.Words
			for range 2 {
				got, err = refundPart(payments, e)
				require.NoError(t, err)
				require.Equal(t, booking.EntryDone, got.Entry.State)
				require.Equal(t, "re_0", got.Entry.Ref)
				d.answers(nil)
			}
			require.Zero(t, d.refundedUnder("o1/refund/1"))
			payment := onRecord(t, payments, "o1")
			require.EqualValues(t, 40000, payment.Refunded)
			_, asOthers := payment.Entry(booking.KeyAtProvider("re_1"))
			require.True(t, asOthers, "one replaces it, and the other is a refund of its own")
			_, twice := payment.Entry(booking.KeyAtProvider("re_0"))
			require.False(t, twice)
		})
	}
}

// TestRefundPart_MadeUpForWhileItIsRequestedAgain: a failed part is refunded by hand at the
// provider, and a check finds that while the part is being requested again. If that fails, the part
// is done, and nothing is refunded twice. If it succeeds, both are recorded.
func TestRefundPart_MadeUpForWhileItIsRequestedAgain(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]error{"Fails": tooLow, "Succeeds": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			d.answers(tooLow)
			e := failedPart(t, payments, "refund/1", 20000)
			d.answers(again)
			request := d.refund
			d.refund = func(key, ref string, amount booking.Money) error {
				d.byHand(20000)
				_, err := checkCharge(payments, "o1")
				require.ErrorContains(t, err, "waits for the end of one of ours")
				require.Len(t, onRecord(t, payments, "o1").Entries, 1, "it is not recorded yet")
				return request(key, ref, amount)
			}
			_, err := refundPart(payments, e)
			require.Equal(t, again == nil, err == nil)
			d.refund = request
			_, err = checkCharge(payments, "o1")
			require.NoError(t, err)
			d.answers(nil)
			got, err := refundPart(payments, e)
			require.NoError(t, err)
			require.Equal(t, booking.EntryDone, got.Entry.State)
			payment := onRecord(t, payments, "o1")
			require.Equal(t, price.Amount-d.seen("ch_1").Left, payment.Refunded)
			if again != nil {
				require.Len(t, payment.Entries, 1)
				require.EqualValues(t, 20000, payment.Refunded)
				return
			}
			require.Len(t, payment.Entries, 2)
			require.EqualValues(t, 40000, payment.Refunded)
		})
	}
}

// TestRefundPart_OthersThatFail: the last of the parts that need a person removes the order's mark.
// One that is just being requested again counts, and one that ends since it has no room counts others.
func TestRefundPart_OthersThatFail(t *testing.T) {
	t.Parallel()
	t.Run("WhileOneIsRequestedAgain", func(t *testing.T) {
		t.Parallel()
		payments, d := paid(t)
		d.answers(tooLow)
		one, two := failedPart(t, payments, "refund/1", 1000), failedPart(t, payments, "refund/2", 2000)
		d.byHand(1000)
		ended := make(chan booking.Repaid, 1)
		d.refund = func(string, string, booking.Money) error {
			go func() {
				got, _ := refundPart(payments, one)
				ended <- got
			}()
			time.Sleep(200 * time.Millisecond)
			return tooLow
		}
		_, err := refundPart(payments, two)
		require.Error(t, err)
		got := <-ended
		require.Equal(t, booking.EntryDone, got.Entry.State)
		require.Equal(t, 1, got.Failing)
	})
	t.Run("WithoutRoom", func(t *testing.T) {
		t.Parallel()
		payments, d := paid(t)
		d.answers(tooLow)
		large, _ := failedPart(t, payments, "refund/1", 30000), failedPart(t, payments, "refund/2", 1000)
		d.byHand(25000)
		got, err := refundPart(payments, large)
		require.NoError(t, err)
		require.Equal(t, booking.RefundExceeds, got.Refused)
		require.Equal(t, 1, got.Failing)
	})
}

// TestLookAgain_RequestedByNobody: a check ends although a part that has failed stays requested,
// since its workflow was terminated in the middle of its request.
func TestLookAgain_RequestedByNobody(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answers(tooLow)
	e := failedPart(t, payments, "refund/1", 20000)
	_, err := payments.Ledger.BeginEntry(t.Context(), e)
	require.NoError(t, err)
	d.byHand(20000)
	_, err = checkCharge(payments, "o1")
	require.ErrorContains(t, err, "waits for the end of one of ours")
	env := new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment()
	env.RegisterActivity(payments.LookAgain)
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 20},
		})
		return workflow.ExecuteActivity(ctx, payments.LookAgain, booking.ChargeCheck{OrderID: "o1"}).Get(ctx, nil)
	})
	require.NoError(t, env.GetWorkflowError())
}

// TestRefundPart_NotMadeUpForByWhatWasBefore: a refund of the same amount that others made
// before the part failed is another refund.
func TestRefundPart_NotMadeUpForByWhatWasBefore(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.byHand(20000)
	d.answers(&activities.Owed{Words: "the balance is too low", NeedsPerson: true})
	e := goodwill("refund/1", 20000)
	for range 2 {
		got, err := refundPart(payments, e)
		require.NoError(t, err)
		require.Equal(t, booking.EntryFailed, got.Entry.State)
	}
	d.answers(nil)
	_, err := refundPart(payments, e)
	require.NoError(t, err)
	require.EqualValues(t, 20000, d.refundedUnder("o1/refund/1"))
}

func TestRefundPayment_Keeps(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	for range 2 {
		undo, err := refund(payments, keeping(15000))
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 35000, Kept: 15000}, undo)
	}
	undo, err := refund(payments, keeping(1000))
	require.NoError(t, err)
	require.EqualValues(t, 15000, undo.Kept, "the first decision holds, also for a saga that was reset")
	require.EqualValues(t, 35000, d.refundedUnder("o1/charge/refund"))
	payment := onRecord(t, payments, "o1")
	require.Equal(t, "before:24h", payment.Tier)
	require.Equal(t, "1030", payment.Entries[0].By)
}

func TestRefundPayment_KeepsAll(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	undo, err := refund(payments, keeping(price.Amount))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Retained, Kept: price.Amount}, undo)
	require.Equal(t, price.Amount, d.seen("ch_1").Left)
}

// TestRefundPayment_OfAnUnknownChargeKeepsNothing: a void keeps no fee.
func TestRefundPayment_OfAnUnknownChargeKeepsNothing(t *testing.T) {
	t.Parallel()
	d := newDrawer()
	d.charge = func(context.Context, booking.Charge) (string, error) { return "", errAway }
	d.void = func(context.Context, booking.Charge) ([]string, error) { return []string{"ch_1"}, nil }
	payments := newPayments(t, &d.till)
	_, err := charge(payments, newCharge("o1"))
	require.ErrorIs(t, err, errAway)
	undo, err := refund(payments, keeping(15000))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: price.Amount}, undo)
}

// TestRefundPayment_WorksFromWhatIsLeft: the undo does not refund again what was refunded
// by hand at the provider or withdrawn by a bank.
func TestRefundPayment_WorksFromWhatIsLeft(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		keep, byHand, lost int64
		undo               booking.Undo
		own                int64
	}{
		"APart":             {15000, 20000, 0, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 35000, Kept: 15000}, 15000},
		"AllButTheFee":      {15000, 35000, 0, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 35000, Kept: 15000}, 0},
		"SomeOfTheFee":      {15000, 45000, 0, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 45000, Kept: 5000}, 0},
		"All":               {15000, 50000, 0, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 50000}, 0},
		"APartByTheBank":    {15000, 0, 20000, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 15000, Kept: 15000, RefundedInAll: 35000}, 15000},
		"AndNothingIsKept":  {0, 20000, 0, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 50000}, 30000},
		"ByHandAndTheBank":  {0, 20000, 10000, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 40000, RefundedInAll: 50000}, 20000},
		"NothingOfTheOther": {0, 0, 0, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 50000}, 50000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			if tt.byHand > 0 {
				d.byHand(tt.byHand)
			}
			if tt.lost > 0 {
				d.disputes = []booking.Dispute{{ID: "du_1", Amount: booking.Money{Amount: tt.lost, Currency: price.Currency}, State: booking.DisputeLost}}
			}
			for range 2 {
				undo, err := refund(payments, keeping(tt.keep))
				require.NoError(t, err)
				require.Equal(t, tt.undo, undo)
			}
			require.Equal(t, tt.own, d.refundedUnder("o1/charge/refund"))
			payment := onRecord(t, payments, "o1")
			require.Equal(t, tt.undo.Payment, payment.Status)
			require.Len(t, payment.Disputes, len(d.disputes))
		})
	}
}

// TestRefundPayment_CountsWhatOthersAreRefunding: a pending refund by hand counts against
// what the undo owes; if it fails, all of that is refunded.
func TestRefundPayment_CountsWhatOthersAreRefunding(t *testing.T) {
	t.Parallel()
	for state, own := range map[booking.EntryState]int64{booking.EntryDone: 10000, booking.EntryFailed: 35000} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			d.byHandIs(25000, booking.EntryPending)
			undo, err := refund(payments, keeping(15000))
			require.NoError(t, err)
			require.Equal(t, booking.Undo{Owed: "refund re_0 is pending"}, undo)
			require.EqualValues(t, 10000, d.refundedUnder("o1/charge/refund"))
			d.becomes("re_0", state)
			undo, err = refund(payments, keeping(15000))
			require.NoError(t, err)
			require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 35000, Kept: 15000}, undo)
			require.Equal(t, own, d.refundedUnder("o1/charge/refund"))
			wanted := keeping(15000)
			wanted.WantsOwnRefund = true
			undo, err = refund(payments, wanted)
			require.NoError(t, err)
			require.Equal(t, &own, undo.Own, "without what others refunded")
			require.Equal(t, new(35000-own), undo.AtProvider, "what a person refunded")
		})
	}
}

// TestRefundPayment_WaitsForAPart: while a part may fail, the amount that the undo owes is
// not known.
func TestRefundPayment_WaitsForAPart(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answersTo("o1/refund/1", &activities.Owed{Words: "pending"})
	_, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	undo, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: "refund refund/1 of the same charge is under way"}, undo)
	require.EqualValues(t, 20000, d.refundedUnder("o1/charge/refund"))

	d.answersTo("o1/refund/1", &activities.Owed{Words: "the account is closed", NeedsPerson: true})
	_, err = refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	undo, err = refund(payments, keeping(10000))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 40000, Kept: 10000}, undo, "what has failed is owed after all")
	require.EqualValues(t, 40000, d.refundedUnder("o1/charge/refund"))

	e := goodwill("refund/1", 20000)
	e.Words = "the account is closed"
	got, err := refundPart(payments, e)
	require.NoError(t, err)
	require.Equal(t, booking.RefundExceeds, got.Refused, "nothing waits for it any more")
	require.Equal(t, booking.EntryFailed, got.Entry.State)
	ended, _ := onRecord(t, payments, "o1").Entry("refund/1")
	require.Equal(t, "it was given back otherwise", ended.Words, "and no operator has to act on it")
}

// TestRefundPayment_APartMayExceedThePolicy: the amount kept is the policy's if
// the part fails, and the remainder of the charge if the part is made.
func TestRefundPayment_APartMayExceedThePolicy(t *testing.T) {
	t.Parallel()
	for state, want := range map[booking.EntryState]struct {
		undo booking.Undo
		own  int64
	}{
		booking.EntryDone:   {booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 25000, Kept: 25000}, 0},
		booking.EntryFailed: {booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: 10000, Kept: 40000}, 10000},
	} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			d.answersTo("o1/refund/1", &activities.Owed{Words: "pending"})
			_, err := refundPart(payments, goodwill("refund/1", 25000))
			require.NoError(t, err)
			undo, err := refund(payments, keeping(40000))
			require.NoError(t, err)
			require.Equal(t, booking.Undo{Owed: "refund refund/1 of the same charge is under way"}, undo)
			var says error
			if state == booking.EntryFailed {
				says = &activities.Owed{Words: "the account is closed", NeedsPerson: true}
			}
			d.answersTo("o1/refund/1", says)
			_, err = refundPart(payments, goodwill("refund/1", 25000))
			require.NoError(t, err)
			for range 2 {
				undo, err = refund(payments, keeping(40000))
				require.NoError(t, err)
				require.Equal(t, want.undo, undo)
			}
			require.Equal(t, want.own, d.refundedUnder("o1/charge/refund"))
			require.Equal(t, want.undo.Kept, onRecord(t, payments, "o1").Kept)
		})
	}
}

// TestRefundPayment_AnswersWhatTheLedgerKeeps: a bank may withdraw more than the policy
// refunds while the refund is being ended.
func TestRefundPayment_AnswersWhatTheLedgerKeeps(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	payments.Ledger = beforeTheEnd{payments.Ledger, func() {
		d.dispute(15000, booking.DisputeLost, time.Time{})
		_, err := checkCharge(payments, "o1")
		require.NoError(t, err)
	}}
	undo, err := refund(payments, keeping(40000))
	require.NoError(t, err)
	ledger, err := payments.Ledger.Payment(t.Context(), "o1")
	require.NoError(t, err)
	require.EqualValues(t, 25000, ledger.Kept)
	require.Equal(t, ledger.Kept, undo.Kept)
}

// beforeTheEnd runs a function just before a refund is recorded as done.
type beforeTheEnd struct {
	activities.PaymentLedger
	do func()
}

func (l beforeTheEnd) EndRefund(
	ctx context.Context, id string, end booking.PaymentStatus, ref string, refunded int64, refundID string,
) (booking.Payment, error) {
	l.do()
	return l.PaymentLedger.EndRefund(ctx, id, end, ref, refunded, refundID)
}

// TestRefundPayment_ADisputeIsNotThePart: money that a bank has withdrawn for good is not
// the refund of a pending part.
func TestRefundPayment_ADisputeIsNotThePart(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	pending := &activities.Owed{Words: "pending"}
	d.saysOf = map[string]error{"o1/refund/1": pending, "o1/charge/refund": activities.ErrReturned} // as for a charge with a lost dispute
	_, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	d.disputes = []booking.Dispute{{ID: "du_1", Amount: booking.Money{Amount: 30000, Currency: price.Currency}, State: booking.DisputeLost}}
	undo, err := refund(payments, newCharge("o1"))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: "refund refund/1 of the same charge is under way"}, undo)
	d.answersTo("o1/charge/refund", activities.ErrReturned)
	for range 2 { // the first call makes the part
		undo, err = refund(payments, newCharge("o1"))
		require.NoError(t, err)
	}
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, Refunded: 20000, RefundedInAll: price.Amount}, undo)
	require.EqualValues(t, 20000, d.refundedUnder("o1/refund/1"))
	require.Equal(t, price.Amount, onRecord(t, payments, "o1").RefundedInAll())
}

// TestRefundPart_OthersMayFail: a failed refund is not ended while the one that takes its
// place may fail as well.
func TestRefundPart_OthersMayFail(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	closed := &activities.Owed{Words: "the account is closed", NeedsPerson: true}
	d.saysOf = map[string]error{"o1/refund/1": closed, "o1/refund/2": &activities.Owed{Words: "pending"}}
	_, err := refundPart(payments, goodwill("refund/1", 30000))
	require.NoError(t, err)
	second, err := refundPart(payments, goodwill("refund/2", 30000))
	require.NoError(t, err)
	require.Equal(t, booking.EntryPending, second.Entry.State)
	again := goodwill("refund/1", 30000)
	again.Words = "the account is closed"
	_, err = refundPart(payments, again)
	require.ErrorContains(t, err, "the account is closed", "it is requested again")
	d.answersTo("o1/refund/2", closed)
	_, err = refundPart(payments, goodwill("refund/2", 30000))
	require.NoError(t, err)
	first, err := refundPart(payments, again)
	require.NoError(t, err)
	require.Equal(t, booking.EntryDone, first.Entry.State)
	got, err := refundPart(payments, goodwill("refund/2", 30000))
	require.NoError(t, err)
	require.Equal(t, booking.RefundExceeds, got.Refused, "the first one has it now")
	require.EqualValues(t, 30000, onRecord(t, payments, "o1").RefundedInAll())
}

// TestRefundPayment_GoodwillComesOutOfWhatIsKept: the cancellation refunds the amount that
// was decided, however long the provider was away.
func TestRefundPayment_GoodwillComesOutOfWhatIsKept(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]error{
		"Away": errAway, "Refuses": &activities.Owed{Words: "the balance is too low", NeedsPerson: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			d.answers(away)
			_, _ = refund(payments, keeping(15000))
			_, _ = refundPart(payments, goodwill("refund/1", 15000))
			d.answers(nil)
			got, err := refundPart(payments, goodwill("refund/1", 15000))
			require.NoError(t, err)
			require.Equal(t, booking.EntryDone, got.Entry.State)
			undo, err := refund(payments, keeping(15000))
			require.NoError(t, err)
			require.Equal(t, booking.Undo{Acted: true, Payment: booking.Refunded, Refunded: price.Amount, Kept: 15000}, undo)
			require.EqualValues(t, 35000, d.refundedUnder("o1/charge/refund"))
			own, _ := onRecord(t, payments, "o1").Entry("o1/charge/refund")
			require.EqualValues(t, 35000, own.Amount.Amount)
		})
	}
}

// TestLookAgain_AnAttemptThatWasSuperseded: an attempt whose request arrives after another
// one has ended the refund refunds more. The ledger records it.
func TestLookAgain_AnAttemptThatWasSuperseded(t *testing.T) {
	t.Parallel()
	for name, own := range map[string]int64{"BySome": 10000, "ByOneOfNothing": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			d.byHand(25000 - own)
			undo, err := refund(payments, keeping(25000)) // another attempt has retrieved the charge before
			require.NoError(t, err)
			require.EqualValues(t, 25000, undo.Refunded)
			d.makes("o1/charge/refund", 25000)
			for range 2 {
				_, err = checkCharge(payments, "o1")
				require.NoError(t, err)
				payment := onRecord(t, payments, "o1")
				require.EqualValues(t, 50000, payment.Refunded)
				recorded, _ := payment.Entry("o1/charge/refund")
				require.Equal(t, own, recorded.Amount.Amount)
				late, known := payment.Entry(booking.KeyAtProvider(d.seen("ch_1").Refunds[len(d.refunds)-1].ID))
				require.True(t, known)
				require.EqualValues(t, 25000, late.Amount.Amount)
			}
		})
	}
}

// TestResolveByHand_WhileAPartIsPending: the amount that a person pays for a cancellation
// excludes a pending part. If that fails, the undo waits until it is paid as well.
func TestResolveByHand_WhileAPartIsPending(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	closed := &activities.Owed{Words: "the account is closed", NeedsPerson: true}
	d.saysOf = map[string]error{"o1/refund/1": &activities.Owed{Words: "pending"}, "o1/charge/refund": closed}
	_, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	undo, err := refund(payments, newCharge("o1"))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: "the account is closed", NeedsPerson: true, Due: 30000}, undo)
	resolved, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Len(t, resolved.Entries, 1)
	require.EqualValues(t, 30000, resolved.Entries[0].Amount.Amount)
	undo, err = refund(payments, newCharge("o1"))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: "refund refund/1 of the same charge is under way"}, undo)
	d.answersTo("o1/refund/1", closed)
	undo, err = refund(payments, newCharge("o1"))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: "refund refund/1 of the same charge: the account is closed", NeedsPerson: true, Due: 20000}, undo)
	resolved, err = resolve(payments, "transfer 8")
	require.NoError(t, err)
	require.Len(t, resolved.Entries, 1)
	require.EqualValues(t, 20000, resolved.Entries[0].Amount.Amount)
	undo, err = refund(payments, newCharge("o1"))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, RefundedInAll: price.Amount}, undo)
	require.Equal(t, price.Amount, onRecord(t, payments, "o1").RefundedInAll())
}

// TestRefundPayment_AfterAPartWasPaidByHand: the undo refunds the remainder only, although the
// provider still has all of it; nothing, if all was paid by hand.
func TestRefundPayment_AfterAPartWasPaidByHand(t *testing.T) {
	t.Parallel()
	for _, byHand := range []int64{20000, price.Amount} {
		payments, d := paid(t)
		d.answersTo("o1/refund/1", &activities.Owed{Words: "the account is closed", NeedsPerson: true})
		_, err := refundPart(payments, goodwill("refund/1", byHand))
		require.NoError(t, err)
		_, err = resolve(payments, "transfer 7")
		require.NoError(t, err)
		undo, err := refund(payments, newCharge("o1"))
		require.NoError(t, err)
		require.True(t, undo.Acted)
		require.Equal(t, price.Amount-byHand, undo.Refunded)
		payment := onRecord(t, payments, "o1")
		require.Equal(t, price.Amount, payment.RefundedInAll())
		require.Equal(t, price.Amount-byHand, payment.Refunded)
	}
}

// TestResolveByHand_OfACancellation: the undo ends without the status Refunded.
func TestResolveByHand_OfACancellation(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
	undo, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: "the account is closed", NeedsPerson: true, Due: 40000}, undo)
	require.Equal(t, booking.EntryFailed, onRecord(t, payments, "o1").Entries[0].State)
	resolved, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.EqualValues(t, 40000, resolved.Entries[0].Amount.Amount)
	d.answers(nil)
	for range 2 {
		undo, err = refund(payments, keeping(10000))
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, Kept: 10000, RefundedInAll: 40000}, undo)
	}
	require.Zero(t, d.refundedUnder("o1/charge/refund"))
}

// TestRefundPart_AfterTheRemainderWasPaidByHand: some of what is kept can still be refunded,
// also after a refusal.
func TestRefundPart_AfterTheRemainderWasPaidByHand(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	closed := &activities.Owed{Words: "the account is closed", NeedsPerson: true}
	d.answers(closed)
	_, err := refund(payments, keeping(35000))
	require.NoError(t, err)
	_, err = resolve(payments, "bank transfer 42")
	require.NoError(t, err)
	undo, err := refund(payments, keeping(35000))
	require.NoError(t, err)
	require.Equal(t, booking.Returned, undo.Payment)

	got, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	require.Empty(t, got.Refused)
	require.Equal(t, booking.EntryFailed, got.Entry.State)
	d.answers(nil)
	got, err = refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	require.Equal(t, booking.EntryDone, got.Entry.State)
	require.EqualValues(t, 15000, got.Left.Amount)
	require.EqualValues(t, 20000, d.refundedUnder("o1/refund/1"))
}

// TestResolveByHand_ChecksFirst: a refund that the provider has made after all is not paid
// by hand.
func TestResolveByHand_ChecksFirst(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
	_, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	d.makes("o1/refund/1", 20000)
	resolved, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Equal(t, booking.Resolved{Refused: booking.NothingOwed}, resolved)
	payment := onRecord(t, payments, "o1")
	require.Equal(t, booking.EntryDone, payment.Entries[0].State)
	require.False(t, payment.Entries[0].ByHand)
	require.EqualValues(t, 20000, payment.Refunded)
}

// TestResolveByHand_WhileTheUndoWaitsForAPart: the provider has made everything that the
// undo has requested so far. The undo is not done: it owes more if the part fails.
func TestResolveByHand_WhileTheUndoWaitsForAPart(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answers(&activities.Owed{Words: "refund re_0 is pending"})
	_, err := refundPart(payments, goodwill("refund/1", 10000))
	require.NoError(t, err)
	d.makes("o1/refund/1", 10000)
	d.becomes("re_0", booking.EntryPending)
	undo, err := refund(payments, because(newCharge("o1"), booking.ByCustomer))
	require.NoError(t, err)
	require.NotEmpty(t, undo.Owed)
	d.makes("o1/charge/refund", 40000)

	resolved, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Equal(t, booking.StillPending, resolved.Refused)
	own, _ := onRecord(t, payments, "o1").Entry("o1/charge/refund")
	require.Equal(t, booking.EntryPending, own.State)

	d.becomes("re_0", booking.EntryFailed)
	d.answersTo("o1/refund/1", &activities.Owed{Words: "it has failed", NeedsPerson: true})
	d.answers(nil)
	for undo.Owed != "" {
		undo, err = refund(payments, because(newCharge("o1"), booking.ByCustomer))
		require.NoError(t, err)
	}
	require.Equal(t, price.Amount, d.refundedUnder("o1/charge/refund"))
	payment := onRecord(t, payments, "o1")
	require.Equal(t, []int64{price.Amount, price.Amount}, []int64{payment.Refunded, payment.RefundedInAll()}, "the ledger has what the provider has refunded")
}

// TestResolveByHand_OfTheRemainder: the amount that the provider had refunded before the refund
// failed is not paid by hand, and stays recorded.
func TestResolveByHand_OfTheRemainder(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
	_, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	d.makes("o1/charge/refund", 15000)
	for range 2 {
		resolved, err := resolve(payments, "transfer 7")
		require.NoError(t, err)
		require.Len(t, resolved.Entries, 1)
		require.EqualValues(t, 25000, resolved.Entries[0].Amount.Amount)
	}
	undo, err := refund(payments, keeping(10000))
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, Refunded: 15000, Kept: 10000, RefundedInAll: 40000}, undo)
	require.EqualValues(t, 15000, onRecord(t, payments, "o1").Refunded)
}

// TestResolveByHand_WhileItIsPending: money that the provider refunds of what was
// meanwhile paid by hand is in the ledger.
func TestResolveByHand_WhileItIsPending(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	e := goodwill("refund/1", 20000)
	d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
	_, err := refundPart(payments, e)
	require.NoError(t, err)
	resolved, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	made := resolved.Entries[0]
	made.ByHand, made.Ref = false, "re_5"
	for range 2 {
		require.NoError(t, payments.Ledger.NoteEntry(t.Context(), made))
	}
	payment := onRecord(t, payments, "o1")
	require.EqualValues(t, 20000, payment.Refunded)
	require.EqualValues(t, 40000, payment.RefundedInAll())
	require.Equal(t, booking.AtProvider, payment.Entries[1].Reason)
}

// TestResolveByHand_WhileAnAttemptDies: a refund that a dead attempt has made and not
// recorded is in the ledger once it is requested again.
func TestResolveByHand_WhileAnAttemptDies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key   string
		begin func(*activities.Payments) error
	}{
		"OfAPart":   {"o1/refund/1", func(p *activities.Payments) error { _, err := refundPart(p, goodwill("refund/1", 20000)); return err }},
		"OfTheUndo": {"o1/charge/refund", func(p *activities.Payments) error { _, err := refund(p, keeping(30000)); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			d.answers(&activities.Owed{Words: "the account is closed", NeedsPerson: true})
			require.NoError(t, test.begin(payments))
			resolved, err := resolve(payments, "transfer 7")
			require.NoError(t, err)
			require.Len(t, resolved.Entries, 1)
			d.makes(test.key, 20000)
			for range 2 {
				require.NoError(t, test.begin(payments))
				payment := onRecord(t, payments, "o1")
				require.Len(t, payment.Entries, 2)
				made, known := payment.Entry(booking.KeyAtProvider("re_0"))
				require.True(t, known)
				require.True(t, made.ByProvider())
				require.EqualValues(t, 20000, payment.Refunded, "as at the provider")
			}
		})
	}
}

// TestResolveByHand_OfWhatTheProviderCannotSay: an order whose charge only a person can
// find out about does not wait for ever, either.
func TestResolveByHand_OfWhatTheProviderCannotSay(t *testing.T) {
	t.Parallel()
	d := newDrawer()
	d.charge = func(context.Context, booking.Charge) (string, error) { return "", errAway }
	d.void = func(context.Context, booking.Charge) ([]string, error) {
		return nil, &activities.Owed{Words: "no such intent", NeedsPerson: true}
	}
	payments, c := newPayments(t, &d.till), because(newCharge("o1"), booking.ByCustomer)
	_, err := charge(payments, newCharge("o1"))
	require.ErrorIs(t, err, errAway)
	undo, err := refund(payments, c)
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Owed: "no such intent", NeedsPerson: true, Due: price.Amount}, undo)
	_, err = resolve(payments, "nothing was taken: see the statement of 2 December")
	require.NoError(t, err)
	undo, err = refund(payments, c)
	require.NoError(t, err)
	require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, RefundedInAll: price.Amount}, undo)
	require.Equal(t, booking.Returned, onRecord(t, payments, "o1").Status)
}

// TestResolveByHand_OfWhatIsPending: a refund that the provider may still make is not paid
// by hand, however long it has been pending. Once it is cancelled at the provider, it may
// be.
func TestResolveByHand_OfWhatIsPending(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key   string
		begin func(*activities.Payments) error
	}{
		"APart":   {"o1/refund/1", func(p *activities.Payments) error { _, err := refundPart(p, goodwill("refund/1", 20000)); return err }},
		"TheUndo": {"o1/charge/refund", func(p *activities.Payments) error { _, err := refund(p, keeping(30000)); return err }},
		"OthersForTheUndo": {"", func(p *activities.Payments) error {
			_, err := refund(p, keeping(30000))
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			d.answers(&activities.Owed{Words: "refund re_0 is pending, for more than 10 days", NeedsPerson: true})
			require.NoError(t, tt.begin(payments))
			d.makes(tt.key, 20000)
			d.becomes("re_0", booking.EntryPending)
			resolved, err := resolve(payments, "transfer 7")
			require.NoError(t, err)
			require.Equal(t, booking.StillPending, resolved.Refused)
			require.Contains(t, resolved.Words, "refund re_0 of ch_1 is")
			require.Equal(t, booking.EntryFailed, onRecord(t, payments, "o1").Entries[0].State)
			d.becomes("re_0", booking.EntryFailed)
			for range 2 {
				resolved, err = resolve(payments, "transfer 7")
				require.NoError(t, err)
				require.Len(t, resolved.Entries, 1)
				require.EqualValues(t, 20000, resolved.Entries[0].Amount.Amount)
			}
		})
	}
}

// TestRefundPayment_WhileAFailedPartIsPending: a part that has failed in the ledger may
// still be made, and is not refunded twice.
func TestRefundPayment_WhileAFailedPartIsPending(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	d.answers(&activities.Owed{Words: "refund re_0 is pending, for more than 10 days", NeedsPerson: true})
	_, err := refundPart(payments, goodwill("refund/1", 25000))
	require.NoError(t, err)
	d.makes("o1/refund/1", 25000)
	d.becomes("re_0", booking.EntryPending)
	d.answers(nil)
	_, err = refund(payments, keeping(40000))
	require.NoError(t, err)
	require.Zero(t, d.refundedUnder("o1/charge/refund"), "10000 were due, and more than that is on its way")
}

// TestResolveByHand_ChecksFirstWhatWasNotAnswered: a refund that the provider has made and
// whose answer was lost is not paid by hand.
func TestResolveByHand_ChecksFirstWhatWasNotAnswered(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key, entry string
		begin      func(*activities.Payments) error
		made, paid int64
		refused    booking.Code // the refusal where nothing is paid by hand
	}{
		"APart": {"o1/refund/1", "refund/1", func(p *activities.Payments) error { _, err := refundPart(p, goodwill("refund/1", 20000)); return err }, 20000, 0, booking.NothingOwed},
		"TheUndo": {"o1/charge/refund", "o1/charge/refund", func(p *activities.Payments) error {
			_, err := refund(p, keeping(30000))
			return err
		}, 20000, 0, booking.DecisionPending},
		"SomeOfTheUndo": {"o1/charge/refund", "o1/charge/refund", func(p *activities.Payments) error {
			_, err := refund(p, keeping(30000))
			return err
		}, 15000, 5000, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			d.answers(errAway)
			require.ErrorIs(t, tt.begin(payments), errAway)
			d.makes(tt.key, tt.made)
			resolved, err := do(durably, func(ctx context.Context) (booking.Resolved, error) {
				return payments.ResolveByHand(ctx, booking.Resolution{OrderID: "o1", Evidence: "transfer 7", By: "1", Unanswered: []string{tt.entry}})
			})
			require.NoError(t, err)
			if tt.paid == 0 {
				require.Equal(t, tt.refused, resolved.Refused)
			} else {
				require.Len(t, resolved.Entries, 1)
				require.Equal(t, tt.paid, resolved.Entries[0].Amount.Amount)
			}
			d.answers(nil)
			require.NoError(t, tt.begin(payments), "it is requested again")
			payment := onRecord(t, payments, "o1")
			require.EqualValues(t, 20000, payment.RefundedInAll())
			require.Equal(t, tt.made, payment.Refunded)
		})
	}
}
