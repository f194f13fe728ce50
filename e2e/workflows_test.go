package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestRecordHistories runs an order along every branch, on a real engine. With -record it
// stores the histories, against which later versions of the workflows are replayed.
//
// Subtests start in the order of the files of their tests. Most of these are short: in the
// last file they fill the time until the long ones of other tests have ended.
func TestRecordHistories(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*testing.T){}
	for _, branches := range []map[string]branch{lodgingBranches, refundBranches, stayBranches, moveBranches, refillBranches, confirmingBranches, overloadBranches, foodBranches, cafeBranches, cleaningBranches} {
		for name, b := range branches {
			cases[name] = func(t *testing.T) { recordOrder(t, name, b) }
		}
	}
	for name, run := range otherHistories {
		cases[name] = func(t *testing.T) {
			s := boot(t)
			id, runID := run(s)
			s.keep(name, id, runID)
		}
	}
	for _, name := range longFirst(cases) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cases[name](t)
		})
	}
}

// longCases wait for about a minute each, for the clock or for the limit of a change.
var longCases = []string{
	"cafe_change_production_away", "lodging_change_inventory_away", "lodging_change_unsettled", "lodging_change_unsettled_for_long",
	"lodging_checked_out", "lodging_given_up", "lodging_payment_deferred_too_late", "notices_of_a_payment_while_undone",
	"repair_goes_on", "drink_deletion_second_pass",
}

// longFirst are the names of the cases, those of long ones first: none is alone at the end.
func longFirst(cases map[string]func(*testing.T)) []string {
	names := slices.Clone(longCases)
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		if !slices.Contains(longCases, name) {
			names = append(names, name)
		}
	}
	return names
}

// recordOrder runs an order along a branch.
func recordOrder(t *testing.T, name string, b branch) {
	t.Helper()
	s := boot(t, shortBudget, func(o *app.Options) {
		o.Config.Orders.AttentionAfter = time.Second
		if strings.Contains(name, "_pay") {
			firstFailureBreaker(o)
		}
	})
	order := b.run(s)
	v := s.ended(order)
	require.Equal(t, b.reason, v.Reason)
	if v.Status == booking.Cancelled {
		s.eventually(func() bool { // other orders may still run
			charged, refunded := s.atProvider()
			return charged-refunded-s.byHand(order) == s.owedByOthers(order)+keptOf(v) // nothing of the order is owed
		})
	}
	s.keep(name, order, "")
}

// otherHistories are the workflows that are no orders.
var otherHistories = map[string]func(*system) (id, runID string){
	"drink_deletion": deletion, "drink_deletion_goes_on": deletionGoesOn, "drink_deletion_second_pass": deletionSecondPass,
	"repair": repair, "repair_goes_on": repairGoesOn, "repair_without_assignment": repairWithoutAssignment,
	"refused_lodging": refusedStart(contract.LodgingWorkflow), "refused_food": refusedStart(contract.FoodWorkflow),
	"refused_cafe": refusedStart(contract.CafeWorkflow), "refused_cleaning": refusedStart(contract.CleaningWorkflow),
	"refund_after_end": refundAfterEnd, "refund_after_end_by_hand": refundAfterEndByHand, "refund_after_end_beside": refundAfterEndBeside,
	"refund_after_end_apart": refundAfterEndApart, "notices_of_a_lost_dispute": noticesOfALostDispute,
	"refused_refund":         refusedStart(contract.RefundWorkflow),
	"refused_drink_deletion": refusedStart(contract.DrinkDeletionWorkflow),
	"notices_of_a_dispute":   noticesOfADispute, "notices_go_on": noticesGoOn, "notices_without_a_payment": noticesWithoutAPayment,
	"refused_notices":      refusedStart(contract.NoticesWorkflow),
	"refund_again_of_undo": refundAgainOfUndo, "refund_again_of_part": refundAgainOfPart, "refused_refund_again": refusedStart(contract.RefundAgainWorkflow),
	"refund_after_end_otherwise": refundAfterEndOtherwise, "refund_again_of_late_payment": refundAgainOfLatePayment,
	"refund_again_otherwise": refundAgainOtherwise, "refund_again_of_late_payment_told": refundAgainOfLatePayment,
	"refund_again_told_before": refundAgainNotifiedBefore, "notices_of_a_failure_followed": noticesOfAFailure,
	"notices_of_a_confirmation": noticesOfAConfirmation, "notices_of_a_late_payment": noticesOfALatePayment,
	"notices_of_a_payment_while_undone": noticesOfAPaymentWhileUndone,
	"notices_of_a_failure":              noticesOfAFailure, "notices_of_a_failure_told": noticesOfAFailureSignalled,
}
