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

// order is the order as its saga knows it, and what of that the read model
// has not been told yet.
type order struct {
	ctx         workflow.Context // never cancelled
	view        contract.View
	requestHash string
	policy      contract.Policy
	settled     bool // its workflow was lost, and this one only undoes it

	run    string            // of the workflow, as its history has it: see followResets
	rested booking.Status    // where the order last came to rest
	news   booking.EventType // that told of it, "" when none did
	// forgotten finds out what a reset made the workflow forget, nil where that is nothing.
	forgotten func(workflow.Context)
	remained  *int           // what remained when the order came to rest, if that has changed it
	decision  *contract.View // the view at the first decision
	waits     []string       // what the order waits for, in words, for the web UI
	trouble   string         // why it needs attention, ditto; "" when it never did
	// unresolved is how many refunds by staff wait for a person. The order needs attention
	// for so long, also after its end.
	unresolved int
	// otherwise: something other than such a refund has marked the order, too.
	otherwise bool
	// later is what a refund after the order's end has come to, nil while the order lives.
	later *contract.Later

	events        []booking.Event       // that the feed may not hold yet
	paid          *booking.EventPayment // what the feed has been told of the payment, nil while that is nothing
	knownDecision bool                  // the read model holds the decision
	knownVersion  int64                 // the newest version that the read model holds
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

// become moves the order along the table of transitions, with what was said by the
// one who decided so; the zero Decision if nobody did.
func (o *order) become(status booking.Status, reason booking.Reason, d contract.Decision) {
	if !o.view.Kind.May(o.view.Status, status) {
		//replay:never a task that fails is not recorded
		must(fmt.Errorf("a %s order cannot go from %s to %s", o.view.Kind, o.view.Status, status))
	}
	o.view.Status, o.view.Reason = status, reason
	o.view = o.view.Clone()
	o.view.History = append(o.view.History, contract.Entry{Status: status, At: o.now(), Reason: reason, Note: d.Note, By: d.By})
	if status.Final() {
		o.view.NeedsAttention, o.otherwise = o.unresolved > 0, false
		if !o.view.NeedsAttention {
			o.view.Trouble = nil
		}
		o.measureEnd()
	}
	o.waits = nil
	o.changed()
}

// now is the workflow's time, in the microseconds that databases keep.
func (o *order) now() time.Time { return workflow.Now(o.ctx).UTC().Truncate(time.Microsecond) }

// changed gives the view its next version. Time lets versions grow through a
// reset, which forgets the last ones; followResets sees to it that there is a
// next one.
func (o *order) changed() {
	o.view.Version = max(o.view.Version+1, o.now().UnixMicro())
	o.describe()
}

// rest is where the order stays for a while: operators can search by it, and
// whoever waits for the order learns of it.
func (o *order) rest(ctx workflow.Context, status booking.Status, event booking.EventType, d contract.Decision) error {
	if err := ctx.Err(); err != nil {
		return err //replay:never the order would have to be abandoned in the very task in which it comes to rest
	}
	o.become(status, "", d)
	o.news = event
	o.emitNews()
	o.settle()
	return nil
}

// emitNews tells where the order came to rest. A reset brings it there once
// more, in another run, and that is news.
func (o *order) emitNews() { o.emitWith(o.news, o.remained, string(o.view.Status), o.run) }

// end is the end of an order that does not stand, by the decision of a person or "".
func (o *order) end(reason booking.Reason, by string, event booking.EventType) {
	o.become(booking.Cancelled, reason, contract.Decision{By: by})
	if o.view.Placed {
		o.emit(event)
	}
	o.settle()
}

// settle lets operators and whoever waits for the order know where it stands.
func (o *order) settle() {
	changes := []temporal.SearchAttributeUpdate{contract.StatusAttribute.ValueSet(string(o.view.Status))}
	if o.trouble != "" && o.view.Status.Final() && o.unresolved == 0 {
		changes = append(changes, contract.NeedsAttentionAttribute.ValueSet(false))
	}
	o.upsert(changes...)
	o.publish(o.ctx)
	o.rested = o.view.Status
}

// emit adds an event to what the next publication carries.
func (o *order) emit(event booking.EventType) { o.emitWith(event, nil) }

// emitWith is emit for an event of a change of stock, with how many were left
// then; nil when that is not known, or nothing was changed. An event that can
// happen more than once to an order is told apart by which.
func (o *order) emitWith(event booking.EventType, remaining *int, which ...string) {
	data := o.view.EventData()
	data.Payment, data.Remaining = o.paid, remaining
	o.tellFact(event, data, which...)
}

// tellFact is emit for an event of which more is known than the view tells.
func (o *order) tellFact(event booking.EventType, data booking.EventData, which ...string) {
	o.events = append(o.events, booking.Event{
		Key:  strings.Join(append([]string{o.view.ID, string(event)}, which...), "/"),
		Type: event, Subject: o.view.ID, At: o.now(), Data: data,
	})
}

// needAttention marks an order that does not go on as it should; its end takes
// the mark away, or what it waits for. Money or stock may be owed while it
// stands.
func (o *order) needAttention(ctx workflow.Context, trouble string) {
	o.otherwise = true
	o.mark(ctx, trouble)
}

// mark is needAttention for a refund, which counts what it has marked: see unresolved.
func (o *order) mark(ctx workflow.Context, trouble string) {
	workflow.GetLogger(o.ctx).Error("order needs attention", "trouble", trouble)
	o.trouble = trouble
	if o.view.NeedsAttention {
		return
	}
	o.metrics(nil).Counter(markedCounter).Inc(1)
	o.view.NeedsAttention, o.view.Trouble = true, &contract.Trouble{Says: trouble, Since: o.now()}
	o.changed()
	o.upsert(contract.NeedsAttentionAttribute.ValueSet(true))
	o.publish(ctx)
}

// attended takes the mark away again: what the order waited for has come. Whatever else
// has marked the order keeps the mark.
func (o *order) attended() {
	if !o.view.NeedsAttention || o.unresolved > 0 || o.otherwise && marksByCause(o.ctx) {
		return
	}
	o.trouble, o.view.NeedsAttention, o.view.Trouble = "", false, nil
	o.changed()
	o.upsert(contract.NeedsAttentionAttribute.ValueSet(false))
}

func (o *order) upsert(updates ...temporal.SearchAttributeUpdate) {
	must(workflow.UpsertTypedSearchAttributes(o.ctx, updates...))
}

// publish shows the order as it is now. It is tried in place, which also
// wakes those who wait in this process; if that fails the order goes on, and
// a coroutine beside it publishes until the read model knows. The context is
// one of the calling coroutine that is never cancelled.
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

// showPending publishes what the read model does not know yet, before
// something that takes time.
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
		// A newer publication has overtaken it in place, or an operator has failed it.
		_ = workflow.Sleep(attempt, pause)
	}
}

// acknowledge notes what the read model holds from now on.
func (o *order) acknowledge(p contract.Publication) {
	o.knownVersion = max(o.knownVersion, p.View.Version)
	o.knownDecision = o.knownDecision || p.Decision != nil
	o.events = slices.DeleteFunc(slices.Clone(o.events), func(e booking.Event) bool {
		return slices.ContainsFunc(p.Events, func(told booking.Event) bool { return told.Key == e.Key })
	})
	if o.published() && o.inBackground != nil {
		o.inBackground()
	}
}

// published tells whether the read model knows all there is to know.
func (o *order) published() bool {
	return o.knownVersion >= o.view.Version && len(o.events) == 0
}

// publication is what the read model is to be told. The first one of an order
// that has been decided on carries the decision: what its customer is answered.
// One that is settled was decided on in its lost life.
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
	if o.later != nil {
		later := *o.later
		later.Added = slices.Clone(later.Added)
		p.Later = &later
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
		fmt.Fprintf(&b, "\n\n**needs attention**: %s", o.trouble)
	}
	if len(o.waits) > 0 {
		fmt.Fprintf(&b, "\n\nwaits for %s", strings.Join(o.waits, " and "))
	}
	workflow.SetCurrentDetails(o.ctx, b.String())
}

// waitFor says in the web UI what the order waits for, until its status changes
// or the function that is returned is called.
func (o *order) waitFor(what string) (over func()) {
	o.waits = append(slices.Clone(o.waits), what)
	o.describe()
	return func() {
		o.waits = slices.DeleteFunc(slices.Clone(o.waits), func(w string) bool { return w == what })
		o.describe()
	}
}
