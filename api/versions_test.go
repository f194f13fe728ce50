package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// TestDecide_IfMatch: the ETag of an answer binds a decision to the version that it
// shows.
func TestDecide_IfMatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Confirmed, ""))
	etag := b.do("GET", orderPath, "").Header.Get("ETag")
	require.Equal(t, `"7"`, etag)
	decided := b.answersDecision(orders.Outcome{View: viewOf(booking.Lodging, booking.Cancelled), Done: true}, nil)
	for match, version := range map[string]int64{etag: 7, "*": 0} {
		require.Equal(t, http.StatusOK, b.do("POST", orderPath+"/cancel", "", "If-Match", match).StatusCode)
		require.Equal(t, version, decided.Version, match)
	}
	for _, wrong := range []string{"7", `"7`, `W/"7"`, `"7", "8"`, `"-7"`, `"seven"`} {
		p := b.problem(b.do("POST", orderPath+"/cancel", "", "If-Match", wrong), http.StatusUnprocessableEntity, booking.Invalid)
		require.Equal(t, []string{"If-Match"}, fields(p), wrong)
	}
	b.answersDecision(orders.Outcome{}, booking.Errorf(booking.VersionChanged, "the order has changed"))
	b.problem(b.do("POST", orderPath+"/cancel", "", "If-Match", etag), http.StatusPreconditionFailed, booking.VersionChanged)
}
