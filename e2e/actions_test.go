package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// actions are the log lines of an order, newest first: the action and its outcome.
func (a *audited) actions(order string) (words []string) {
	a.Helper()
	var list struct{ Items []booking.OperatorAction }
	require.NoError(a, json.Unmarshal(a.get("/v1/actions?orderId="+order).with(a, http.StatusOK).raw, &list))
	for _, is := range list.Items {
		require.NotZero(a, is.At)
		words = append(words, string(is.Action)+" "+is.Outcome)
	}
	return words
}

// TestActions: operators' actions by API and by command are in one log, with caller and
// reason.
func TestActions(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	order := a.reserve(a.place(1)).with(t, http.StatusCreated).body.ID
	require.Empty(t, a.actions(order), "to place an order for a customer is in its history")
	a.refundOf(order, "a", 1000)
	a.decide(order, "confirm")
	code, _, logs := a.command(nil, "payments", "look", order, "--as=1027")
	require.Zero(t, code, logs)
	a.terminate(order)
	code, _, logs = a.command(nil, "settle", order, "--as=1027", "--reason=it was terminated by mistake")
	require.Zero(t, code, logs)
	code, _, _ = a.command(nil, "settle", order, "--as=1027")
	require.Equal(t, 1, code)
	all := a.actions(order)
	require.Equal(t, []string{"settle not_lost", "settle accepted", "look accepted"}, all[:3])
	require.Regexp(t, "^confirm ", all[3])
	require.Equal(t, []string{"refund done"}, all[4:])

	code, out, logs := a.command(nil, "actions", order)
	require.Zero(t, code, logs)
	require.Regexp(t, `1027 +settle +`+order+` +accepted +it was terminated by mistake\n`, out)
	code, out, logs = a.command(nil, "actions", "--json", order)
	require.Zero(t, code, logs)
	require.Contains(t, out, `"by":"1027","action":"look"`)
}
