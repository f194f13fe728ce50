package api

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// What requests for orders of several kinds have in common.

// lookUp finds what a request names by an id. It complains when there is no
// such thing, and gives up when that cannot be known.
func lookUp[T any](ctx context.Context, s *server, f *faults, field, id, thing string, find func(context.Context, string) (T, error)) (found T, ok bool) {
	if id == "" {
		return found, false
	}
	found, err := find(ctx, id)
	switch {
	case err == nil:
		return found, true
	case errors.Is(err, &booking.Error{Code: booking.NotFound}):
		f.add(field, "there is no such %s", thing)
	default:
		f.fail(s.toProblem(ctx, err))
	}
	return found, false
}

// known finds a thing by its id. An id that none can have is not looked for:
// it may hold what a database does not take.
func known[T any](ctx context.Context, thing, id string, find func(context.Context, string) (T, error)) (T, error) {
	if !booking.IsName(id) {
		var none T
		return none, booking.Errorf(booking.NotFound, "there is no %s %q", thing, id)
	}
	return find(ctx, id)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// shortened keeps a summary below the 400 bytes that Temporal takes.
func shortened(text string) string {
	const most = 150
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
