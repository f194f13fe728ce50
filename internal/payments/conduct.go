package payments

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Behaviour says how a sandbox treats requests.
type Behaviour struct {
	// Latency is the time until a request takes effect. If LatencyUpTo is more, the time is
	// random between the two.
	Latency, LatencyUpTo time.Duration
	// Capacity is how many requests are served at the same time; 0 is no limit. Further
	// requests are refused, or wait in order with Queue.
	Capacity int
	Queue    bool
	// RefusePercent of the charges are declined, whatever their payment method.
	RefusePercent int
	// Down means that every request fails without effect.
	Down bool
	// LoseAnswers means that requests take effect, and then fail.
	LoseAnswers bool
	// Refunds says what happens to refunds: they succeed, stay pending until this is
	// changed ("wait"), "fail", or are refused ("refuse").
	Refunds string

	// The following fields apply to the Server only. Disputes is the state of the disputes
	// of pm_card_createDispute: open, "lost" or "won". Broken means that charges and refunds
	// fail after they have begun, without effect, and that their keys repeat the failure
	// for ever. SearchLag is the delay of the search index.
	Disputes  string
	Broken    bool
	SearchLag time.Duration
	// ConfirmWithin is how long a customer may confirm a charge; 0 is half an hour.
	ConfirmWithin time.Duration

	// Notices says how changes of a charge are reported.
	Notices Notices
}

// Errors of a sandbox that is switched to fail.
var (
	ErrDown       = errors.New("sandbox payments are down")
	ErrAnswerLost = errors.New("sandbox payments lost the answer")
)

// Busy is a provider's answer that it is overloaded.
type Busy struct{ wait time.Duration }

// Error implements error.
func (b *Busy) Error() string {
	if b.wait == 0 {
		return "payment provider is busy"
	}
	return fmt.Sprintf("payment provider is busy for %s", b.wait)
}

// Said is Error without the parts that differ each time.
func (b *Busy) Said() string { return "payment provider is busy" }

// RetryAfter is how long to wait before the next request; 0 if the provider did not say.
func (b *Busy) RetryAfter() time.Duration { return b.wait }

// busyFor is the wait that an overloaded sandbox requires: the least that Retry-After, in whole
// seconds, can express.
const busyFor = time.Second

// conduct treats requests according to the sandbox's Behaviour.
type conduct struct {
	totals func(context.Context) (charged, refunded int64, err error)
	// refund refunds a part of an order's charge, or with 0 all that is left, like a person
	// does at the provider. It returns RefundExceeds if that much is not left, and NotFound
	// if there is no charge.
	refund func(ctx context.Context, orderID string, amount int64) error
	// dispute disputes a part of an order's charge, or with 0 all of it, and sets the state
	// of the dispute.
	dispute func(ctx context.Context, orderID string, amount int64, state string) error
	// failRefunds makes the refunds of an order's charge that have the amount, or with 0 all
	// of them, fail although they were done. It returns NotFound if there is none.
	failRefunds func(ctx context.Context, orderID string, amount int64) error
	// confirmations are the charges that need the customer's confirmation.
	confirmations confirmations
	// resend sends a notice of the kind about an order, which need not exist.
	resend func(ctx context.Context, orderID, what string) error
	sender *sender
	// switched is called at each change of the behaviour.
	switched func(ctx context.Context, was, is Behaviour)
	// unfinished holds the references of charges with pending refunds.
	unfinished sync.Map

	mu        sync.Mutex
	behaviour Behaviour
	inside    int             // requests that are served
	waiting   []chan struct{} // requests that wait, oldest first; closed when the request may continue
}

// Behave changes how the sandbox treats requests.
func (c *conduct) Behave(b Behaviour) {
	c.mu.Lock()
	was := c.behaviour
	c.behaviour = b
	c.admit()
	c.mu.Unlock()
	c.sender.beside(func(ctx context.Context) { c.switched(ctx, was, b) })
}

// Behaviour is how the sandbox treats requests now.
func (c *conduct) Behaviour() Behaviour {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.behaviour
}

// act runs effect as a request, treated according to the Behaviour.
func (c *conduct) act(ctx context.Context, effect func() error) error {
	if err := c.enter(ctx); err != nil {
		return err
	}
	defer c.leave()
	b := c.Behaviour()
	if latency := b.latency(); latency > 0 {
		select {
		case <-time.After(latency):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if b.Down {
		return ErrDown
	}
	if err := effect(); err != nil {
		return err
	}
	if b.LoseAnswers {
		return ErrAnswerLost
	}
	return nil
}

func (b Behaviour) latency() time.Duration {
	if b.LatencyUpTo <= b.Latency {
		return b.Latency
	}
	return b.Latency + rand.N(b.LatencyUpTo-b.Latency+1)
}

// refuses decides at random whether a charge is declined, by RefusePercent.
func (b Behaviour) refuses() bool { return rand.IntN(100) < b.RefusePercent }

func (c *conduct) enter(ctx context.Context) error {
	c.mu.Lock()
	if c.fits() && len(c.waiting) == 0 {
		c.inside++
		c.mu.Unlock()
		return nil
	}
	if !c.behaviour.Queue {
		c.mu.Unlock()
		return &Busy{wait: busyFor}
	}
	turn := make(chan struct{})
	c.waiting = append(c.waiting, turn)
	c.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		c.leaveQueue(turn)
		return ctx.Err()
	}
}

func (c *conduct) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside--
	c.admit()
}

// leaveQueue ends a wait. The request may have been admitted in the same moment.
func (c *conduct) leaveQueue(turn chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.waiting, turn); i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
		return
	}
	c.inside--
	c.admit()
}

// admit admits the oldest waiting requests, as many as there is capacity for.
func (c *conduct) admit() {
	for len(c.waiting) > 0 && c.fits() {
		close(c.waiting[0])
		c.waiting = c.waiting[1:]
		c.inside++
	}
}

func (c *conduct) fits() bool {
	return c.behaviour.Capacity == 0 || c.inside < c.behaviour.Capacity
}
