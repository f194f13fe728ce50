package web_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/web"
	"github.com/yeyak/yeyak/workflows/contract"
)

const stayActions = "/operator/orders/" + stayID

// acts is an operator's browser that follows no redirect: the order's page has
// tests of its own.
func (s *site) acts(who string, l booking.Language) *browser {
	b := s.as(who, l)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

// does sends the form of an action, with a note.
func (b *browser) does(verb, words string, more ...string) shown {
	b.Helper()
	path := stayActions + "/" + verb
	got := b.get(path)
	require.Equal(b, http.StatusOK, got.status, got.text)
	return b.sends(got, path, words, more...)
}

func (b *browser) sends(got shown, path, words string, more ...string) shown {
	b.Helper()
	form := got.form(b.T, path)
	name := "reason"
	if _, evidence := form["evidence"]; evidence {
		name = "evidence"
	}
	form.Set(name, words)
	for n := 0; n < len(more); n += 2 {
		form.Set(more[n], more[n+1])
	}
	return b.send(http.MethodPost, b.site.url+path, form)
}

// TestOperatorActions: each page says what it will do, in both languages, and does it with the
// caller's note; only operators see these pages.
func TestOperatorActions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.pay(stayID, 100000)
	s.book.refund = s.begins
	s.book.waits = []orders.WaitingStep{
		{Name: "RefundPayment", Attempt: 7, Next: now, Failure: "the provider is away <b>"}, {Name: "ReleaseStock", Paused: true},
	}
	s.book.decide = func(orders.Decision) (orders.Outcome, error) {
		return orders.Outcome{View: contract.View{ID: stayID, Version: 9}, Done: true}, nil
	}
	says := map[string][2]string{
		"retry":  {"Each step below is tried at once", "각 단계를"},
		"cancel": {"cancelled as if its customer did it", "고객이 취소한 것과 같이"},
		"refund": {"₩100,000 is left", "₩100,000"},
	}
	for n, l := range []booking.Language{booking.English, booking.Korean} {
		olga := s.acts("olga", l)
		for verb, words := range says {
			got := olga.get(stayActions + "/" + verb)
			require.Equal(t, http.StatusOK, got.status, got.text)
			requirePage(t, got, l)
			require.Contains(t, got.words(), words[n])
			require.NotContains(t, got.text, "<b>")
			require.Equal(t, http.StatusUnprocessableEntity, olga.does(verb, "", "amount", "100").status, "it needs a reason")
		}
	}
	olga := s.acts("olga", booking.English)
	require.Contains(t, olga.get(stayActions+"/retry").words(), "It is paused")
	require.Contains(t, olga.get(stayActions+"/resolve").words(), "No refund of the order waits")
	require.Contains(t, olga.get(stayActions+"/settle").words(), "The order is not lost")

	did := func(got shown, where string) {
		t.Helper()
		require.Equal(t, http.StatusSeeOther, got.status, got.text)
		require.Equal(t, stayActions+"?did="+where, got.header.Get("Location"))
	}
	did(olga.does("retry", "it is back"), "retry&after=0")
	require.Equal(t, []booking.Personal{"it is back"}, s.book.retried)
	did(olga.does("refund", "cold", "amount", "30,000"), "refund&after=0")
	s.book.refund = func(context.Context, orders.Refund) (orders.Refunded, error) {
		return orders.Refunded{Entry: booking.Entry{State: booking.EntryFailed}}, nil
	}
	did(olga.does("refund", "cold", "amount", "30,000"), "owed&after=0")
	did(olga.does("cancel", "burnt down"), "cancel&after=9")
	view, err := s.rows.View(t.Context(), stayID)
	require.NoError(t, err)
	require.Equal(t, view.Version, s.book.decided[0].Version, "as it was shown")
	require.NotEmpty(t, s.book.decided[0].Expect)
	require.Equal(t, booking.Personal("burnt down"), s.book.decided[0].Note)
	s.book.decide = func(orders.Decision) (orders.Outcome, error) { return orders.Outcome{}, nil }
	did(olga.does("cancel", "burnt down"), "accepted&after=0")

	for _, who := range []string{"alice", "bora", "dana", "kim"} {
		b := s.as(who, booking.English)
		for _, verb := range []string{"retry", "resolve", "settle"} {
			require.Equal(t, http.StatusForbidden, b.get(stayActions+"/"+verb).status, who)
			require.Equal(t, http.StatusForbidden, b.post(stayActions+"/"+verb).status, who)
		}
	}
	require.Len(t, s.book.retried, 1)
	require.Equal(t, http.StatusNotFound, olga.get("/operator/orders/nonsense/retry").status)

}

// TestOperatorActions_Resolve: a refund that the provider could not make, with its words, is
// recorded as paid by hand.
func TestOperatorActions_Resolve(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.pay(stayID, 100000)
	_, err := s.begins(t.Context(), orders.Refund{OrderID: stayID, Amount: booking.Money{Amount: 30000, Currency: "KRW"}, Note: "cold", Key: "a"})
	require.NoError(t, err)
	err = s.payments.NoteEntry(t.Context(), booking.Entry{Key: stayID + "/refund/a", OrderID: stayID, State: booking.EntryFailed, Words: "the account is closed"})
	require.NoError(t, err)
	var evidence booking.Personal
	s.book.resolve = func(e booking.Personal) (orders.Outcome, error) {
		evidence = e
		return orders.Outcome{Done: true}, nil
	}
	olga := s.acts("olga", booking.English)
	require.Contains(t, olga.get(stayActions+"/resolve").words(), "₩30,000")
	require.Contains(t, olga.get(stayActions+"/resolve").words(), "the account is closed")
	require.Equal(t, stayActions+"?did=resolve&after=0", olga.does("resolve", "bank transfer 42").header.Get("Location"))
	require.Equal(t, booking.Personal("bank transfer 42"), evidence)

	s.book.resolve = func(booking.Personal) (orders.Outcome, error) {
		return orders.Outcome{}, &booking.Error{Code: booking.UnderDispute}
	}
	got := olga.does("resolve", "bank transfer 42")
	require.Equal(t, http.StatusConflict, got.status)
	require.Contains(t, got.words(), "bank may take back the same money")
	require.Equal(t, "bank transfer 42", field(t, got.text, "evidence"))
}

// TestOperatorActions_TwoOperators: of two operators who were shown the same page, one acts; the
// other is shown that action, and may act then.
func TestOperatorActions_TwoOperators(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.book.lost = true
	path := stayActions + "/settle"
	olga, oscar := s.acts("olga", booking.English), s.acts("olga", booking.Korean)
	first, second := olga.get(path), oscar.get(path)
	require.Contains(t, first.words(), "Its undos are begun anew")
	require.NoError(t, s.actions.Append(t.Context(), booking.OperatorAction{
		ID: "x", At: now, By: "1099", Action: booking.CheckPayment, OrderID: stayID, Reason: "is it there? <b>", Outcome: "accepted",
	}, nil))
	got := olga.sends(first, path, "it was terminated")
	require.Equal(t, http.StatusConflict, got.status)
	require.Contains(t, got.words(), "Another operator has acted on the order since you looked at it")
	require.Contains(t, got.words(), "operator 1099: had the payment checked (goes on by itself)")
	require.Contains(t, got.words(), "is it there?")
	require.NotContains(t, got.text, "<b>")
	require.Equal(t, "it was terminated", field(t, got.text, "reason"))
	got2 := oscar.sends(second, path, "it was terminated")
	require.Equal(t, http.StatusConflict, got2.status)
	requirePage(t, got2, booking.Korean)
	require.Contains(t, got2.words(), "운영자 1099: 결제 확인 (진행 중)")
	require.Empty(t, s.book.settled)
	require.Equal(t, stayActions+"?did=settle&after=0", olga.sends(got, path, "it was terminated").header.Get("Location"))
	require.Equal(t, []string{stayID + " by olga"}, s.book.settled)
	require.Equal(t, http.StatusSeeOther, oscar.sends(got2, path, "the same operator twice").status, "their own action is no reason")
}

// TestOperatorActions_Owed: a refund that has failed at once is not shown as begun.
func TestOperatorActions_Owed(t *testing.T) {
	t.Parallel()
	is := &sights{}
	s := newSite(t, func(d *web.Deps) { d.Monitor = is })
	s.furnish()
	view, err := s.rows.View(t.Context(), stayID)
	require.NoError(t, err)
	is.timeline.Order = view
	for l, words := range map[booking.Language]string{
		booking.English: "The payment provider cannot make the refund. It is owed", booking.Korean: "결제사가 환불하지 못했습니다.",
	} {
		require.Contains(t, s.as("olga", l).get(stayActions+"?did=owed").words(), words)
	}
}

// interrupted calls then after the first read of an order.
type interrupted struct {
	web.Orders
	once sync.Once
	then func()
}

func (i *interrupted) Read(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, error) {
	view, err := i.Orders.Read(ctx, caller, kind, id)
	i.once.Do(i.then)
	return view, err
}

// TestOperatorActions_WhileShown: another operator's action while the page is made is not on it, so
// the form is refused.
func TestOperatorActions_WhileShown(t *testing.T) {
	t.Parallel()
	between := &interrupted{}
	s := newSite(t, func(d *web.Deps) { between.Orders, d.Orders = d.Orders, between })
	s.furnish()
	s.book.lost = true
	between.then = func() {
		require.NoError(t, s.actions.Append(t.Context(), booking.OperatorAction{
			ID: "x", At: now, By: "1099", Action: booking.CheckPayment, OrderID: stayID, Outcome: "accepted",
		}, nil))
	}
	olga := s.acts("olga", booking.English)
	path := stayActions + "/settle"
	got := olga.sends(olga.get(path), path, "it was terminated")
	require.Equal(t, http.StatusConflict, got.status)
	require.Contains(t, got.words(), "operator 1099: had the payment checked")
	require.Empty(t, s.book.settled)
}

// TestOperatorActions_UnderWay: a page shows another operator's action on the order while its
// outcome is not known.
func TestOperatorActions_UnderWay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.book.lost = true
	line := booking.OperatorAction{ID: "x", At: now, By: "1099", Action: booking.CheckPayment, OrderID: stayID}
	dead := line
	dead.ID, dead.At, dead.By = "y", now.Add(-time.Hour), "1098"
	for _, l := range []booking.OperatorAction{dead, line} {
		require.NoError(t, s.actions.Append(t.Context(), l, nil))
	}
	path := stayActions + "/settle"
	for l, words := range map[booking.Language]string{
		booking.English: "What others are doing to it now", booking.Korean: "지금 다른 사람이 하고 있는 일",
	} {
		got := s.as("olga", l).get(path)
		requirePage(t, got, l)
		require.Contains(t, got.words(), words)
		require.Contains(t, got.words(), "1099")
		require.NotContains(t, got.words(), "1098", "its process has died")
	}
	line.Outcome = "accepted"
	require.NoError(t, s.actions.Append(t.Context(), line, nil))
	require.NotContains(t, s.as("olga", booking.English).get(path).words(), "What others are doing")
}

// TestOperatorActions_VersionChanged: an order that has changed meanwhile is shown again.
func TestOperatorActions_VersionChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	olga := s.acts("olga", booking.English)
	s.book.decide = func(orders.Decision) (orders.Outcome, error) {
		return orders.Outcome{}, &booking.Error{Code: booking.VersionChanged}
	}
	got := olga.does("cancel", "burnt down")
	require.Equal(t, http.StatusPreconditionFailed, got.status)
	require.Contains(t, got.words(), "It has changed since you looked at it")

}
