package workflows

import "go.temporal.io/sdk/workflow"

// refundsKeeping: a refund that keeps something has a name of its own. An earlier build
// that takes it from the queue would give everything back.
func refundsKeeping(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "refund-keeping", workflow.DefaultVersion, 1) == 1
}

// customersHearOfUndo: the customer of an order that is cancelled is told when what was
// paid cannot be given back, as of a refund by staff.
func customersHearOfUndo(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "undo-told", workflow.DefaultVersion, 1) == 1
}

// customersHearOfUndosEnd: the customer of an order that is cancelled, who was told that
// what was paid cannot be given back, is told when it was given back after all.
func customersHearOfUndosEnd(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "undo-made-told", workflow.DefaultVersion, 1) == 1
}

// followsFailures: a refund that fails at the provider after it was done is followed again. As
// of version 2 also if the order's saga ends before it is told.
func followsFailures(ctx workflow.Context, since workflow.Version) bool {
	return workflow.GetVersion(ctx, "refund-failures", workflow.DefaultVersion, 2) >= since
}

// ownersHearOfLoss: the owner of an order is told of a dispute that is lost.
func ownersHearOfLoss(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "dispute-lost-told", workflow.DefaultVersion, 1) == 1
}

// partsArePatient: a refund of a part that meets nothing but errors marks its order after
// a while. It would be tried for ever otherwise, and no operator would see it.
func partsArePatient(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "patience-with-parts", workflow.DefaultVersion, 1) == 1
}

// marksByCause: a refund that is made takes away no mark but its own. The order would look
// as if all were well while it waits for something else.
func marksByCause(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "marks-by-cause", workflow.DefaultVersion, 1) == 1
}

// remembersChanges: after a reset, a reservation finds out what was changed beyond that
// point. Its customer would have paid for other nights than it shows. As of version 2 it is
// undone if it was undone beyond that point: it would stand, with nothing held or paid for it.
func remembersChanges(ctx workflow.Context, since workflow.Version) bool {
	return workflow.GetVersion(ctx, "changes-after-reset", workflow.DefaultVersion, 2) >= since
}

// asksBeforeCalling: of a refund that has failed after it was done, the ledger is asked
// first. It may have been made again by then: nobody is called, and nothing told twice.
func asksBeforeCalling(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "failures-asked-first", workflow.DefaultVersion, 1) == 1
}

// messagesInTurn: a message that is sent beside the story waits for those before it. That a
// refund was made might reach its customer before that it had failed.
func messagesInTurn(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "messages-in-turn", workflow.DefaultVersion, 1) == 1
}

// refundEndsTold: customer and staff are told of a refund that has failed and is not made any
// more, since its money has been given back otherwise. As of version 2 only if that is news:
// a refund that is followed once more, since it was heard again, would be told of twice.
func refundEndsTold(ctx workflow.Context, isNews bool) bool {
	version := workflow.GetVersion(ctx, "refund-ends-told", workflow.DefaultVersion, 2)
	return version == 1 || version == 2 && isNews
}

// latePaymentsTold: a customer whose payment came after the order's end is told that it was
// given back. As of version 2 also if it was given back while the order was being undone, and
// not by the order's saga, which may not have ended.
func latePaymentsTold(ctx workflow.Context, since workflow.Version) bool {
	return workflow.GetVersion(ctx, "late-payments-told", workflow.DefaultVersion, 2) >= since
}

// keptDecisionsFollow: time waits for decisions that were made in time also where one was
// taken before, as of an owner who has confirmed a reservation, and then a change of it.
func keptDecisionsFollow(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "kept-after-taken", workflow.DefaultVersion, 1) == 1
}

// judgedAsItStood: a cancel that is applied again is judged by where the order stood when it
// was decided. What the policy keeps would be given back after a reset.
func judgedAsItStood(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "judged-as-it-stood", workflow.DefaultVersion, 1) == 1
}

// allRefundsHear: the workflow that makes the undo's own refund again, or that of an early
// departure, is told of notices as those of refunds by staff are.
func allRefundsHear(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "notices-to-all-refunds", workflow.DefaultVersion, 1) == 1
}

// settlesBeside: the order goes on while it is not known what a change that was not made has
// been charged. A provider that never says would keep it as it is for ever.
func settlesBeside(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "settles-beside", workflow.DefaultVersion, 1) == 1
}
