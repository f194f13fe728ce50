package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// orderByID asks for one order.
type orderByID struct {
	Strict
	Labelled
	ID string `path:"id" doc:"The order's id"`
}

func (s *server) getOrder(ctx context.Context, kind booking.Kind, in *orderByID) (*orderAnswer, error) {
	view, err := s.read(ctx, kind, in.ID)
	if err != nil {
		return nil, err
	}
	return in.language().answer(http.StatusOK, view), nil
}

// read finds an order in the read model. Where that is behind or away the
// order is asked itself, so that an address which was given out is always
// answered.
func (s *server) read(ctx context.Context, kind booking.Kind, id string) (contract.View, error) {
	if !booking.IsOrderID(kind, id) {
		return contract.View{}, noSuchOrder(id)
	}
	isAbout(ctx, id)
	view, rowErr := s.viewInRow(ctx, id)
	if rowErr == nil {
		return view, nil
	}
	unknown := errors.Is(rowErr, &booking.Error{Code: notFound})
	if !unknown {
		s.log(ctx).Warn("read model cannot be read", zap.Error(rowErr))
	}
	view, err := s.askOrder(ctx, id)
	switch {
	case err == nil:
		return view, nil
	case !noWorkflow(err):
		return contract.View{}, temporalError{err}
	case unknown:
		return contract.View{}, noSuchOrder(id)
	default:
		return contract.View{}, rowErr // it may be an old order, which only the read model remembers
	}
}

// readFresh asks the order itself, and brings the read model up to date with
// what it says. An order that is forgotten by the engine cannot change any
// more: the read model has the last word. But one that merely does not answer
// is not passed off as fresh.
func (s *server) readFresh(ctx context.Context, id string) (contract.View, error) {
	if !booking.IsOrderID("", id) {
		return contract.View{}, noSuchOrder(id)
	}
	isAbout(ctx, id)
	view, err := s.queryView(ctx, id, s.ReplyBudget)
	if noWorkflow(err) {
		return s.read(ctx, "", id)
	}
	if err != nil {
		s.log(ctx).Warn("order does not answer", zap.Error(err))
		return contract.View{}, newProblem(orderUnreachable, "the order does not answer at the moment; what is known of it is there without fresh=true")
	}
	if err := s.ReadModel.Publish(ctx, contract.Publication{View: view}); err != nil {
		s.log(ctx).Warn("fresh view not published", zap.Error(err))
	}
	return view, nil
}

func noSuchOrder(id string) *problem { return newProblem(notFound, "there is no order %q", id) }

// viewInRow leaves time to ask the order itself when the read model hangs.
func (s *server) viewInRow(ctx context.Context, id string) (contract.View, error) {
	ctx, cancel := context.WithTimeout(ctx, s.ReplyBudget)
	defer cancel()
	return s.ReadModel.View(ctx, id)
}

func (s *server) glanceAtRow(ctx context.Context, id string) (contract.Publication, error) {
	ctx, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	return s.ReadModel.Order(ctx, id)
}

// askOrder asks the workflow for its view, and when no worker answers, looks
// up what it was started with.
func (s *server) askOrder(ctx context.Context, id string) (contract.View, error) {
	view, err := s.queryView(ctx, id, glance)
	if err == nil || noWorkflow(err) {
		return view, err
	}
	s.log(ctx).Debug("order does not answer", zap.Error(err))
	return s.viewAtStart(ctx, id)
}

func (s *server) queryView(ctx context.Context, id string, patience time.Duration) (view contract.View, err error) {
	err = s.query(ctx, id, contract.ViewQuery, patience, &view)
	return view, err
}

// queryDecision answers the order's view at its first decision, nil before it.
func (s *server) queryDecision(ctx context.Context, id string) (decision *contract.View, err error) {
	err = s.query(ctx, id, contract.DecisionQuery, glance, &decision)
	return decision, err
}

// query asks the order's workflow. Requests that ask the same share a query: the
// engine buffers one query of a busy workflow, and refuses the next.
func (s *server) query(ctx context.Context, id, query string, patience time.Duration, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	value, err := s.queries.do(ctx, id+"/"+query, func() (converter.EncodedValue, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.ReplyBudget)
		defer cancel()
		return s.Temporal.QueryWorkflow(ctx, id, "", query)
	})
	if err != nil {
		return err
	}
	return value.Get(answer)
}

// viewAtStart is the order as it was when it was placed, out of the first
// event of its history.
func (s *server) viewAtStart(ctx context.Context, id string) (contract.View, error) {
	ctx, cancel := context.WithTimeout(ctx, s.ReplyBudget)
	defer cancel()
	history := s.Temporal.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if !history.HasNext() {
		return contract.View{}, fmt.Errorf("order %s has no history", id)
	}
	event, err := history.Next()
	if err != nil {
		return contract.View{}, err
	}
	started := event.GetWorkflowExecutionStartedEventAttributes()
	switch workflow := started.GetWorkflowType().GetName(); workflow {
	case contract.LodgingWorkflow:
		return viewOf[contract.Lodging](started.GetInput())
	case contract.FoodWorkflow:
		return viewOf[contract.Food](started.GetInput())
	case contract.CafeWorkflow:
		return viewOf[contract.Cafe](started.GetInput())
	case contract.CleaningWorkflow:
		return viewOf[contract.Cleaning](started.GetInput())
	default:
		return contract.View{}, fmt.Errorf("order %s runs the unknown workflow %q", id, workflow)
	}
}

func viewOf[I sagaInput](payloads *commonpb.Payloads) (contract.View, error) {
	var input I
	err := converter.GetDefaultDataConverter().FromPayloads(payloads, &input)
	return input.View(), err
}
