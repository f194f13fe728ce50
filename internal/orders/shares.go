package orders

import (
	"context"
	"slices"
	"sync"

	"go.uber.org/zap"
)

// forOthers is how many times a customer's share a caller may have that places orders for
// others: for example the desk of a hotel that calls cleaners for its guests.
const forOthers = 10

// share is a limit on the orders of one customer, of one caller, or of all.
type share struct {
	shareOf
	most  int // 0 is no limit
	count func(ctx context.Context, id string) (int, error)
	// refused is the error for an order beyond it; used is the number in use.
	refused func(used int) error
	// lenient: an order is admitted after it has waited in vain for others being placed.
	lenient bool
}

// shareOf is the owner of a share: in words, and by its id, "" for no share. A caller that is
// also a customer has two shares.
type shareOf struct{ whose, id string }

// bounding returns the shares that have a limit.
func bounding(shares []share) []share {
	return slices.DeleteFunc(shares, func(s share) bool { return s.id == "" || s.most <= 0 })
}

// shares are the shares that a placement counts for: its customer's and, if that is another
// one, its caller's. most is the limit of one customer; refused says whose share is used
// up.
func (p Placement) shares(most int, ofCustomer, byCaller func(context.Context, string) (int, error), refused func(used int, whose string) error) []share {
	of := func(whose, id string, most int, count func(context.Context, string) (int, error)) share {
		return share{shareOf: shareOf{whose, id}, most: most, count: count, refused: func(used int) error { return refused(used, whose) }}
	}
	return []share{
		of("of this customer", p.CustomerID, most, ofCustomer),
		of("that you placed for others", p.forCustomer(), forOthers*most, byCaller),
	}
}

// used is how much of the share is used, as far as that is known.
func (s share) used(ctx context.Context, log *zap.Logger) (n int, known bool) {
	n, err := s.count(ctx, s.id)
	if err != nil {
		log.Warn("what a caller has waiting cannot be counted", zap.Error(err))
	}
	return n, err == nil
}

// usedUp refuses an order if a share that it counts for is used up.
func usedUp(ctx context.Context, log *zap.Logger, shares []share) (refused error) {
	for _, s := range shares {
		if used, known := s.used(ctx, log); known && used >= s.most {
			return s.refused(used)
		}
	}
	return nil
}

// shared holds the orders being placed, for each share. A count and the order added to it
// are not one transaction: without shared, all orders that come before the first one is
// counted would be admitted.
type shared struct {
	mu sync.Mutex
	of map[shareOf]*placing
}

// placing holds the orders being placed of one share.
type placing struct {
	holders int // goroutines that use it
	begun   int
	// ended counts orders that have ended; any later count includes those that count.
	ended int
	// uncounted counts the latest consecutive orders that ended without counting: so many more
	// may be placed at the same time.
	uncounted int
	next      chan struct{} // closed when another one ends
}

// admit admits an order that counts for these shares, until leave is called, or refuses it.
// While orders being placed might use up a share, it waits for these to end, until ctx
// ends. If a share cannot be counted, the order is admitted: a limit must not take the
// service down.
func (s *shared) admit(ctx context.Context, log *zap.Logger, shares []share) (leave func(), refused error) {
	var held []func()
	leave = func() {
		for _, end := range held {
			end()
		}
	}
	for _, sh := range shares {
		end, refused := s.admitOne(ctx, log, sh)
		if refused != nil {
			leave()
			return func() {}, refused
		}
		held = append(held, func() { end(true) })
	}
	return leave, nil
}

// admitOne is admit for one share. end gets whether the order may count.
func (s *shared) admitOne(ctx context.Context, log *zap.Logger, sh share) (end func(counts bool), refused error) {
	p := s.hold(sh.shareOf)
	for waited := false; ; {
		s.mu.Lock()
		ended, next := p.ended, p.next
		s.mu.Unlock()
		used, known := sh.used(ctx, log)
		s.mu.Lock()
		atMost := used + p.begun - ended
		if !known || used < sh.most && (atMost < sh.most+p.uncounted || waited && sh.lenient) {
			p.begun++
			s.mu.Unlock()
			return func(counts bool) { s.end(sh.shareOf, p, counts) }, nil
		}
		s.mu.Unlock()
		if used < sh.most && !waited {
			select {
			case <-next:
			case <-ctx.Done():
				waited = true
			}
			if !waited || sh.lenient {
				continue
			}
		}
		s.release(sh.shareOf, p)
		return nil, sh.refused(atMost)
	}
}

func (s *shared) hold(of shareOf) *placing {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.of[of]
	if p == nil {
		p = &placing{next: make(chan struct{})}
		if s.of == nil {
			s.of = map[shareOf]*placing{}
		}
		s.of[of] = p
	}
	p.holders++
	return p
}

func (s *shared) end(of shareOf, p *placing, counts bool) {
	s.mu.Lock()
	p.ended++
	if p.uncounted++; counts {
		p.uncounted = 0
	}
	close(p.next)
	p.next = make(chan struct{})
	s.mu.Unlock()
	s.release(of, p)
}

func (s *shared) release(of shareOf, p *placing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.holders--; p.holders == 0 {
		delete(s.of, of)
	}
}
