package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// order is the order as its saga knows it, and what of it has not been published yet.
type order struct {
	ctx         workflow.Context // never cancelled
	view        contract.View
	requestHash string
	policy      contract.Policy
	settled     bool // its workflow was lost, and this one only compensates

	runID        string            // the run id, as the history has it: see publishAfterReset
	stableStatus booking.Status    // the last stable status
	news         booking.EventType // the event of that status, "" if it has none
	// recoverDiscarded finds out what a reset has discarded; nil if there is nothing to find out.
	recoverDiscarded func(workflow.Context)
	remained         *int           // how much stock remained at the stable status, if the order changed that
	decision         *contract.View // the view at the first decision
	waits            []string       // what the order waits for, for the web UI
	attentionCause   string         // why it needs attention, for the web UI; "" if it never did
	// unresolved counts the refunds in part that need a person. While there are any, the
	// order needs attention, even after its end.
	unresolved int
	// otherCause: the order is also marked for a cause other than such a refund.
	otherCause bool
	// refundAfterEnd is what a refund after the order's end has come to; nil while the order's saga
	// runs.
	refundAfterEnd *contract.RefundAfterEnd

	events        []booking.Event       // not known to be in the feed yet
	paid          *booking.EventPayment // the payment as events have it; nil before the first event that has one
	knownDecision bool                  // the read model has the decision
	knownVersion  int64                 // the newest version in the read model
	inBackground  workflow.CancelFunc
}

func (o *order) answerQueries() {
	must(workflow.SetQueryHandlerWithOptions(o.ctx, contract.ViewQuery, func() (contract.View, error) {
		return o.view, nil
	}, workflow.QueryHandlerOptions{Description: "The order as its customer sees it"}))
	must(workflow.SetQueryHandlerWithOptions(o.ctx, contract.DecisionQuery, func() (*contract.View, error) {
		return o.decision, nil
	}, workflow.QueryHandlerOptions{Description: "The order at its first decision, null before it"}))
}

// become moves the order to a status that the table of transitions allows. d is the
// decision that led to it, zero without one.
func (o *order) become(status booking.Status, reason booking.Reason, d contract.Decision) {
	if !o.view.Kind.May(o.view.Status, status) {
		//replay:never a failed task is not recorded
		must(fmt.Errorf("a %s order cannot go from %s to %s", o.view.Kind, o.view.Status, status))
	}
	o.view.Status, o.view.Reason = status, reason
	o.view = o.view.Clone()
	o.view.History = append(o.view.History, contract.Entry{Status: status, At: o.now(), Reason: reason, Note: d.Note, By: d.By})
	if status.Final() {
		o.view.NeedsAttention, o.otherCause = o.unresolved > 0, false
		if !o.view.NeedsAttention {
			o.view.AttentionCause = nil
		}
		o.measureEnd()
	}
	o.waits = nil
	o.changed()
}

// now is the workflow's time, in the microseconds that databases store.
func (o *order) now() time.Time { return workflow.Now(o.ctx).UTC().Truncate(time.Microsecond) }

// changed gives the view its next version. The version follows the time so that it also
// grows through a reset, which discards the last versions; publishAfterReset then publishes a
// new one.
func (o *order) changed() {
	o.view.Version = max(o.view.Version+1, o.now().UnixMicro())
	o.describe()
}

// becomeStable moves the order to a stable status: operators can search for it, and calls that wait
// for the order are answered.
func (o *order) becomeStable(ctx workflow.Context, status booking.Status, event booking.EventType, d contract.Decision) error {
	if err := ctx.Err(); err != nil {
		return err //replay:never the order would have to be cancelled in the same task in which it becomes stable
	}
	o.become(status, "", d)
	o.news = event
	o.emitNews()
	o.markStable()
	return nil
}

// emitNews emits the event of the stable status. After a reset the order reaches that
// status once more, in another run: the event is then emitted again, under another key.
func (o *order) emitNews() { o.emitWith(o.news, o.remained, string(o.view.Status), o.runID) }

// end ends an order that is cancelled. by is the id of the person who decided so, ""
// without one.
func (o *order) end(reason booking.Reason, by string, event booking.EventType) {
	o.become(booking.Cancelled, reason, contract.Decision{By: by})
	if o.view.Placed {
		o.emit(event)
	}
	o.markStable()
}

// markStable publishes the order's stable status, for operators and for calls that wait for it.
func (o *order) markStable() {
	changes := []temporal.SearchAttributeUpdate{contract.StatusAttribute.ValueSet(string(o.view.Status))}
	if o.attentionCause != "" && o.view.Status.Final() && o.unresolved == 0 {
		changes = append(changes, contract.NeedsAttentionAttribute.ValueSet(false))
	}
	o.upsert(changes...)
	o.publish(o.ctx)
	o.stableStatus = o.view.Status
}

// emit adds an event to what the next publication carries.
func (o *order) emit(event booking.EventType) { o.emitWith(event, nil) }

// emitWith is emit with how much stock remained, nil if that is unknown or has not changed.
// which distinguishes events that an order can emit several times.
func (o *order) emitWith(event booking.EventType, remaining *int, which ...string) {
	data := o.view.EventData()
	data.Payment, data.Remaining = o.paid, remaining
	o.emitData(event, data, which...)
}

// emitData is emit for an event whose data has more than the view.
func (o *order) emitData(event booking.EventType, data booking.EventData, which ...string) {
	o.events = append(o.events, booking.Event{
		Key:  strings.Join(append([]string{o.view.ID, string(event)}, which...), "/"),
		Type: event, Subject: o.view.ID, At: o.now(), Data: data,
	})
}

// needAttention marks an order that does not continue as it should. The mark is removed at
// the order's end, or once the cause is gone. While it is set, a refund or the release of
// stock may be outstanding.
func (o *order) needAttention(ctx workflow.Context, cause string) {
	o.otherCause = true
	o.mark(ctx, cause)
}

// mark is needAttention without setting otherCause, for refunds: unresolved counts what they
// have marked.
func (o *order) mark(ctx workflow.Context, cause string) {
	workflow.GetLogger(o.ctx).Error("order needs attention", "cause", cause)
	o.attentionCause = cause
	if o.view.NeedsAttention {
		return
	}
	o.metrics(nil).Counter(markedCounter).Inc(1)
	o.view.NeedsAttention, o.view.AttentionCause = true, &contract.AttentionCause{Text: cause, Since: o.now()}
	o.changed()
	o.upsert(contract.NeedsAttentionAttribute.ValueSet(true))
	o.publish(ctx)
}

// clearAttention removes the mark once its cause is gone. Any other cause keeps it.
func (o *order) clearAttention() {
	if !o.view.NeedsAttention || o.unresolved > 0 || o.otherCause && marksByCause(o.ctx) {
		return
	}
	o.attentionCause, o.view.NeedsAttention, o.view.AttentionCause = "", false, nil
	o.changed()
	o.upsert(contract.NeedsAttentionAttribute.ValueSet(false))
}

func (o *order) upsert(updates ...temporal.SearchAttributeUpdate) {
	must(workflow.UpsertTypedSearchAttributes(o.ctx, updates...))
}

// publish publishes the order as it is now. It tries in place first, which also wakes the
// requests that wait in this process. If that fails the order continues, and a coroutine
// publishes in the background until the read model has it. ctx must be disconnected and
// belong to the calling coroutine.
func (o *order) publish(ctx workflow.Context) {
	p := o.publication()
	if o.policy.InPlace && inPlace(ctx, publishing(p), nil) == nil {
		o.acknowledge(p)
		return
	}
	if o.inBackground == nil {
		o.inBackground = func() {}
		workflow.Go(o.ctx, o.publishUntilKnown)
	}
}

// showPending publishes what the read model does not have yet, before something that takes
// time.
func (o *order) showPending(ctx workflow.Context) {
	if o.knownVersion < o.view.Version {
		o.publish(ctx)
	}
}

func (o *order) publishUntilKnown(ctx workflow.Context) {
	defer func() { o.inBackground = nil }()
	for !o.published() {
		attempt, cancel := workflow.WithCancel(ctx)
		o.inBackground = cancel
		p := o.publication()
		if durably(attempt, publishing(p)).Get(attempt, nil) == nil {
			o.acknowledge(p)
			continue
		}
		// A newer publication was made in place and has cancelled this one, or an operator
		// has failed it.
		_ = workflow.Sleep(attempt, pause)
	}
}

// acknowledge notes what the read model has now.
func (o *order) acknowledge(p contract.Publication) {
	o.knownVersion = max(o.knownVersion, p.View.Version)
	o.knownDecision = o.knownDecision || p.Decision != nil
	o.events = slices.DeleteFunc(slices.Clone(o.events), func(e booking.Event) bool {
		return slices.ContainsFunc(p.Events, func(published booking.Event) bool { return published.Key == e.Key })
	})
	if o.published() && o.inBackground != nil {
		o.inBackground()
	}
}

// published reports whether the read model and the feed have everything.
func (o *order) published() bool {
	return o.knownVersion >= o.view.Version && len(o.events) == 0
}

// publication is what is published next. The first one after the order's first decision
// carries the view at that decision, which answers repeats of the request. A settled order
// was decided before its workflow was lost.
func (o *order) publication() contract.Publication {
	if o.decision == nil && o.view.Decided() && !o.settled {
		decided := o.view
		o.decision = &decided
		o.measureDecision()
	}
	p := contract.Publication{View: o.view, Events: o.events, RequestHash: o.requestHash}
	if !o.knownDecision {
		p.Decision = o.decision
	}
	if o.refundAfterEnd != nil {
		later := *o.refundAfterEnd
		later.Added = slices.Clone(later.Added)
		p.RefundAfterEnd = &later
	}
	return p
}

func (o *order) describe() {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**: %d × %s for %s", o.view.Status, o.view.Quantity, o.view.Item.Name, o.view.CustomerID)
	if o.view.Reason != "" {
		fmt.Fprintf(&b, "\n\nreason: %s", o.view.Reason)
	}
	if o.view.NeedsAttention {
		fmt.Fprintf(&b, "\n\n**needs attention**: %s", o.attentionCause)
	}
	if len(o.waits) > 0 {
		fmt.Fprintf(&b, "\n\nwaits for %s", strings.Join(o.waits, " and "))
	}
	workflow.SetCurrentDetails(o.ctx, b.String())
}

// waitFor shows in the web UI what the order waits for, until its status changes or the
// returned function is called.
func (o *order) waitFor(what string) (stop func()) {
	o.waits = append(slices.Clone(o.waits), what)
	o.describe()
	return func() {
		o.waits = slices.DeleteFunc(slices.Clone(o.waits), func(w string) bool { return w == what })
		o.describe()
	}
}
