package workflows_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// promises is what publications must not say, and those that did. It is locked
// for a whole check: one that has begun ends before the test does, and none
// begins after that. A publication that was overtaken may come in as late.
type promises struct {
	mu     sync.Mutex
	closed bool
	broken []string // an activity must not end the test
}

// check looks at a publication that takes effect. What a saga that is alive
// shows as cancelled stays undone, whenever that is looked at.
func (k *promises) check(p contract.Publication, read func() books) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p.View.Status != booking.Cancelled || k.closed {
		return
	}
	is := read()
	is.money = max(0, is.money-kept(p.View)) // staff may have given some of that back
	if is != (books{}) {
		k.broken = append(k.broken, fmt.Sprintf("shown as cancelled while there is %+v", is))
	}
}

// close ends the checks and answers which promises were broken.
func (k *promises) close() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	return k.broken
}

// TestPromises_NoCheckOutlivesItsTest: a check that has begun holds the end of
// its test up, and none reads the books after that.
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
