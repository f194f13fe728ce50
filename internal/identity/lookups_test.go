package identity_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

// slowKeys are keys of which the search for one that does not exist takes as long as
// the test wants.
type slowKeys struct {
	*memory
	began, pass chan struct{}
}

func (s *slowKeys) Key(ctx context.Context, id string) (identity.Key, error) {
	k, err := s.memory.Key(ctx, id)
	if err != nil {
		s.began <- struct{}{}
		<-s.pass
	}
	return k, err
}

// stranger is the text of a key that does not exist.
func stranger() string {
	_, text := identity.NewKey("stranger", nil, "", time.Now(), time.Hour)
	return text
}

// TestCaller_UnknownKeysCostLittle: a key that does not exist is searched for once in a
// while, and few such searches run at the same time. Known keys do not wait for them.
func TestCaller_UnknownKeysCostLittle(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	now := time.Now()
	keys := &slowKeys{memory: d.memory, began: make(chan struct{}, 100), pass: make(chan struct{})}
	callers := identity.New(identity.Options{Tokens: d.Verifier, People: d.memory, Keys: keys, Now: func() time.Time { return now }})
	known, knownText := identity.NewKey("till", nil, "", now, time.Hour)
	require.NoError(t, keys.AddKey(t.Context(), known))
	_, err := callers.Caller(t.Context(), knownText)
	require.NoError(t, err)
	now = now.Add(time.Minute) // the known key has to be read again

	refusals := make(chan error, 2)
	for range cap(refusals) {
		unknown := stranger()
		go func() {
			_, err := callers.Caller(context.Background(), unknown)
			refusals <- err
		}()
		<-keys.began
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = callers.Caller(cancelled, stranger())
	require.ErrorIs(t, err, &booking.Error{Code: booking.Unavailable}, "it would be the third at a time")
	_, err = callers.Caller(t.Context(), knownText)
	require.NoError(t, err)
	close(keys.pass)
	for range cap(refusals) {
		require.ErrorIs(t, <-refusals, &booking.Error{Code: booking.Unauthenticated})
	}
	require.Empty(t, keys.began, "no other was searched for")

	again := stranger()
	for range 50 {
		_, err = callers.Caller(t.Context(), again)
		require.ErrorIs(t, err, &booking.Error{Code: booking.Unauthenticated})
	}
	require.Len(t, keys.began, 1)
	now = now.Add(time.Minute)
	_, err = callers.Caller(t.Context(), again)
	require.ErrorIs(t, err, &booking.Error{Code: booking.Unauthenticated})
	require.Len(t, keys.began, 2, "it may exist by now")
}
