package api

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWaitingCalls_Measured(t *testing.T) {
	t.Parallel()
	b, _ := busy(t)
	b.store.waiting = 7
	require.Equal(t, 7, b.metric("yeyak_cleaning_calls_waiting"))
	b.store.fail(errors.New("the database is away"))
	require.Contains(t, b.do("GET", "/metrics", "").text, "\nyeyak_cleaning_calls_waiting NaN\n")
}
