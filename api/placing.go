package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Keyed is embedded in the inputs of orders.
type Keyed struct {
	IdempotencyKey string `header:"Idempotency-Key" minLength:"1" maxLength:"255" pattern:"^[ -~]+$" patternDescription:"printable ASCII" doc:"Makes it safe to repeat the request: under one key, a customer gets one order" example:"7c1f0d6e-order-1"`
}

// requestHash is that of a request under a key; without one nobody will ask.
func (k Keyed) requestHash(request any) string {
	if k.IdempotencyKey == "" {
		return ""
	}
	return requestHash(request)
}

const idempotencyHeader = "Idempotency-Key"

// checkKey complains about a key that is there but empty, and about a second
// one: whoever sends them expects to be protected.
func (f *faults) checkKey(ctx huma.Context) {
	keys := 0
	ctx.EachHeader(func(name, value string) {
		if name != idempotencyHeader {
			return
		}
		if keys++; keys > 1 {
			f.add("header."+idempotencyHeader, string(isRepeated))
		}
		if value == "" {
			f.add("header."+idempotencyHeader, "is empty")
		}
	})
}

// glance bounds a look at the read model or the workflow that can be done
// without.
const glance = 500 * time.Millisecond

// orderIDFor is the id that the request's order gets or has, and whether the
// read model has it. A read model that is away is no obstacle: the engine
// knows the ids it has started.
func (s *server) orderIDFor(ctx context.Context, kind booking.Kind, customerID, key string) (id string, placed bool) {
	if key == "" || customerID == "" {
		return newOrderID(kind), false
	}
	id = keyedOrderID(kind, customerID, key)
	ctx, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	_, err := s.ReadModel.Order(ctx, id)
	return id, err == nil
}

// newOrder is an order on its way into the world, whatever its business.
type newOrder struct {
	view        contract.View // before its workflow has run
	requestHash string        // "" without an Idempotency-Key
	placed      bool          // it is in the read model already: the request is a repeated one

	workflow string
	input    any
	summary  string // one line for the web UI
}

// outcome is how far an order got in the time that a request has.
type outcome struct {
	view    contract.View
	decided bool // view is the one at the first decision
}

// placeOrder starts the order's saga and answers with its first decision, or
// with how far it got when the reply budget ends; the saga goes on.
func (s *server) placeOrder(ctx context.Context, l language, o newOrder) (*orderAnswer, error) {
	budget, cancel := context.WithTimeout(ctx, s.ReplyBudget)
	defer cancel()
	// Before the start: a decision that falls at once must not be missed.
	changes, unsubscribe := s.Hub.Subscribe(o.view.ID)
	defer unsubscribe()

	if o.placed {
		return s.repeat(ctx, budget, l, o, changes)
	}
	err := s.start(ctx, o)
	if _, started := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); started {
		return s.repeat(ctx, budget, l, o, changes)
	}
	// When only the answer to the start was lost, the order is heard of.
	if err != nil && len(changes) == 0 {
		return nil, temporalError{err}
	}
	return l.answerPlaced(s.awaitDecision(ctx, budget, o.view, changes))
}

// start starts the saga. It does not end with the request: a customer who
// leaves at this moment has either placed the order or not, and can ask.
func (s *server) start(ctx context.Context, o newOrder) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.ReplyBudget)
	defer cancel()
	options := client.StartWorkflowOptions{
		ID: o.view.ID, TaskQueue: contract.SagasQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		EnableEagerStart:                         s.Eager,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			contract.KindAttribute.ValueSet(string(o.view.Kind)),
			contract.CustomerAttribute.ValueSet(o.view.CustomerID),
			contract.OwnerAttribute.ValueSet(o.view.OwnerID),
			contract.ItemAttribute.ValueSet(o.view.Item.ID),
			contract.StatusAttribute.ValueSet(string(o.view.Status)),
			contract.NeedsAttentionAttribute.ValueSet(false),
		),
		StaticSummary: o.summary,
	}
	if o.requestHash != "" {
		options.Memo = map[string]any{contract.RequestHashMemo: o.requestHash}
	}
	_, err := s.Temporal.ExecuteWorkflow(ctx, options, o.workflow, o.input)
	return err
}

// repeat answers for an order that was placed before: with its decision as it
// fell, whatever became of the order since.
func (s *server) repeat(ctx, budget context.Context, l language, o newOrder, changes <-chan contract.Publication) (*orderAnswer, error) {
	row, rowErr := s.glanceAtRow(ctx, o.view.ID)
	hash := row.RequestHash
	if hash == "" {
		var err error
		if hash, err = s.rememberedHash(ctx, o.view.ID); err != nil {
			return nil, err
		}
	}
	if hash != o.requestHash {
		return nil, newProblem(idempotencyKeyReused, "this key was used for another request").
			at(idempotencyHeader, "was used for another request")
	}
	seen := o.view
	if rowErr == nil {
		if decision, fallen := s.decisionIn(ctx, row); fallen {
			return l.answerPlaced(outcome{decision, true})
		}
		seen = row.View
	}
	return l.answerPlaced(s.awaitDecision(ctx, budget, seen, changes))
}

// rememberedHash asks the engine for the hash of the request that started an
// order.
func (s *server) rememberedHash(ctx context.Context, id string) (string, error) {
	described, err := s.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return "", temporalError{err}
	}
	memo := described.GetWorkflowExecutionInfo().GetMemo().GetFields()[contract.RequestHashMemo]
	var hash string
	if memo != nil {
		err = converter.GetDefaultDataConverter().FromPayload(memo, &hash)
	}
	return hash, err
}

// awaitDecision waits for the order's first decision until the budget ends,
// and then looks once more: the decision may have fallen in another process.
func (s *server) awaitDecision(ctx, budget context.Context, seen contract.View, changes <-chan contract.Publication) outcome {
	for {
		select {
		case change := <-changes:
			if decision, fallen := s.decisionIn(ctx, change); fallen {
				return outcome{decision, true}
			}
			seen = change.View
		case <-budget.Done():
			return s.lastLook(ctx, seen)
		}
	}
}

// decisionIn is the order's view at its first decision, if it has fallen.
func (s *server) decisionIn(ctx context.Context, p contract.Publication) (contract.View, bool) {
	switch {
	case p.Decision != nil:
		return *p.Decision, true
	case !p.View.Status.Decided():
		return contract.View{}, false
	}
	// Once the read model holds the decision, publications leave it out.
	if row, err := s.glanceAtRow(ctx, p.View.ID); err == nil && row.Decision != nil {
		return *row.Decision, true
	}
	if decision, err := s.queryDecision(ctx, p.View.ID); err == nil && decision != nil {
		return *decision, true
	}
	return p.View, true
}

// lastLook finds out how far an order got that was not heard of in time.
// What cannot be reached is passed over: the order is on its way.
func (s *server) lastLook(ctx context.Context, seen contract.View) outcome {
	if row, err := s.glanceAtRow(ctx, seen.ID); err == nil {
		if decision, fallen := s.decisionIn(ctx, row); fallen {
			return outcome{decision, true}
		}
		seen = newer(seen, row.View)
	}
	decision, err := s.queryDecision(ctx, seen.ID)
	switch {
	case err != nil:
		s.Logger.Debug("undecided order does not answer", zap.String("order", seen.ID), zap.Error(err))
	case decision != nil:
		return outcome{*decision, true}
	default:
		if view, err := s.queryView(ctx, seen.ID, glance); err == nil {
			seen = newer(seen, view)
		}
	}
	return outcome{seen, false}
}

func newer(a, b contract.View) contract.View {
	if b.Version > a.Version {
		return b
	}
	return a
}

// answerPlaced says what came of placing an order.
func (l language) answerPlaced(o outcome) (*orderAnswer, error) {
	switch {
	case !o.decided:
		return l.answer(http.StatusAccepted, o.view).located(), nil
	case o.view.Status != booking.Cancelled:
		return l.answer(http.StatusCreated, o.view).located(), nil
	default:
		code := cmp.Or(codeOf(o.view.Reason), booking.AlreadyCancelled)
		return nil, newProblem(code, "%s", kindOf(code).meaning).about(l.show(o.view))
	}
}
