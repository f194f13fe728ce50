package api

import (
	"reflect"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// TestLimits_AreTheOnesOfWorkflows: the schemas of orders and decisions have the limits
// of workflows.
func TestLimits_AreTheOnesOfWorkflows(t *testing.T) {
	t.Parallel()
	tag := func(of any, field, name string) int {
		f, ok := reflect.TypeOf(of).FieldByName(field)
		require.True(t, ok, field)
		n, err := strconv.Atoi(f.Tag.Get(name))
		require.NoError(t, err)
		return n
	}
	require.Equal(t, booking.LongestText, tag(foodRequest{}, "Address", "maxLength"))
	require.Equal(t, booking.LongestText, tag(callRequest{}, "Location", "maxLength"))
	require.Equal(t, booking.LongestNote, tag(rejection{}, "Reason", "maxLength"))
	require.Equal(t, booking.LongestNote, tag(cancellation{}, "Reason", "maxLength"))
	require.Equal(t, booking.MaxQuantity, tag(foodRequest{}, "Quantity", "maximum"))
	require.Equal(t, booking.MaxQuantity, tag(drinkRequest{}, "Quantity", "maximum"))
	require.Equal(t, booking.MaxQuantity, tag(reservationRequest{}, "Rooms", "maximum"))
}
