package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// checkRemedy is the command that checks a payment at the provider.
func checkRemedy(orderID string) string { return "yeyak payments look " + orderID }

// disputes finds open disputes that no workflow follows: if the notice of their end
// were lost, it would not be noticed.
func (l *pass) disputes(ctx context.Context) error {
	for _, f := range l.orders {
		if len(f.openDisputes()) == 0 {
			continue
		}
		follows, err := l.Workflows.Describe(ctx, contract.NoticesWorkflowID(f.id))
		if err = ignoreNotFound(err); err != nil {
			return err
		}
		f.unnoticed = !follows.Running()
	}
	return nil
}

func (f *facts) openDisputes() []booking.Dispute {
	if f.payment == nil {
		return nil
	}
	return f.payment.OpenDisputes()
}

// disputes compares the ledger's disputes with the row, which is marked while one is
// open.
func (f *facts) disputes() (found []Finding) {
	open := f.openDisputes()
	if f.unnoticed {
		found = f.finds(Money, checkRemedy(f.id), "%s, and nothing follows it", disputesInWords(open))
	}
	switch marked := f.row != nil && f.row.disputed; {
	case f.row == nil: // another finding covers that
	case len(open) > 0 && !marked:
		found = append(found, f.finds(Mypage, checkRemedy(f.id), "%s, and its row is not marked", disputesInWords(open))...)
	case len(open) == 0 && marked:
		found = append(found, f.finds(Mypage, checkRemedy(f.id), "its row is marked as disputed; the ledger knows of no open dispute")...)
	}
	return found
}

func disputesInWords(open []booking.Dispute) string {
	words := make([]string, len(open))
	for i, d := range open {
		words[i] = fmt.Sprintf("dispute %s over %s is open", d.ID, inWords(d.Amount))
		if !d.EvidenceDueBy.IsZero() {
			words[i] += " until " + d.EvidenceDueBy.UTC().Format(time.RFC3339)
		}
	}
	return strings.Join(words, " and ")
}
