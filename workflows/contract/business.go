package contract

import (
	"encoding/json"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/booking"
)

// Input is what the saga of an order starts with: a Lodging, a Food, a Cafe or
// a Cleaning.
type Input interface {
	// View is the order before its workflow has run.
	View() View
	// Check returns Invalid if the saga does not accept the input.
	Check() error
}

// Business is a kind of order, with what the code outside of the workflows needs to know of
// it. The rules of its orders are in package booking, its story is in a file of package
// workflows.
type Business struct {
	Kind     booking.Kind
	Workflow string // the name of its workflow
	// ServiceAccepts: an order is accepted only once a service has agreed, which may take longer
	// than other first decisions.
	ServiceAccepts bool
	// ServiceAgreesToCancel: a service has to agree before an order is cancelled. Until it has
	// answered, no other accepted decision is final.
	ServiceAgreesToCancel bool
	// Completes is the action that CompleteUpdate stands for, for the rules of permission.
	Completes booking.Action

	decode func(*commonpb.Payloads) (Input, error)
	read   func(text []byte, change func(*Order)) (Input, error)
	settle func(Order, View) (Input, error)
}

// businesses lists all kinds of orders: a new kind needs a line here.
var businesses = []Business{
	{Kind: booking.Lodging, Workflow: LodgingWorkflow, Completes: booking.CheckOut, decode: decode[Lodging], read: read[Lodging], settle: settleLodging},
	{Kind: booking.Food, Workflow: FoodWorkflow, ServiceAgreesToCancel: true, Completes: booking.Deliver, decode: decode[Food], read: read[Food], settle: settleFood},
	{Kind: booking.Cafe, Workflow: CafeWorkflow, ServiceAccepts: true, Completes: booking.Serve, decode: decode[Cafe], read: read[Cafe], settle: settleCafe},
	{
		Kind: booking.Cleaning, Workflow: CleaningWorkflow, ServiceAccepts: true, Completes: booking.FinishCall,
		decode: decode[Cleaning], read: read[Cleaning], settle: settleCleaning,
	},
}

// BusinessOf is the business of a kind of order, the zero value for an unknown kind.
func BusinessOf(k booking.Kind) Business {
	for _, b := range businesses {
		if b.Kind == k {
			return b
		}
	}
	return Business{}
}

// MayBeQueued: an order of the kind is accepted even if its saga cannot be started now. That is
// not so where a service has to agree first, since the customer waits for its answer.
func (b Business) MayBeQueued() bool { return !b.ServiceAccepts }

// InputOf decodes the input with which a workflow of this name was started.
func InputOf(workflow string, payloads *commonpb.Payloads) (Input, error) {
	for _, b := range businesses {
		if b.Workflow == workflow {
			return b.decode(payloads)
		}
	}
	return nil, fmt.Errorf("%q is not the workflow of an order", workflow)
}

func decode[I Input](payloads *commonpb.Payloads) (Input, error) {
	var input I
	err := converter.GetDefaultDataConverter().FromPayloads(payloads, &input)
	return input, err
}

// ReadInput decodes the input of an order of the kind from JSON. change can modify the part
// that all kinds have in common.
func ReadInput(k booking.Kind, text []byte, change func(*Order)) (Input, error) {
	business := BusinessOf(k)
	if business.read == nil {
		return nil, fmt.Errorf("%q is not a kind of order", k)
	}
	return business.read(text, change)
}

func read[I Input, P interface {
	*I
	common() *Order
}](text []byte, change func(*Order)) (Input, error) {
	var input I
	if err := json.Unmarshal(text, &input); err != nil {
		return nil, fmt.Errorf("input of an order: %w", err)
	}
	change(P(&input).common())
	return input, nil
}
