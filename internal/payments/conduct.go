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

// Behaviour is how a sandbox treats requests.
type Behaviour struct {
	// Latency passes before a request takes effect; any time from it to
	// LatencyUpTo if that is more.
	Latency, LatencyUpTo time.Duration
	// Capacity is how many requests are worked on at the same time; 0 is no
	// limit. Those beyond it are turned away, or wait in turn with Queue.
	Capacity int
	Queue    bool
	// RefusePercent of the charges are declined, whatever their method.
	RefusePercent int
	// Down: every request fails without effect.
	Down bool
	// LoseAnswers: requests take effect, and then fail.
	LoseAnswers bool
	// Refunds is what becomes of refunds: they succeed, "wait" until this is
	// changed, "fail", or are "refuse"d.
	Refunds string

	// What only the Server knows. Disputes is where those of
	// pm_card_createDispute are: open, "lost" or "won". Broken: charges and
	// refunds break down once they have begun, without effect, and their keys
	// repeat that ever after. SearchLag is how far the search is behind.
	Disputes  string
	Broken    bool
	SearchLag time.Duration
	// ConfirmWithin is for how long a customer may confirm a charge; 0: half an hour.
	ConfirmWithin time.Duration

	// Notices is how it tells what has changed about a charge.
	Notices Notices
}

// Errors of a sandbox that was told to misbehave.
var (
	ErrDown       = errors.New("sandbox payments are down")
	ErrAnswerLost = errors.New("sandbox payments lost the answer")
)

// Busy is a provider's word that it has too much to do.
type Busy struct{ wait time.Duration }

// Error implements error.
func (b *Busy) Error() string {
	if b.wait == 0 {
		return "payment provider is busy"
	}
	return fmt.Sprintf("payment provider is busy for %s", b.wait)
}

// Said is Error without what differs from time to time.
func (b *Busy) Said() string { return "payment provider is busy" }

// RetryAfter is how long to wait before asking again; 0 when the provider did
// not say.
func (b *Busy) RetryAfter() time.Duration { return b.wait }

// busyFor is what a sandbox beyond its capacity asks for: the least that
// Retry-After, whole seconds, can say.
const busyFor = time.Second

// conduct lets requests through the way a sandbox is told to behave.
type conduct struct {
	totals func(context.Context) (charged, refunded int64, err error)
	// refund gives some of an order's charge back, or with 0 all that is left, as a
	// person does at the provider. RefundExceeds: that much is not left. NotFound: there is
	// no charge.
	refund func(ctx context.Context, orderID string, amount int64) error
	// dispute has some of an order's charge, or with 0 all of it, disputed, and says
	// where that stands.
	dispute func(ctx context.Context, orderID string, amount int64, state string) error
	// failRefunds has the refunds of an order's charge fail that are of the amount, or with 0
	// all of them, though they were done. NotFound: there is none.
	failRefunds func(ctx context.Context, orderID string, amount int64) error
	// confirmations are the charges that customers confirm.
	confirmations confirmations
	// retell sends a notice of the kind about an order, which there need not be.
	retell func(ctx context.Context, orderID, what string) error
	herald *herald
	// switched is told of each turn of the switches.
	switched func(ctx context.Context, was, is Behaviour)
	// unfinished are the references of charges of which refunds are pending.
	unfinished sync.Map

	mu        sync.Mutex
	behaviour Behaviour
	inside    int             // requests that are worked on
	waiting   []chan struct{} // those that wait, oldest first; closed when it is their turn
}

// Behave tells the sandbox how to treat requests from now on.
func (c *conduct) Behave(b Behaviour) {
	c.mu.Lock()
	was := c.behaviour
	c.behaviour = b
	c.admit()
	c.mu.Unlock()
	c.herald.beside(func(ctx context.Context) { c.switched(ctx, was, b) })
}

// Behaviour is how the sandbox treats requests now.
func (c *conduct) Behaviour() Behaviour {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.behaviour
}

// act lets a request through.
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

// refuses tells, of one charge, whether it is among those to be declined.
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
		c.giveUp(turn)
		return ctx.Err()
	}
}

func (c *conduct) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside--
	c.admit()
}

// giveUp ends a wait whose turn may have come in the same moment.
func (c *conduct) giveUp(turn chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.waiting, turn); i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
		return
	}
	c.inside--
	c.admit()
}

// admit lets in those who have waited longest, as many as there is room for.
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
