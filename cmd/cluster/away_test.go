package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/cluster/crowd"
)

// TestAway_NoOrderIsRefusedOrLost: Temporal is frozen for a while, then killed, then frozen
// while all other processes are killed, while a few users order.
func TestAway_NoOrderIsRefusedOrLost(t *testing.T) {
	t.Parallel()
	for name, absences := range map[string][]string{"Away": {"frozen", "killed"}, "AndOthersDie": {"deaths"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			a := away{
				Programs: Programs{
					Yeyak: filepath.Join(dir, "yeyak"), Dir: dir,
					TemporalServer: cmp.Or(os.Getenv("YEYAK_TEMPORAL_SERVER"), "../../bin/temporal-server"),
				},
				Load:   Load{Users: 10, Think: 200 * time.Millisecond},
				Outage: 5 * time.Second, Down: time.Second / 2, Before: time.Second, Absences: absences,
			}
			out, err := exec.CommandContext(t.Context(), "go", "build", "-o", a.Yeyak, "../yeyak").CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.NoError(t, a.Run(t.Context()))
		})
	}
}

// TestAway_Judges: the test above can fail.
func TestAway_Judges(t *testing.T) {
	t.Parallel()
	at := func(second int) time.Time { return time.Date(2026, 12, 1, 12, 0, second, 0, time.UTC) }
	o := outage{left: at(10), returns: at(30), back: at(35), deaths: []period{{at(20), at(22)}}}
	placed := func(kind booking.Kind, second, status int, orderID string) crowd.Placement {
		p := crowd.Placement{Kind: kind, Begun: at(second), Took: time.Second, Status: status}
		if orderID != "" {
			p.OrderID, p.Located = orderID, true
		}
		return p
	}
	wrong := func(p crowd.Placement) string { return awayRow{outage: o}.wrong(p) }
	for name, p := range map[string]crowd.Placement{
		"Before":        placed(booking.Food, 5, 201, "food-1"),
		"Kept":          placed(booking.Lodging, 15, 202, "lodging-1"),
		"WhenItReturns": placed(booking.Lodging, 30, 201, "lodging-1"),
		"CafeRefused":   placed(booking.Cafe, 15, 503, ""),
		"CafeUnknown":   placed(booking.Cafe, 21, 503, "cafe-1"),
		"CallUnknown":   placed(booking.Cleaning, 15, 202, "cleaning-1"),
		"APIDied":       placed(booking.Food, 20, 502, ""),
		"NoConnection":  placed(booking.Food, 21, 0, ""),
		"DatabaseDied":  placed(booking.Lodging, 21, 503, ""),
	} {
		require.Empty(t, wrong(p), name)
	}
	unlocated := placed(booking.Food, 15, 202, "food-1")
	unlocated.Located = false
	for name, p := range map[string]crowd.Placement{
		"Refused":         placed(booking.Food, 15, 503, ""),
		"RefusedLater":    placed(booking.Lodging, 22, 503, ""),
		"Lost":            placed(booking.Cafe, 15, 0, ""),
		"BadGateway":      placed(booking.Food, 25, 502, ""),
		"WithoutLocation": unlocated,
		"WithoutOrder":    placed(booking.Cleaning, 15, 202, ""),
		"WithoutTheSaga":  placed(booking.Food, 15, 201, "food-1"),
		"Defect":          placed(booking.Food, 21, 500, ""),
	} {
		require.NotEmpty(t, wrong(p), name)
	}
	require.Len(t, awayRow{outage: o, placements: []crowd.Placement{placed(booking.Food, 5, 201, "food-1")}}.judge(), 1, "nothing waited")
	require.Empty(t, awayRow{outage: o, placements: []crowd.Placement{placed(booking.Food, 15, 202, "food-1")}}.judge())

	order := orderOf([]time.Time{at(40), at(43), at(41), at(42), at(50)})
	require.Equal(t, dispatchOrder{orders: 5, behind: 1, latest: 2 * time.Second}, order)
	require.NoError(t, order.judge(2*time.Second))
	require.Error(t, order.judge(time.Second))
	require.Error(t, orderOf(nil).judge(time.Hour))
}

// TestAway_Table has a line for each absence.
func TestAway_Table(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	left := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	require.NoError(t, printAway(&out, []awayRow{{name: "killed", outage: outage{left: left, back: left.Add(time.Minute)}, placements: []crowd.Placement{
		{Kind: booking.Cafe, Begun: left.Add(time.Second), Status: 503, Code: "temporal_unavailable"},
		{Kind: booking.Food, Begun: left.Add(time.Second), Took: 2 * time.Second, Status: 202, OrderID: "food-1", Received: true},
		{Kind: booking.Food, Begun: left.Add(-time.Second), Status: 201, OrderID: "food-2"},
	}}}))
	require.Regexp(t, `killed +1m0s +2 +0 +1 +1 +0 +2s .* 1 cafe temporal_unavailable`, out.String())
}
