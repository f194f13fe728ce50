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
	// View is the order as it stands before its workflow has run.
	View() View
	// Check is an Invalid if the saga would not start with the input.
	Check() error
}

// Business is a kind of order, as everything outside of the workflows has to
// know it. The rules of its orders are in package booking, its story is in a
// file of package workflows.
type Business struct {
	Kind     booking.Kind
	Workflow string // the name of its workflow
	// AsksFirst: an order is taken only once a service has agreed to it, which
	// may take longer than other first decisions.
	AsksFirst bool
	// AsksToCancel: a service has to agree before an order is given up. Until it
	// has answered, no decision that the order has taken is certain.
	AsksToCancel bool
	// Completes is what CompleteUpdate means, for who may.
	Completes booking.Action

	decode func(*commonpb.Payloads) (Input, error)
	read   func(text []byte, change func(*Order)) (Input, error)
	settle func(Order, View) (Input, error)
}

// businesses are all there are: a new kind of order is a line here.
var businesses = []Business{
	{Kind: booking.Lodging, Workflow: LodgingWorkflow, Completes: booking.CheckOut, decode: decode[Lodging], read: read[Lodging], settle: settleLodging},
	{Kind: booking.Food, Workflow: FoodWorkflow, AsksToCancel: true, Completes: booking.Deliver, decode: decode[Food], read: read[Food], settle: settleFood},
	{Kind: booking.Cafe, Workflow: CafeWorkflow, AsksFirst: true, Completes: booking.Serve, decode: decode[Cafe], read: read[Cafe], settle: settleCafe},
	{
		Kind: booking.Cleaning, Workflow: CleaningWorkflow, AsksFirst: true, Completes: booking.FinishCall,
		decode: decode[Cleaning], read: read[Cleaning], settle: settleCleaning,
	},
}

// BusinessOf is the business that orders of the kind belong to, the zero value
// for a kind that does not exist.
func BusinessOf(k booking.Kind) Business {
	for _, b := range businesses {
		if b.Kind == k {
			return b
		}
	}
	return Business{}
}

// MayWait: an order of the kind is taken although its saga cannot be started at
// once. Where a service has to agree first, its customer waits for that.
func (b Business) MayWait() bool { return !b.AsksFirst }

// InputOf decodes what a workflow of this name was started with.
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

// ReadInput reads the input of an order of the kind from JSON, and changes what
// it has in common with those of other kinds.
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
