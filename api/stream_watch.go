package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

// watch ends the stream once its caller may no longer read it: the token has expired,
// the API key was revoked, or a membership has ended. It checks with each heartbeat.
func (st *stream) watch(ctx context.Context, presents http.Header, end context.CancelCauseFunc) {
	if st.Callers == nil {
		return
	}
	again := time.NewTicker(st.Heartbeat)
	defer again.Stop()
	certain := st.Now()
	for {
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
		now := st.Now()
		switch err := st.mayFollow(ctx, presents, st.of); {
		case err == nil:
			certain = now
		case refuses(err) || now.Sub(certain) >= identity.StaleFor:
			end(err)
			return
		}
	}
}

// mayFollow identifies the caller of the header again, and refuses what the caller may
// not follow.
func (s *server) mayFollow(ctx context.Context, presents http.Header, of followed) error {
	// A client that hangs up does not cancel the database query.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), identifiedWithin)
	defer cancel()
	credential, _ := presented(presents.Values("Authorization"))
	caller, err := s.Callers.Caller(ctx, credential)
	if err != nil {
		return err
	}
	if caller, err = s.withMemberships(ctx, caller, booking.FollowOrders); err != nil {
		return err
	}
	return of.may(WithCaller(ctx, caller))
}

// refuses reports whether an error is a refusal of the caller. Any other error does not
// say what the caller may do.
func refuses(err error) bool {
	for _, code := range []booking.Code{booking.Unauthenticated, booking.NotAllowed, booking.NotFound} {
		if errors.Is(err, &booking.Error{Code: code}) {
			return true
		}
	}
	return false
}
