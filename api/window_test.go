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

// slowFeed is a feed of which each read waits to be let go, one after another.
type slowFeed struct {
	reads chan string // the cursor of each that has begun
	goOn  chan stretch
}

func newSlowFeed() *slowFeed { return &slowFeed{make(chan string), make(chan stretch)} }

func (f *slowFeed) read(_ context.Context, after string) (stretch, error) {
	f.reads <- after
	return <-f.goOn, nil
}

// lookAll starts so many looks, and tells what they found.
func lookAll(t *testing.T, w *window, n int, after string) func() []stretch {
	found := make([]stretch, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			var err error
			if found[i], err = w.look(t.Context(), after, false); err != nil {
				t.Error(err)
			}
		})
	}
	return func() []stretch { all.Wait(); return found }
}

// One reads for all who look from the same place, and for those who come there
// a little later.
func TestWindow_ReadsOnceForAll(t *testing.T) {
	t.Parallel()
	f := newSlowFeed()
	w := newWindow(f.read, zap.NewNop())
	news := stretch{text: []byte("1"), size: 1, next: "b"}
	readsAgain := func(n int, after string) {
		found := lookAll(t, w, n, after)
		require.Equal(t, after, <-f.reads)
		f.goOn <- news
		for _, s := range found() {
			require.Equal(t, news, s)
		}
	}
	readsAgain(20, "a")
	require.Equal(t, []stretch{news}, lookAll(t, w, 1, "a")())
	for n := range stretchesKept {
		readsAgain(1, strconv.Itoa(n))
	}
	readsAgain(1, "a")
}

// That nothing is new is true for those only who had asked before it was looked
// up: what has happened since may be why the others ask.
func TestWindow_NothingNew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newSlowFeed()
		w := newWindow(f.read, zap.NewNop())
		nothing, news := stretch{next: "a"}, stretch{text: []byte("1"), size: 1, next: "b"}

		w.turns <- struct{}{}
		early := lookAll(t, w, 20, "a")
		time.Sleep(time.Nanosecond) // until all have asked
		<-w.turns
		require.Equal(t, "a", <-f.reads)
		time.Sleep(time.Nanosecond)
		late := lookAll(t, w, 20, "a")
		time.Sleep(time.Nanosecond)
		f.goOn <- nothing
		require.Equal(t, slices.Repeat([]stretch{nothing}, 20), early())

		require.Equal(t, "a", <-f.reads)
		f.goOn <- news
		require.Equal(t, slices.Repeat([]stretch{news}, 20), late())
	})
}

func TestWindow_Log(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.WarnLevel)
	var failure error
	w := newWindow(func(context.Context, string) (stretch, error) { return stretch{}, failure }, zap.New(core))
	look := func(with error) {
		failure = with
		_, err := w.look(t.Context(), "a", false)
		require.ErrorIs(t, err, with)
	}
	look(nil)
	look(booking.Errorf(booking.InvalidCursor, "it is none"))
	require.Zero(t, logs.Len())
	look(errAway)
	look(errAway)
	require.Equal(t, 1, logs.Len(), "one line an outage")
	look(nil)
	look(errAway)
	require.Equal(t, 2, logs.Len())
	left, cancel := context.WithCancel(t.Context())
	cancel()
	failure = nil
	_, _ = w.look(left, "a", false)
	require.Equal(t, 2, logs.Len())
}

// A reader who is behind delays none who has caught up, and waits for the others who
// are behind.
func TestWindow_ReadersBehindTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newSlowFeed()
		w := newWindow(f.read, zap.NewNop())
		old := stretch{text: []byte("0"), size: 1, next: "a"}
		waiting, found := make(chan struct{}), make(chan stretch, 3)
		for range 3 {
			go func() {
				s, err := w.catchUp(t.Context(), func(context.Context) (stretch, error) { <-waiting; return old, nil })
				if err != nil {
					t.Error(err)
				}
				found <- s
			}()
		}
		synctest.Wait()
		require.Len(t, w.behind, 1, "the others wait")
		news := stretch{text: []byte("1"), size: 1, next: "b"}
		ahead := lookAll(t, w, 1, "a")
		require.Equal(t, "a", <-f.reads)
		f.goOn <- news
		require.Equal(t, []stretch{news}, ahead())
		require.Empty(t, found)
		close(waiting)
		for range 3 {
			require.Equal(t, old, <-found)
		}
	})
}
