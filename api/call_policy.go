package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
)

const callPolicyPath = "/v1/cleaning/cancellation"

func (s *server) registerCallPolicy() {
	register(s, huma.Operation{
		OperationID: "get-call-policy", Method: http.MethodGet, Path: callPolicyPath, Tags: []string{tagCleaning},
		Summary:     "Show the cancellation policy of calls",
		Description: "For calls that are placed now. `tiers` is empty while everything is always refunded.",
		Responses:   s.problems(booking.Unavailable),
	}, s.getCallPolicy)
	register(s, huma.Operation{
		OperationID: "set-call-policy", Method: http.MethodPut, Path: callPolicyPath, Tags: []string{tagCleaning},
		Summary: "Set the cancellation policy of calls",
		Description: "Replaces the whole policy, for calls from now on. Each call keeps the policy that was in force when it " +
			"was placed.",
		Responses: s.problems(booking.Invalid, booking.Unavailable),
	}, s.setCallPolicy)
}

// callPolicy is the cancellation policy of calls. It has no fee: a fee has one
// currency, and customers choose the currency of their call.
type callPolicy struct {
	Tiers []callTier `json:"tiers" nullable:"false" maxItems:"10" doc:"The first tier that applies says how much is refunded; if none applies, nothing is. The shortest time comes first. Without tiers, everything is always refunded"`
}

type callTier struct {
	Within  string `json:"within" minLength:"1" maxLength:"32" doc:"The tier applies for this long after the call was placed" example:"10m"`
	Percent whole  `json:"percent" minimum:"0" maximum:"100" doc:"The percentage of the price that is refunded" example:"100"`
}

type setCallPolicyInput struct {
	Body callPolicy

	policy *booking.CancellationPolicy
}

// Resolve validates what the schema cannot.
func (in *setCallPolicyInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	in.policy = f.callPolicy(in.Body)
	return f
}

// callPolicy checks and parses the policy of calls; nil means a full refund.
func (f *faults) callPolicy(p callPolicy) *booking.CancellationPolicy {
	if len(p.Tiers) == 0 {
		return nil
	}
	var policy booking.CancellationPolicy
	wrong := len(*f)
	for i, t := range p.Tiers {
		within := parsed(f, fmt.Sprintf("body.tiers[%d].within", i), &t.Within, parseDuration)
		policy.Tiers = append(policy.Tiers, booking.Tier{Within: within, Percent: int(t.Percent)})
	}
	if len(*f) == wrong {
		f.checkPolicy("body.", booking.Cleaning, &policy)
	}
	return &policy
}

type callPolicyAnswer struct{ Body callPolicy }

func showCallPolicy(p *booking.CancellationPolicy) *callPolicyAnswer {
	shown := callPolicy{Tiers: []callTier{}}
	if p != nil {
		shown.Tiers = each(p.Tiers, func(t booking.Tier) callTier {
			return callTier{Within: t.Within.String(), Percent: whole(t.Percent)}
		})
	}
	return &callPolicyAnswer{Body: shown}
}

func (s *server) getCallPolicy(ctx context.Context, _ *struct{ Strict }) (*callPolicyAnswer, error) {
	policy, err := s.Catalogue.CallPolicy(ctx)
	if err != nil {
		return nil, err
	}
	return showCallPolicy(policy), nil
}

func (s *server) setCallPolicy(ctx context.Context, in *setCallPolicyInput) (*callPolicyAnswer, error) {
	if err := may(ctx, booking.ChangeCallPolicy, booking.Thing{}); err != nil {
		return nil, err
	}
	if err := s.Catalogue.SetCallPolicy(ctx, CallerOf(ctx).ID, in.policy); err != nil {
		return nil, err
	}
	s.noteChange(ctx, "call policy set")
	return showCallPolicy(in.policy), nil
}
