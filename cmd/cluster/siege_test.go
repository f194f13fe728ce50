package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSiege_ReadsWhatSiegeSays: answers with their durations, and requests without one.
func TestSiege_ReadsWhatSiegeSays(t *testing.T) {
	t.Parallel()
	f, err := readTransactions(strings.NewReader(`HTTP/1.1 201     0.53 secs:     357 bytes ==> POST http://127.0.0.1:8080/v1/food/orders
HTTP/1.1 202     2.01 secs:     312 bytes ==> POST http://127.0.0.1:8080/v1/food/orders

HTTP/1.1 503     0.00 secs:     198 bytes ==> POST http://127.0.0.1:8080/v1/food/orders
HTTP/1.1 201     0.60 secs:     357 bytes ==> POST http://127.0.0.1:8080/v1/food/orders
`))
	require.NoError(t, err)
	require.Equal(t, []transaction{{201, 530 * time.Millisecond}, {202, 2010 * time.Millisecond}, {503, 0}, {201, 600 * time.Millisecond}}, f.all)

	f.unanswered, err = unanswered("Availability:\t\t  60.00 %\nFailed transactions:\t           2\n", f)
	require.NoError(t, err)
	require.Equal(t, 1, f.unanswered)
	sum := f.tally()
	require.Equal(t, 5, sum.Requests)
	require.Equal(t, 2, sum.Failed)
	require.Equal(t, "60.00 %", sum.Availability())
	require.Equal(t, "2 × 201, 1 × 202, 1 × 503, 1 unanswered", f.statuses())
	require.Equal(t, 600*time.Millisecond, sum.P50)
	require.Equal(t, 2010*time.Millisecond, sum.Slowest)

	_, err = unanswered("siege: command not found", f)
	require.Error(t, err)
}
