package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/audit"
)

func wrongReport() audit.Report {
	return audit.Report{
		Counts: audit.Counts{Orders: 3, Running: 2, Rows: 3, Payments: 3, Charges: 3, Holds: 1, Days: 60},
		Findings: []audit.Finding{
			{Kind: audit.Money, OrderID: "lodging-1", Says: "it is confirmed and owes 1 KRW; the ledger says: no charge"},
			{Kind: audit.Stock, Item: "place-1", Says: "on 2026-12-24 its capacity is 5; 3 remain and 1 are held"},
			{Kind: audit.Abandoned, OrderID: "food-1", Says: "its workflow failed while it was paid: 1 KRW charged", Remedy: "yeyak settle food-1"},
		},
	}
}

func TestReport_Table(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, wrongReport().Table(&out))
	require.Equal(t, `Checked 3 orders (2 running) and 3 rows, 3 payments and 3 charges at the provider,
1 holds on 60 days of stock, 0 deliveries, 0 productions,
0 calls, 0 cleaners, 0 registrations and 0 notices,
0 places and drinks.
Wrong: 3.

KIND       ABOUT      WHAT IS WRONG
money      lodging-1  it is confirmed and owes 1 KRW; the ledger says: no charge
stock      place-1    on 2026-12-24 its capacity is 5; 3 remain and 1 are held
abandoned  food-1     its workflow failed while it was paid: 1 KRW charged
                      remedy: yeyak settle food-1
`, out.String())
}

func TestReport_TableOfNothingWrong(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, audit.Report{NotJudged: 2, OneNotJudged: "lodging-1: no answer", InMotion: 1}.Table(&out))
	require.Contains(t, out.String(), "Nothing that was checked is wrong.\n")
	require.Contains(t, out.String(), "In motion, and not judged: 1. Audit again later.\n")
	require.Contains(t, out.String(), "Not judged, since their workflow does not answer: 2 orders. Is a worker running?\n  lodging-1: no answer\n")
}

func TestReport_JSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, wrongReport().JSON(&out))
	var got map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	require.EqualValues(t, 3, got["orders"])
	require.EqualValues(t, 0, got["notJudged"])
	findings := got["findings"].([]any)
	require.Equal(t, map[string]any{"kind": "stock", "item": "place-1", "says": "on 2026-12-24 its capacity is 5; 3 remain and 1 are held"}, findings[1])
	require.Equal(t, "yeyak settle food-1", findings[2].(map[string]any)["remedy"])

	report, _ := newBooks().run(t)
	out.Reset()
	require.NoError(t, report.JSON(&out))
	require.Contains(t, out.String(), `"findings": []`)
}

// full is a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("disk full")

func TestReport_CannotBeWritten(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, wrongReport().Table(full{}), errFull)
	require.ErrorIs(t, wrongReport().JSON(full{}), errFull)
}
