package web_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/web"
)

// TestActions: operators read the log of operators' actions, newest first and part by part,
// in both languages. Other callers cannot.
func TestActions(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(d *web.Deps) { d.Monitor = &sights{overview: orders.Overview{At: now}} })
	olga := s.as("olga", booking.English)
	require.Contains(t, olga.get("/operator").text, `href="/operator/actions"`)
	require.Contains(t, olga.get("/operator/actions").words(), "Nothing was done yet.")
	decided := []booking.Action{
		booking.RetryOrder, booking.CancelOrder, booking.RefundOrder, booking.ResolvePayment, booking.SettleOrder, booking.CheckPayment, booking.ConfirmOrder,
		booking.RejectOrder, booking.ChangeOrder, booking.SayNoShow, booking.CheckOut, booking.Deliver, booking.Serve, booking.FinishCall,
	}
	const n = 60
	for i := range n {
		line := booking.OperatorAction{
			ID: strconv.Itoa(i), At: now.Add(time.Duration(i) * time.Second), By: "1099", Action: decided[i%len(decided)], OrderID: stayID,
			Reason: booking.Personal(fmt.Sprintf("reason-%d <b>", i)), Bulk: "run-1",
		}
		require.NoError(t, s.actions.Append(t.Context(), line, nil))
		line.Outcome = booking.ActionDone
		require.NoError(t, s.actions.Append(t.Context(), line, nil))
	}
	for l, words := range map[booking.Language]string{
		booking.English: "operator 1099: had the payment checked (done)", booking.Korean: "운영자 1099: 결제 확인 (완료)",
	} {
		got := s.as("olga", l).get("/operator/actions")
		requirePage(t, got, l)
		require.Contains(t, got.words(), words)
		require.Contains(t, got.text, `href="/operator/orders/`+stayID+`"`)
		require.Contains(t, got.text, `href="/operator/bulk/run-1"`)
		require.NotContains(t, got.text, "<b>")
		for _, a := range decided {
			require.NotContains(t, got.text, "<strong>"+string(a)+" (", "it has a word")
		}
	}
	first := olga.get("/operator/actions")
	require.Contains(t, first.words(), fmt.Sprintf("reason-%d ", n-1))
	require.NotContains(t, first.words(), "reason-0 ")
	older := links(first, "/operator/actions?cursor=")
	require.Len(t, older, 1)
	for range n {
		next := olga.get(unescape(older[0]))
		if older = links(next, "/operator/actions?cursor="); len(older) == 0 {
			require.Contains(t, next.words(), "reason-0 ")
			break
		}
	}
	require.Empty(t, older)
	for _, who := range []string{"alice", "bora", "dana", "kim"} {
		require.Equal(t, http.StatusForbidden, s.as(who, booking.English).get("/operator/actions").status, who)
	}
	require.Equal(t, http.StatusUnprocessableEntity, olga.get("/operator/actions?cursor=x").status)
}
