package workflows

import "go.temporal.io/sdk/workflow"

// refundsKeeping: a refund that keeps a part is an activity of its own. An earlier build that
// receives it would refund everything.
func refundsKeeping(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "refund-keeping", workflow.DefaultVersion, 1) == 1
}

// notifiesOfUndo: the customer of a cancelled order is notified when the refund cannot be made
// yet, as for a refund by staff.
func notifiesOfUndo(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "undo-told", workflow.DefaultVersion, 1) == 1
}

// notifiesOfUndosEnd: a customer who was notified that the refund of a cancelled order cannot
// be made yet is also notified when it is made.
func notifiesOfUndosEnd(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "undo-made-told", workflow.DefaultVersion, 1) == 1
}

// followsFailures: a refund that fails at the provider after it was done is followed again. As
// of version 2 also if the order's saga ends before it receives the signal.
func followsFailures(ctx workflow.Context, since workflow.Version) bool {
	return workflow.GetVersion(ctx, "refund-failures", workflow.DefaultVersion, 2) >= since
}

// notifiesOfLoss: the owner of an order is notified of a lost dispute.
func notifiesOfLoss(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "dispute-lost-told", workflow.DefaultVersion, 1) == 1
}

// partsNeedAttention: a refund in part that keeps failing marks its order after a while.
// Otherwise it would be retried for ever, and no operator would see it.
func partsNeedAttention(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "patience-with-parts", workflow.DefaultVersion, 1) == 1
}

// marksByCause: a refund that is made removes only its own mark. Otherwise an order that needs
// attention for another cause would look healthy.
func marksByCause(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "marks-by-cause", workflow.DefaultVersion, 1) == 1
}

// recoversChanges: after a reset, a reservation finds out what was changed beyond the reset
// point. Otherwise its customer would have paid for other nights than it shows. As of version
// 2 the order is compensated if it was cancelled beyond that point. Otherwise it would continue with
// nothing held or paid.
func recoversChanges(ctx workflow.Context, since workflow.Version) bool {
	return workflow.GetVersion(ctx, "changes-after-reset", workflow.DefaultVersion, 2) >= since
}

// checksLedgerFirst: when a refund fails after it was done, the ledger is read before the order
// is marked. If the refund has been made again by then, nothing is marked, and no message is sent
// twice.
func checksLedgerFirst(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "failures-asked-first", workflow.DefaultVersion, 1) == 1
}

// messagesInTurn: a message that is sent beside the story waits for the earlier ones.
// Otherwise the message that a refund was made could arrive before the one that it had failed.
func messagesInTurn(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "messages-in-turn", workflow.DefaultVersion, 1) == 1
}

// notifiesRefundEnds: customer and staff are notified of a failed refund that will not be made
// any more, since its money has been refunded otherwise. As of version 2 only if that is news:
// a refund that is followed once more, after a repeated signal, would send a second message.
func notifiesRefundEnds(ctx workflow.Context, isNews bool) bool {
	version := workflow.GetVersion(ctx, "refund-ends-told", workflow.DefaultVersion, 2)
	return version == 1 || version == 2 && isNews
}

// notifiesLatePayments: a customer whose payment arrived after the order's end is notified of
// its refund. As of version 2 also if the refund was made during compensation, but not by the
// order's saga, which may not have ended.
func notifiesLatePayments(ctx workflow.Context, since workflow.Version) bool {
	return workflow.GetVersion(ctx, "late-payments-told", workflow.DefaultVersion, 2) >= since
}

// keptDecisionsFollow: a time limit waits for stored decisions also if another one was
// accepted before: the owner may have confirmed a reservation, and then a change of it.
func keptDecisionsFollow(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "kept-after-taken", workflow.DefaultVersion, 1) == 1
}

// judgedByStatusThen: a cancel that is applied again is judged by the order's status when it
// was decided. Otherwise the part that the policy keeps would be refunded after a reset.
func judgedByStatusThen(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "judged-as-it-stood", workflow.DefaultVersion, 1) == 1
}

// signalsAllRefunds: the workflow that makes the undo's own refund again, or that for an early
// departure, receives the signal of a notice, as the workflows of refunds by staff do.
func signalsAllRefunds(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "notices-to-all-refunds", workflow.DefaultVersion, 1) == 1
}

// completesMadeChanges: a change that was made by a late call of a run that is not remembered,
// while this run began to undo it, is completed. Otherwise the order would show something else
// than is held. For that the stock of a café's change is released first.
func completesMadeChanges(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "made-changes-completed", workflow.DefaultVersion, 1) == 1
}

// resolvesBeside: the order continues while the outcome of the charge for a failed change is
// unknown. Otherwise a provider that never answers would block it for ever.
func resolvesBeside(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "settles-beside", workflow.DefaultVersion, 1) == 1
}
