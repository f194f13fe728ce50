package workflows_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// staffRefund is a refund by staff, and its outcome.
type staffRefund struct {
	decision
	is booking.Repaid
}

// staffRefunds sends a refund by staff after a while.
func (l *sagaRun) staffRefunds(after time.Duration, id string, amount int64) *staffRefund {
	g := &staffRefund{}
	l.env.RegisterDelayedCallback(func() { l.sendRefund(g, id, amount) }, after)
	return g
}

func (l *sagaRun) sendRefund(g *staffRefund, id string, amount int64) {
	r := contract.Refund{ID: id, Amount: booking.Money{Amount: amount, Currency: "KRW"}, Note: "it was cold", By: "1024"}
	l.env.UpdateWorkflow(contract.RefundUpdate, "", &testsuite.TestUpdateCallback{
		OnReject: func(err error) { g.err = err },
		OnAccept: func() { g.accepted = true },
		OnComplete: func(v any, err error) {
			if g.err = err; err == nil {
				g.is = v.(booking.Repaid)
			}
		},
	}, r)
}

// resolves sends an operator's decision that a refund was paid by hand.
func (l *sagaRun) resolves(after time.Duration) *decision {
	var d decision
	l.env.RegisterDelayedCallback(func() {
		l.sendRaw(contract.ResolveUpdate, &d, contract.Decision{Note: "bank transfer 42", By: "1025"})
	}, after)
	return &d
}

// entries are the states of the refunds in the ledger, by their keys.
func (w *world) entries() map[string]booking.EntryState {
	payment, err := w.ledger.Payment(w.Context(), w.order)
	require.NoError(w, err)
	states := map[string]booking.EntryState{}
	for _, e := range payment.Entries {
		states[e.Key] = e.State
	}
	return states
}

// refunded are the feed's events of refunds in part.
func (w *world) refunded() (events []booking.EventData) {
	for _, e := range w.inFeed() {
		if e.Type == booking.PaymentRefunded {
			events = append(events, e.Data)
		}
	}
	return events
}

// TestStaffRefund_InParts: staff refunds parts of the payment until nothing of it is left,
// and the order continues. The customer is notified of each refund, and the history names
// the person who made it.
func TestStaffRefund_InParts(t *testing.T) {
	t.Parallel()
	for kind, order := range map[booking.Kind]func(*testing.T) (*sagaRun, any){
		booking.Lodging:  func(t *testing.T) (*sagaRun, any) { s := newStay(t); return s.sagaRun, s.in },
		booking.Food:     func(t *testing.T) (*sagaRun, any) { m := newMeal(t); return m.sagaRun, m.in },
		booking.Cafe:     func(t *testing.T) (*sagaRun, any) { c := newCup(t); return c.sagaRun, c.in },
		booking.Cleaning: func(t *testing.T) (*sagaRun, any) { v := newVisit(t); return v.sagaRun, v.in },
	} {
		t.Run(string(kind), func(t *testing.T) {
			l, in := order(t)
			paid := in.(contract.Input).View().Amount.Amount
			first, second := l.staffRefunds(10*time.Minute, "1", 3000), l.staffRefunds(11*time.Minute, "2", paid-3000)
			tooMuch := l.staffRefunds(12*time.Minute, "3", 1)
			l.decides(hour, contract.CompleteUpdate) // a stay begins only later, so this is refused for it
			v := l.execute(in)
			require.NotEqual(t, booking.Cancelled, v.Status)
			require.Equal(t, booking.EntryDone, first.is.Entry.State)
			require.Equal(t, paid-3000, first.is.Left.Amount)
			require.Equal(t, booking.EntryDone, second.is.Entry.State)
			require.Equal(t, booking.RefundExceeds, tooMuch.code())
			require.ErrorContains(t, tooMuch.err, "0 KRW")
			require.Zero(t, l.owed(), "all that was paid is refunded")
			require.Equal(t, map[string]booking.EntryState{"refund/1": booking.EntryDone, "refund/2": booking.EntryDone}, l.entries())

			events := l.refunded()
			require.Len(t, events, 2)
			for i, amount := range []int64{3000, paid - 3000} {
				require.Equal(t, amount, events[i].Payment.Part.Amount)
				require.Equal(t, []int64{3000, paid}[i], events[i].Payment.Refunded.Amount)
				require.Equal(t, booking.Charged, events[i].Payment.Status)
				require.Equal(t, "1024", events[i].By)
			}
			sent := slices.DeleteFunc(l.sentTo(v.CustomerID), func(m booking.Message) bool { return m.Type != booking.RefundedMessage })
			require.Len(t, sent, 2)
			require.Equal(t, int64(3000), sent[0].Data.Refund.Amount)
			i := slices.IndexFunc(v.History, func(e contract.Entry) bool { return e.Decision == contract.RefundUpdate })
			require.Positive(t, i)
			require.Equal(t, "1024", v.History[i].By)
			require.Equal(t, int64(3000), v.History[i].Refund.Amount)
			require.Equal(t, booking.Personal("it was cold"), v.History[i].Note)
			require.Equal(t, v.History[i-1].Status, v.History[i].Status, "the order has not moved")
		})
	}
}

// cannotRefund makes the provider refuse the next refund for good, and be away after that
// until restore is called.
func (w *world) cannotRefund() (restore func()) {
	away := true
	w.owing = append(w.owing, activities.Owed{Words: "no such account", NeedsPerson: true})
	w.setFaults(func(call string) fault {
		return only(before, (call == "retrieve" || call == "refund") && len(w.owing) == 0 && away)
	})
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		away = false
	}
}

// TestStaffRefund_IsFollowed: a refund that the provider has accepted is not done yet. The
// saga follows it until it is done, even after the order's end.
func TestStaffRefund_IsFollowed(t *testing.T) {
	s := newStay(t)
	end := s.in.CheckOutAt().Sub(placedAt)
	pending := activities.Owed{Words: "pending"}
	s.owing = []activities.Owed{pending, pending, pending}
	refund := s.staffRefunds(end-time.Second, "1", 30000)
	v := s.run()
	require.Equal(t, booking.EntryPending, refund.is.Entry.State)
	require.Equal(t, "pending", refund.is.Entry.Words)
	require.Equal(t, int64(70000), refund.is.Left.Amount, "what is under way is not left")
	require.Equal(t, booking.Completed, v.Status)
	require.False(t, v.NeedsAttention)
	require.Equal(t, int64(70000), s.owed())
	require.Len(t, s.refunded(), 1)
	require.Equal(t, []string{"refunded"}, s.messagesTo(s.customer))
}

// TestStaffRefund_CannotBeMade: an order with a refund that the provider cannot make needs
// attention, and the customer is notified. An operator pays by hand: that is recorded, the
// mark is removed, and the order continues as before.
func TestStaffRefund_CannotBeMade(t *testing.T) {
	s := newStay(t)
	s.cannotRefund()
	early := s.resolves(hour / 2)
	refund := s.staffRefunds(hour, "1", 30000)
	var marked, after contract.View
	s.env.RegisterDelayedCallback(func() { marked = s.row().View }, 2*hour)
	resolved := s.resolves(3 * hour)
	s.env.RegisterDelayedCallback(func() { after = s.row().View }, 3*hour+time.Minute)
	again := s.resolves(4 * hour)
	v := s.run()
	require.Equal(t, booking.NothingOwed, early.code())
	require.Equal(t, booking.EntryFailed, refund.is.Entry.State)
	require.Equal(t, "no such account", refund.is.Entry.Words)
	require.True(t, marked.NeedsAttention)
	require.Equal(t, booking.Confirmed, marked.Status)
	require.NoError(t, resolved.err)
	require.False(t, after.NeedsAttention)
	require.Equal(t, booking.NothingOwed, again.code())
	require.Equal(t, booking.Completed, v.Status)
	require.Equal(t, int64(100000), s.owed(), "the provider has refunded nothing")
	payment, err := s.ledger.Payment(t.Context(), s.order)
	require.NoError(t, err)
	e, _ := payment.Entry("refund/1")
	require.True(t, e.ByHand)
	require.Equal(t, "bank transfer 42", e.Ref)
	require.Equal(t, "1025", e.By)
	require.ElementsMatch(t, []string{"refund_failed", "refunded"}, s.messagesTo(s.customer))
	require.Len(t, s.refunded(), 1)
	i := slices.IndexFunc(v.History, func(e contract.Entry) bool { return e.Decision == contract.ResolveUpdate })
	require.Positive(t, i)
	require.Equal(t, "1025", v.History[i].By)
}

// TestStaffRefund_MarksAlsoAfterTheEnd: an order that ends while a refund needs a person
// needs attention until that is resolved.
func TestStaffRefund_MarksAlsoAfterTheEnd(t *testing.T) {
	s := newStay(t)
	s.cannotRefund()
	end := s.in.CheckOutAt().Sub(placedAt)
	s.staffRefunds(end-hour, "1", 30000)
	var ended contract.View
	s.env.RegisterDelayedCallback(func() { ended = s.row().View }, end+hour)
	resolved := s.resolves(end + 2*hour)
	v := s.run()
	require.Equal(t, booking.Completed, ended.Status)
	require.True(t, ended.NeedsAttention)
	require.NoError(t, resolved.err)
	require.False(t, v.NeedsAttention)
}

// TestStaffRefund_LeavesOtherMarks: a refund that is made removes its own mark, but not
// that of a late courier.
func TestStaffRefund_LeavesOtherMarks(t *testing.T) {
	m := newMeal(t)
	m.cannotRefund()
	m.staffRefunds(hour, "1", 3000)
	resolved := m.resolves(3 * hour)
	var after contract.View
	m.env.RegisterDelayedCallback(func() { after = m.row().View }, 3*hour+time.Minute)
	m.decides(4*hour, contract.CompleteUpdate)
	v := m.run()
	require.NoError(t, resolved.err)
	require.Len(t, m.refunded(), 1)
	require.True(t, after.NeedsAttention, "the courier has not come yet")
	require.Equal(t, booking.Delivered, v.Status)
	require.False(t, v.NeedsAttention)
}

// TestResolve_WakesTheUndo: an order whose refund the provider refuses for good stays
// cancelling until an operator has paid by hand. Then it is cancelled at once, although the
// provider would be called again only seconds later.
func TestResolve_WakesTheUndo(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*contract.Lodging){"InPlace": func(*contract.Lodging) {}, "Durable": durable} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t, change)
			s.cannotRefund()
			s.decides(hour, contract.CancelUpdate)
			at := hour + 18*time.Second // the provider is called after 0.5, 1.5, 3.5, 7.5, 15.5 and 25.5 seconds
			var before contract.View
			s.env.RegisterDelayedCallback(func() { before = s.row().View }, at-time.Second)
			resolved := s.resolves(at)
			v := s.run()
			require.Equal(t, booking.Cancelling, before.Status)
			require.True(t, before.NeedsAttention)
			require.NoError(t, resolved.err)
			require.Equal(t, booking.Cancelled, v.Status)
			require.False(t, v.NeedsAttention)
			require.Less(t, v.Since().Sub(placedAt.Add(at)), 5*time.Second, "its provider is called again at once")
			messages := slices.DeleteFunc(s.sentTo(s.customer), func(m booking.Message) bool { return m.Type != booking.RefundFailedMessage })
			require.Len(t, messages, 1, "its customer is notified, once")
			require.Equal(t, v.Amount, *messages[0].Data.Refund)
			require.Equal(t, int64(100000), s.owed(), "the provider has refunded nothing")
			payment, err := s.ledger.Payment(t.Context(), s.order)
			require.NoError(t, err)
			require.Equal(t, booking.Returned, payment.Status)
		})
	}
}

// TestResolve_WhileADisputeIsOpen: a payment by hand is refused while the bank may take
// the same money from us. After the dispute the order requests the refund again by itself.
func TestResolve_WhileADisputeIsOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		won   bool
		owed  int64 // what is left at the provider
		ended booking.PaymentStatus
	}{"Won": {true, 0, booking.Refunded}, "Lost": {false, 100000, booking.Returned}} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t)
			is := &other{dispute: true, percent: 100, checksLeft: 1000, fails: c.won}
			s.env.RegisterDelayedCallback(func() { s.happens(is) }, time.Minute)
			s.decides(hour, contract.CancelUpdate)
			resolved := s.resolves(hour + 9*time.Second)
			var disputed contract.View
			s.env.RegisterDelayedCallback(func() {
				disputed = s.row().View
				s.mu.Lock()
				is.ended = true
				s.mu.Unlock()
				s.env.SignalWorkflow(contract.PaymentNoticeSignal, nil)
			}, hour+18*time.Second)
			v := s.run()
			require.Equal(t, booking.UnderDispute, resolved.code())
			require.ErrorContains(t, resolved.err, "dispute other-0 over 100000 KRW, is open")
			require.Equal(t, booking.Cancelling, disputed.Status)
			require.True(t, disputed.NeedsAttention)
			require.Equal(t, booking.Cancelled, v.Status)
			require.False(t, v.NeedsAttention)
			require.Equal(t, c.owed, s.owed())
			payment, err := s.ledger.Payment(t.Context(), s.order)
			require.NoError(t, err)
			require.Equal(t, c.ended, payment.Status)
			require.Equal(t, payment.Amount.Amount, payment.RefundedInAll(), "once")
		})
	}
}

// TestResolve_ChecksWhatIsOwed: money that was refunded by hand at the provider is not owed
// any more, even if the order does not know of it.
func TestResolve_ChecksWhatIsOwed(t *testing.T) {
	s := newStay(t)
	s.alsoOthers = true
	s.env.RegisterDelayedCallback(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.provider[s.order+"/charge"].begin(&other{percent: 60})
	}, hour-time.Minute)
	s.cannotRefund()
	s.decides(hour, contract.CancelUpdate)
	s.resolves(2 * hour)
	require.Equal(t, booking.Cancelled, s.run().Status)
	messages := slices.DeleteFunc(s.sentTo(s.customer), func(m booking.Message) bool { return m.Type != booking.RefundFailedMessage })
	require.Len(t, messages, 1)
	require.EqualValues(t, 40000, messages[0].Data.Refund.Amount)
}

// TestStaffRefund_ThenCancelled: what staff has refunded is not refunded again, and what
// could not be refunded then is refunded with the order.
func TestStaffRefund_ThenCancelled(t *testing.T) {
	t.Parallel()
	t.Run("Done", func(t *testing.T) {
		s := newStay(t)
		s.staffRefunds(hour, "1", 30000)
		s.decides(2*hour, contract.CancelUpdate)
		v := s.run()
		require.Equal(t, booking.Cancelled, v.Status)
		require.Zero(t, s.owed())
		require.Equal(t, int64(100000), s.provider[s.order+"/charge"].refunded)
		require.Equal(t, int64(100000), s.feed()[booking.PaymentCancelApproved].Payment.Refunded.Amount)
	})
	t.Run("Failed", func(t *testing.T) {
		s := newStay(t)
		restore := s.cannotRefund()
		refund := s.staffRefunds(hour, "1", 30000)
		s.env.RegisterDelayedCallback(restore, 2*hour)
		s.decides(2*hour, contract.CancelUpdate)
		v := s.run()
		require.Equal(t, booking.EntryFailed, refund.is.Entry.State)
		require.Equal(t, booking.Cancelled, v.Status)
		require.False(t, v.NeedsAttention)
		require.Zero(t, s.owed(), "nothing is kept of it")
	})
	t.Run("Pending", func(t *testing.T) {
		s := newStay(t)
		pending := activities.Owed{Words: "pending"}
		s.owing = []activities.Owed{pending, pending, pending, pending}
		refund := s.staffRefunds(2*hour-time.Second, "1", 30000)
		s.decides(2*hour, contract.CancelUpdate)
		v := s.run()
		require.Equal(t, booking.EntryPending, refund.is.Entry.State)
		require.Equal(t, booking.Cancelled, v.Status)
		require.Zero(t, s.owed(), "it is not cancelled before the customer has all of it")
	})
}

// TestStaffRefund_Refused: a refund that is not possible is not begun.
func TestStaffRefund_Refused(t *testing.T) {
	t.Parallel()
	t.Run("NotCharged", func(t *testing.T) {
		s := newStay(t)
		s.in.PaymentMethod = "pm_card_chargeDeclined"
		away := true
		s.setFaults(func(call string) fault { return only(nothing, call == "charge" && away) })
		s.env.RegisterDelayedCallback(func() { away = false }, 30*time.Second)
		refund := s.staffRefunds(20*time.Second, "1", 1)
		s.run()
		require.Equal(t, booking.NotCharged, refund.code())
	})
	t.Run("ForNothing", func(t *testing.T) {
		s := newStay(t)
		s.in.Amount.Amount, s.in.Place.Price.Amount = 0, 0
		refund := s.staffRefunds(hour, "1", 1)
		s.run()
		require.False(t, refund.accepted)
		require.Equal(t, booking.NotCharged, refund.code())
	})
	t.Run("Invalid", func(t *testing.T) {
		s := newStay(t)
		var refused []*staffRefund
		for _, r := range []contract.Refund{
			{},
			{ID: "1", Amount: booking.Money{Amount: 1, Currency: "KRW"}},
			{ID: "1", Note: "it was cold", Amount: booking.Money{Amount: 0, Currency: "KRW"}},
			{ID: "1", Note: "it was cold", Amount: booking.Money{Amount: -1, Currency: "KRW"}},
			{ID: "1", Note: "it was cold", Amount: booking.Money{Amount: 1, Currency: "EUR"}},
			{ID: "", Note: "it was cold", Amount: booking.Money{Amount: 1, Currency: "KRW"}},
			{ID: "1", Note: "it was cold", Amount: booking.Money{Amount: 1, Currency: "KRW"}, Bytes: 1 << 20},
			{ID: "1", Note: "it was cold", Amount: booking.Money{Amount: 1, Currency: "KRW"}, By: "no one"},
		} {
			g := &staffRefund{}
			refused = append(refused, g)
			s.env.RegisterDelayedCallback(func() {
				s.env.UpdateWorkflow(contract.RefundUpdate, "", &testsuite.TestUpdateCallback{
					OnReject: func(err error) { g.err = err }, OnAccept: func() { g.accepted = true }, OnComplete: func(any, error) {},
				}, r)
			}, hour)
		}
		s.run()
		for i, g := range refused {
			require.False(t, g.accepted, i)
			require.Equal(t, booking.Invalid, g.code(), i)
		}
		require.Equal(t, int64(100000), s.owed())
	})
}

// TestStaffRefund_TwiceUnderAnID: a refund is made once, however often it is requested.
func TestStaffRefund_TwiceUnderAnID(t *testing.T) {
	s := newStay(t)
	first, second := s.staffRefunds(hour, "1", 30000), s.staffRefunds(2*hour, "1", 30000)
	s.run()
	require.Equal(t, first.is.Entry.At, second.is.Entry.At)
	require.Equal(t, int64(70000), s.owed())
	require.Len(t, s.refunded(), 1)
	require.Equal(t, []string{"refunded"}, s.messagesTo(s.customer))
}

// TestStaffRefund_Budget: however many refunds are requested, few are in flight at once.
func TestStaffRefund_Budget(t *testing.T) {
	s := newStay(t)
	away := true
	s.setFaults(func(call string) fault { return only(before, call == "read payment" && away) })
	s.env.RegisterDelayedCallback(func() { away = false }, hour+30*time.Second)
	var all []*staffRefund
	for i := range 20 {
		all = append(all, s.staffRefunds(hour+time.Duration(i)*time.Second, strconv.Itoa(i), 1))
	}
	s.run()
	accepted := 0
	for _, g := range all {
		if g.accepted {
			accepted++
			require.NoError(t, g.err)
			continue
		}
		require.Equal(t, booking.DecisionPending, g.code())
	}
	require.Equal(t, mostInFlight, accepted)
	require.Equal(t, int64(100000-mostInFlight), s.owed())
}

// refundLater makes a refund of an order that has ended.
func (s *stay) refundLater(ended contract.View, id string, amount int64, meanwhile func()) booking.Repaid {
	s.Helper()
	s.flow = workflows.Refund
	s.startRun(ended.Since().Add(24 * hour))
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.RefundWorkflowID(s.order, id), TaskQueue: contract.SagasQueue})
	if meanwhile != nil {
		meanwhile()
	}
	s.env.ExecuteWorkflow(s.flow, contract.Refunding{
		Refund: contract.Refund{ID: id, Amount: booking.Money{Amount: amount, Currency: "KRW"}, Note: "it was cold", By: "1024"},
		Order:  ended, Policy: s.in.Policy,
	})
	require.True(s, s.env.IsWorkflowCompleted())
	require.NoError(s, s.env.GetWorkflowError())
	var is booking.Repaid
	require.NoError(s, s.env.GetWorkflowResult(&is))
	return is
}

// TestRefund_AfterTheEnd: after an order's end, refunds in part are made by workflows of
// their own, and never for more than is left.
func TestRefund_AfterTheEnd(t *testing.T) {
	t.Parallel()
	t.Run("Done", func(t *testing.T) {
		s := newStay(t)
		s.staffRefunds(hour, "1", 30000)
		ended := s.run()
		g := &staffRefund{}
		is := s.refundLater(ended, "2", 70000, func() {
			s.env.RegisterDelayedCallback(func() { s.sendRefund(g, "2", 70000) }, 0)
		})
		require.Equal(t, booking.EntryDone, is.Entry.State)
		require.Equal(t, is, g.is, "the request is answered")
		require.Zero(t, s.owed())
		events := s.refunded()
		require.Len(t, events, 2)
		require.Equal(t, int64(100000), events[1].Payment.Refunded.Amount)
		require.Equal(t, booking.Completed, events[1].Status)
		require.Equal(t, []string{"refunded", "refunded"}, s.messagesTo(s.customer))
		require.Equal(t, ended, s.row().View, "the order has not changed")

		is = s.refundLater(ended, "3", 1, nil)
		require.Equal(t, booking.RefundExceeds, is.Refused)
		require.Len(t, s.refunded(), 2)
	})
	t.Run("ByHand", func(t *testing.T) {
		s := newStay(t)
		ended := s.run()
		s.cannotRefund()
		var marked contract.View
		var resolved *decision
		is := s.refundLater(ended, "1", 30000, func() {
			s.env.RegisterDelayedCallback(func() { marked = s.row().View }, hour)
			resolved = s.resolves(2 * hour)
		})
		require.True(t, marked.NeedsAttention)
		require.NoError(t, resolved.err)
		require.Equal(t, booking.EntryDone, is.Entry.State)
		require.True(t, is.Entry.ByHand)
		require.False(t, s.row().View.NeedsAttention)
		require.ElementsMatch(t, []string{"refund_failed", "refunded"}, s.messagesTo(s.customer))
	})
	t.Run("BesideAnother", func(t *testing.T) { // the other one needs a person, and has marked the order
		s := newStay(t)
		ended := s.run()
		ended.NeedsAttention = true
		s.cannotRefund()
		var published []contract.RefundAfterEnd
		s.check = func(p contract.Publication) {
			require.NotNil(t, p.RefundAfterEnd)
			published = append(published, *p.RefundAfterEnd)
		}
		var resolved *decision
		s.refundLater(ended, "2", 30000, func() { resolved = s.resolves(2 * hour) })
		require.NoError(t, resolved.err)
		require.Equal(t, contract.RefundAfterEnd{Refund: "2", Waits: true}, published[0])
		last := published[len(published)-1]
		require.False(t, last.Waits)
		require.Len(t, last.Added, 1)
		require.Equal(t, contract.ResolveUpdate, last.Added[0].Decision)
	})
	t.Run("NoSuchRefund", func(t *testing.T) {
		s := newStay(t)
		ended := s.run()
		for name, change := range map[string]func(*contract.Refunding){
			"OtherID":   func(r *contract.Refunding) { r.Refund.ID = "2" },
			"Under way": func(r *contract.Refunding) { r.Order.Status = booking.Confirmed },
			"Currency":  func(r *contract.Refunding) { r.Refund.Amount.Currency = "EUR" },
			"NoReason":  func(r *contract.Refunding) { r.Refund.Note = "" },
		} {
			in := contract.Refunding{
				Refund: contract.Refund{ID: "1", Amount: booking.Money{Amount: 1, Currency: "KRW"}, Note: "it was cold"}, Order: ended, Policy: s.in.Policy,
			}
			change(&in)
			s.flow = workflows.Refund
			s.startRun(ended.Since().Add(24 * hour))
			s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.RefundWorkflowID(s.order, "1"), TaskQueue: contract.SagasQueue})
			s.env.ExecuteWorkflow(s.flow, in)
			require.ErrorContains(t, s.env.GetWorkflowError(), string(booking.Invalid), name)
		}
		require.Equal(t, int64(100000), s.owed())
	})
}

// isBroken makes the provider answer calls about the charge only with errors, until restore is
// called.
func (w *world) isBroken() (restore func()) {
	broken := true
	w.setFaults(func(call string) fault { return only(before, (call == "retrieve" || call == "refund") && broken) })
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		broken = false
	}
}

// impatient makes the order need attention before the test environment stops, which it does
// after ten attempts of an activity.
func impatient(in *contract.Lodging) { in.Policy.AttentionAfter = booking.Duration(20 * time.Second) }

// TestStaffRefund_MeetsErrorsOnly: an order whose refund the provider answers only with
// errors needs attention after a while, and the customer is notified. The refund ends when
// the provider answers again, or an operator pays by hand.
func TestStaffRefund_MeetsErrorsOnly(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*contract.Lodging){"InPlace": func(*contract.Lodging) {}, "Durable": durable} {
		t.Run(name+"/ByHand", func(t *testing.T) {
			s := newStay(t, impatient, change)
			s.isBroken()
			refund := s.staffRefunds(hour, "1", 30000)
			var before, marked, after contract.View
			s.env.RegisterDelayedCallback(func() { before = s.row().View }, hour+15*time.Second)
			tooEarly := s.resolves(hour + 15*time.Second)
			s.env.RegisterDelayedCallback(func() { marked = s.row().View }, hour+25*time.Second)
			resolved := s.resolves(hour + 30*time.Second)
			s.env.RegisterDelayedCallback(func() { after = s.row().View }, hour+40*time.Second)
			v := s.run()
			require.False(t, before.NeedsAttention)
			require.Equal(t, booking.NothingOwed, tooEarly.code())
			require.True(t, marked.NeedsAttention)
			require.NoError(t, resolved.err)
			require.NoError(t, refund.err)
			require.True(t, refund.is.Entry.ByHand)
			require.False(t, after.NeedsAttention)
			require.Equal(t, booking.Completed, v.Status)
			require.Equal(t, int64(100000), s.owed(), "the provider has refunded nothing")
			require.ElementsMatch(t, []string{"refund_failed", "refunded"}, s.messagesTo(s.customer))
		})
	}
	t.Run("Back", func(t *testing.T) {
		s := newStay(t, impatient)
		restore := s.isBroken()
		refund := s.staffRefunds(hour, "1", 30000)
		var marked contract.View
		s.env.RegisterDelayedCallback(func() { marked = s.row().View; restore() }, hour+25*time.Second)
		resolved := s.resolves(hour + 2*time.Minute)
		v := s.run()
		require.True(t, marked.NeedsAttention)
		require.Equal(t, booking.EntryDone, refund.is.Entry.State)
		require.Equal(t, booking.NothingOwed, resolved.code())
		require.False(t, v.NeedsAttention)
		require.Equal(t, int64(70000), s.owed())
	})
	t.Run("AfterTheEndBesideAnother", func(t *testing.T) {
		s := newStay(t, impatient)
		ended := s.run()
		other := booking.Entry{OrderID: s.order, Key: "refund/2", Amount: booking.Money{Amount: 1000, Currency: "KRW"}, Reason: booking.Goodwill}
		_, err := s.ledger.BeginEntry(t.Context(), other)
		require.NoError(t, err)
		other.Kind, other.State, other.Words = booking.RefundEntry, booking.EntryFailed, "no such account"
		require.NoError(t, s.ledger.NoteEntry(t.Context(), other))
		require.NoError(t, s.pages.Publish(t.Context(), contract.Publication{View: ended, RefundAfterEnd: &contract.RefundAfterEnd{Refund: "2", Waits: true}}))
		restore := s.isBroken()
		var listed []bool
		is := s.refundLater(ended, "1", 30000, func() {
			s.env.RegisterDelayedCallback(restore, 25*time.Second)
			s.env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(args mock.Arguments) {
				if marked, is := args.Get(0).(temporal.SearchAttributes).GetBool(contract.NeedsAttentionAttribute); is {
					listed = append(listed, marked)
				}
			}).Return(nil)
		})
		require.Equal(t, booking.EntryDone, is.Entry.State)
		require.True(t, s.row().View.NeedsAttention, "the other one waits for a person")
		require.Equal(t, []bool{true, false}, listed, "this one does not")
	})
	t.Run("AfterTheEnd", func(t *testing.T) {
		s := newStay(t, impatient)
		ended := s.run()
		s.isBroken()
		var resolved *decision
		is := s.refundLater(ended, "1", 30000, func() { resolved = s.resolves(30 * time.Second) })
		require.NoError(t, resolved.err)
		require.True(t, is.Entry.ByHand)
	})
}

// TestResolve_OfAnUndoThatMeetsErrorsOnly: a cancelled order whose refund the provider
// answers only with errors needs attention, and ends when an operator has paid by hand.
func TestResolve_OfAnUndoThatMeetsErrorsOnly(t *testing.T) {
	s := newStay(t, impatient)
	s.isBroken()
	s.decides(hour, contract.CancelUpdate)
	tooEarly := s.resolves(hour + 15*time.Second)
	var marked contract.View
	s.env.RegisterDelayedCallback(func() { marked = s.row().View }, hour+25*time.Second)
	resolved := s.resolves(hour + 30*time.Second)
	v := s.run()
	require.Equal(t, booking.NothingOwed, tooEarly.code())
	require.True(t, marked.NeedsAttention)
	require.Contains(t, s.messagesTo(s.customer), "refund_failed")
	require.NoError(t, resolved.err)
	require.Equal(t, booking.Cancelled, v.Status)
	require.False(t, v.NeedsAttention)
	payment, err := s.ledger.Payment(t.Context(), s.order)
	require.NoError(t, err)
	require.Equal(t, booking.Returned, payment.Status)
}

// TestResolve_OfAnUnknownCharge: an order whose charge has an unknown outcome, since the
// provider answers only with errors, needs attention, and ends when an operator has paid by
// hand.
func TestResolve_OfAnUnknownCharge(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*contract.Lodging){"InPlace": func(*contract.Lodging) {}, "Durable": durable} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t, impatient, change)
			s.setFaults(func(call string) fault { return only(before, call == "charge" || call == "void") })
			s.decides(5*time.Second, contract.CancelUpdate)
			tooEarly := s.resolves(20 * time.Second)
			var marked contract.View
			s.env.RegisterDelayedCallback(func() { marked = s.row().View }, 30*time.Second)
			resolved := s.resolves(35 * time.Second)
			v := s.run()
			require.Equal(t, booking.NothingOwed, tooEarly.code())
			require.True(t, marked.NeedsAttention)
			require.NoError(t, resolved.err)
			require.Equal(t, booking.Cancelled, v.Status)
			require.False(t, v.NeedsAttention)
			payment, err := s.ledger.Payment(t.Context(), s.order)
			require.NoError(t, err)
			require.Equal(t, booking.Returned, payment.Status)
			require.Equal(t, v.Amount.Amount, payment.RefundedInAll())
			require.True(t, payment.Entries[0].ByHand)
		})
	}
}
