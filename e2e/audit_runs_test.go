package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
)

// keptAudit is the API's answer about audits.
type keptAudit struct {
	Done, Last struct {
		ID      int64
		State   booking.AuditState
		AskedBy string
		Orders  int
	}
	Items []booking.AuditFinding
}

// runsAudits makes the system run audits.
func runsAudits(o *app.Options) { o.Config.Audits = config.Audits{Every: time.Hour, Run: true} }

// awaitAudit waits for the end of an audit that follows the audit with this id.
func (a *audited) awaitAudit(after int64) (kept keptAudit) {
	a.Helper()
	a.within(2*waitLimit, func() bool {
		kept = keptAudit{}
		require.NoError(a, json.Unmarshal(a.get("/v1/audit").with(a, http.StatusOK).raw, &kept))
		return kept.Done.ID > after
	})
	return kept
}

// TestAudit_RunsByItself: the next audit finds an order whose workflow was terminated,
// and its finding is closed when the order is settled. Commands and metrics report the
// same.
func TestAudit_RunsByItself(t *testing.T) {
	t.Parallel()
	a := bootAudited(t, runsAudits)
	first := a.awaitAudit(0)
	require.Equal(t, booking.SystemID, first.Done.AskedBy)
	require.Empty(t, first.Items)
	code, out, logs := a.command(nil, "audit", "--last")
	require.Zero(t, code, logs)
	require.Contains(t, out, "Nothing that was checked is wrong.")

	order := a.reserve(a.place(1)).with(t, http.StatusCreated).body.ID
	a.terminate(order)
	a.post("/v1/audit/runs", nil).with(t, http.StatusAccepted)
	second := a.awaitAudit(first.Done.ID)
	require.Equal(t, 1, second.Done.Orders)
	require.Len(t, second.Items, 1)
	require.Equal(t, "abandoned", second.Items[0].Kind)
	require.Equal(t, order, second.Items[0].OrderID)
	require.Contains(t, second.Items[0].Says, "its workflow was terminated while it was confirmed")
	a.eventually(func() bool {
		return strings.Contains(string(a.get("/metrics").raw), `yeyak_audit_findings{kind="abandoned"} 1`)
	})
	code, out, _ = a.command(nil, "audit", "--last")
	require.Equal(t, 1, code)
	require.Contains(t, out, "remedy: yeyak settle "+order)

	_, err := a.settle(order)
	require.NoError(t, err)
	code, out, logs = a.command(nil, "audit", "--start", "--as=1027")
	require.Zero(t, code, logs)
	require.Contains(t, out, "was requested (waiting)")
	third := a.awaitAudit(second.Done.ID)
	require.Equal(t, "1027", third.Done.AskedBy)
	require.Empty(t, third.Items)
	a.eventually(func() bool {
		return strings.Contains(string(a.get("/metrics").raw), `yeyak_audit_findings{kind="abandoned"} 0`)
	})
}
