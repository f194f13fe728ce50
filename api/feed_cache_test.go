package api

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
)

// slowFeed is a feed whose reads wait, one by one, until the test releases them.
type slowFeed struct {
	reads   chan string // the cursor of each read that has begun
	answers chan batch
}

func newSlowFeed() *slowFeed { return &slowFeed{make(chan string), make(chan batch)} }

func (f *slowFeed) read(_ context.Context, after string) (batch, error) {
	f.reads <- after
	return <-f.answers, nil
}

// readAll starts n reads, and returns a function with their results.
func readAll(t *testing.T, w *feedCache, n int, after string) func() []batch {
	found := make([]batch, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			var err error
			if found[i], err = w.read(t.Context(), after, false); err != nil {
				t.Error(err)
			}
		})
	}
	return func() []batch { all.Wait(); return found }
}

// One read serves all readers at the same cursor, and those that come there a little
// later.
func TestFeedCache_ReadsOnceForAll(t *testing.T) {
	t.Parallel()
	f := newSlowFeed()
	w := newFeedCache(f.read, zap.NewNop())
	news := batch{text: []byte("1"), size: 1, next: "b"}
	readsAgain := func(n int, after string) {
		found := readAll(t, w, n, after)
		require.Equal(t, after, <-f.reads)
		f.answers <- news
		for _, s := range found() {
			require.Equal(t, news, s)
		}
	}
	readsAgain(20, "a")
	require.Equal(t, []batch{news}, readAll(t, w, 1, "a")())
	for n := range batchesKept {
		readsAgain(1, strconv.Itoa(n))
	}
	readsAgain(1, "a")
}

// "No new events" is the answer only for readers that came before the read began:
// events since then may be the reason why others come.
func TestFeedCache_NothingNew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newSlowFeed()
		w := newFeedCache(f.read, zap.NewNop())
		nothing, news := batch{next: "a"}, batch{text: []byte("1"), size: 1, next: "b"}

		w.turns <- struct{}{}
		early := readAll(t, w, 20, "a")
		time.Sleep(time.Nanosecond) // until all wait
		<-w.turns
		require.Equal(t, "a", <-f.reads)
		time.Sleep(time.Nanosecond)
		late := readAll(t, w, 20, "a")
		time.Sleep(time.Nanosecond)
		f.answers <- nothing
		require.Equal(t, slices.Repeat([]batch{nothing}, 20), early())

		require.Equal(t, "a", <-f.reads)
		f.answers <- news
		require.Equal(t, slices.Repeat([]batch{news}, 20), late())
	})
}

func TestFeedCache_Log(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.WarnLevel)
	var failure error
	w := newFeedCache(func(context.Context, string) (batch, error) { return batch{}, failure }, zap.New(core))
	read := func(with error) {
		failure = with
		_, err := w.read(t.Context(), "a", false)
		require.ErrorIs(t, err, with)
	}
	read(nil)
	read(booking.Errorf(booking.InvalidCursor, "it is none"))
	require.Zero(t, logs.Len())
	read(errAway)
	read(errAway)
	require.Equal(t, 1, logs.Len(), "one line an outage")
	read(nil)
	read(errAway)
	require.Equal(t, 2, logs.Len())
	left, cancel := context.WithCancel(t.Context())
	cancel()
	failure = nil
	_, _ = w.read(left, "a", false)
	require.Equal(t, 2, logs.Len())
}

// Readers that are behind do not delay readers that have caught up; they wait for each
// other.
func TestFeedCache_ReadersBehindAreServedInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newSlowFeed()
		w := newFeedCache(f.read, zap.NewNop())
		old := batch{text: []byte("0"), size: 1, next: "a"}
		waiting, found := make(chan struct{}), make(chan batch, 3)
		for range 3 {
			go func() {
				s, err := w.catchUp(t.Context(), func(context.Context) (batch, error) { <-waiting; return old, nil })
				if err != nil {
					t.Error(err)
				}
				found <- s
			}()
		}
		synctest.Wait()
		require.Len(t, w.behind, 1, "the others wait")
		news := batch{text: []byte("1"), size: 1, next: "b"}
		ahead := readAll(t, w, 1, "a")
		require.Equal(t, "a", <-f.reads)
		f.answers <- news
		require.Equal(t, []batch{news}, ahead())
		require.Empty(t, found)
		close(waiting)
		for range 3 {
			require.Equal(t, old, <-found)
		}
	})
}
