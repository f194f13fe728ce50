package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

func TestEndStay_ByTheRuleOfNights(t *testing.T) {
	t.Parallel()
	stock := &shelf{}
	inventory := &activities.Inventory{Service: served(), Stock: stock}
	christmas := booking.Date{Year: 2026, Month: 12, Day: 25}
	end := booking.StayEnd{
		Hold:        booking.Hold{Key: "k", From: christmas.AddDays(-1), To: christmas.AddDays(3)},
		CheckInTime: booking.Clock{Hour: 15}, TimeZone: "Asia/Seoul",
	}
	for left, want := range map[string]booking.Date{
		"2026-12-25T14:00:00+09:00": christmas, "2026-12-25T16:00:00+09:00": christmas.AddDays(1),
	} {
		var err error
		end.Left, err = time.Parse(time.RFC3339, left)
		require.NoError(t, err)
		for _, w := range []way{inPlace, durably} {
			_, err = do(w, func(ctx context.Context) (booking.Freed, error) { return inventory.EndStay(ctx, end) })
			require.NoError(t, err)
			require.Equal(t, want, stock.end)
		}
	}
}
