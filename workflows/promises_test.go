package workflows_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// promises checks publications, and has those that broke a promise. It is locked during a
// check: a check that has begun ends before the test does, and none begins after that. A
// publication that was replaced by a newer one may arrive that late.
type promises struct {
	mu     sync.Mutex
	closed bool
	broken []string // an activity must not end the test
}

// check checks a publication that takes effect: an order that a running saga shows as
// cancelled is undone, and stays so.
func (k *promises) check(p contract.Publication, read func() books) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p.View.Status != booking.Cancelled || k.closed {
		return
	}
	is := read()
	is.money = max(0, is.money-kept(p.View)) // staff may have refunded some of that
	if is != (books{}) {
		k.broken = append(k.broken, fmt.Sprintf("shown as cancelled while there is %+v", is))
	}
}

// close ends the checks and returns the broken promises.
func (k *promises) close() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	return k.broken
}

// TestPromises_NoCheckOutlivesItsTest: the end of a test waits for a check that has begun,
// and no check reads the books after that.
func TestPromises_NoCheckOutlivesItsTest(t *testing.T) {
	t.Parallel()
	var kept promises
	reads := 0
	cancelled := contract.Publication{View: contract.View{Status: booking.Cancelled}}
	read := func() books {
		reads++
		require.False(t, kept.mu.TryLock(), "the end waits for it")
		return books{held: 2}
	}
	kept.check(cancelled, read)
	require.Len(t, kept.close(), 1)
	kept.check(cancelled, read)
	require.Equal(t, 1, reads)
	require.Len(t, kept.close(), 1)
}
