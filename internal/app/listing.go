package app

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// each calls do with the items of a list, which read returns in pages of a size. It ends with
// the first error of either.
func each[T any](
	ctx context.Context, size int, read func(context.Context, booking.Page) (items []T, next string, err error), do func(T) error,
) error {
	for page := (booking.Page{Limit: size}); ; {
		items, next, err := read(ctx, page)
		if err != nil {
			return err
		}
		for _, item := range items {
			if err := do(item); err != nil {
				return err
			}
		}
		if page.Cursor = next; next == "" {
			return nil
		}
	}
}
