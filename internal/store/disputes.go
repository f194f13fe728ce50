package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// NoteDisputes stores the open disputes of the order's payment in a column of their
// own, and returns the order's view. NotFound: the order has no row.
func (m *Mypage) NoteDisputes(ctx context.Context, orderID string, open []booking.Dispute) (contract.View, error) {
	var disputes *string
	if len(open) > 0 {
		open = slices.Clone(open)
		slices.SortFunc(open, func(a, b booking.Dispute) int { return strings.Compare(a.ID, b.ID) })
		text, err := json.Marshal(open)
		if err != nil {
			return contract.View{}, fmt.Errorf("write disputes as JSON: %w", err)
		}
		whole := string(text)
		disputes = &whole
	}
	err := m.db.run(ctx, "note disputes", func(ctx context.Context, q bun.IDB) error {
		_, err := q.NewRaw("UPDATE orders SET disputes = ? WHERE id = ? AND disputes IS DISTINCT FROM ?", disputes, orderID, disputes).Exec(ctx)
		return err
	})
	if err != nil {
		return contract.View{}, err
	}
	return m.View(ctx, orderID)
}
