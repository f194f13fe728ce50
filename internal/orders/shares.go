package orders

import (
	"context"
	"slices"
	"sync"

	"go.uber.org/zap"
)

// forOthers is how many times as much as one customer a caller may have that places
// orders for others: the desk of a hotel, for example, that calls cleaners for its
// guests.
const forOthers = 10

// share is how much one customer or caller, or all of them, may have of what there is
// room for.
type share struct {
	shareOf
	most  int // 0 is no limit
	count func(ctx context.Context, id string) (int, error)
	// refused is the error for an order beyond it, given how much there is.
	refused func(used int) error
	// lenient: an order is let in that has waited in vain for others to be placed.
	lenient bool
}

// shareOf is whose a share is: in words, and by its id, "" for no share. A caller may be
// a customer, too, and has two then.
type shareOf struct{ whose, id string }

// bounding leaves out the shares that bound nothing.
func bounding(shares []share) []share {
	return slices.DeleteFunc(shares, func(s share) bool { return s.id == "" || s.most <= 0 })
}

// shares are those that a placement counts for: its customer's and, where that is
// another one, its caller's. most is what one customer may have; refused says whose
// share is used up.
func (p Placement) shares(most int, ofCustomer, byCaller func(context.Context, string) (int, error), refused func(used int, whose string) error) []share {
	of := func(whose, id string, most int, count func(context.Context, string) (int, error)) share {
		return share{shareOf: shareOf{whose, id}, most: most, count: count, refused: func(used int) error { return refused(used, whose) }}
	}
	return []share{
		of("of this customer", p.CustomerID, most, ofCustomer),
		of("that you placed for others", p.forCustomer(), forOthers*most, byCaller),
	}
}

// used is how much of the share there is, as far as that is known.
func (s share) used(ctx context.Context, log *zap.Logger) (n int, known bool) {
	n, err := s.count(ctx, s.id)
	if err != nil {
		log.Warn("what a caller has waiting cannot be counted", zap.Error(err))
	}
	return n, err == nil
}

// usedUp refuses an order that counts for a share of which there is no more.
func usedUp(ctx context.Context, log *zap.Logger, shares []share) (refused error) {
	for _, s := range shares {
		if used, known := s.used(ctx, log); known && used >= s.most {
			return s.refused(used)
		}
	}
	return nil
}

// shared are the orders that are being placed, for each share. A count and what is
// added to it are not one transaction: without these, all that come before the first is
// counted would be let in.
type shared struct {
	mu sync.Mutex
	of map[shareOf]*placing
}

// placing are the orders of one share.
type placing struct {
	looks int // goroutines that hold it
	begun int
	// ended are those which any later count has found, if they came to anything.
	ended int
	// clear are those that have ended one after the other and came to nothing that is
	// counted: as many more may be under way at once.
	clear int
	next  chan struct{} // closed when one more ends
}

// enter lets an order in that counts for these shares, until leave is called, or
// refuses it. While a share might be used up by orders that are being placed, it waits
// for these to end, as long as ctx lasts. When a share cannot be counted, the order is
// let in: a limit must not be what takes the service down.
func (s *shared) enter(ctx context.Context, log *zap.Logger, shares []share) (leave func(), refused error) {
	var held []func()
	leave = func() {
		for _, end := range held {
			end()
		}
	}
	for _, sh := range shares {
		end, refused := s.enterOne(ctx, log, sh)
		if refused != nil {
			leave()
			return func() {}, refused
		}
		held = append(held, func() { end(true) })
	}
	return leave, nil
}

// enterOne is enter for one share. end is told whether the order may have come to what
// is counted.
func (s *shared) enterOne(ctx context.Context, log *zap.Logger, sh share) (end func(counts bool), refused error) {
	p := s.hold(sh.shareOf)
	for waited := false; ; {
		s.mu.Lock()
		ended, next := p.ended, p.next
		s.mu.Unlock()
		used, known := sh.used(ctx, log)
		s.mu.Lock()
		atMost := used + p.begun - ended
		if !known || used < sh.most && (atMost < sh.most+p.clear || waited && sh.lenient) {
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
	p.looks++
	return p
}

func (s *shared) end(of shareOf, p *placing, counts bool) {
	s.mu.Lock()
	p.ended++
	if p.clear++; counts {
		p.clear = 0
	}
	close(p.next)
	p.next = make(chan struct{})
	s.mu.Unlock()
	s.release(of, p)
}

func (s *shared) release(of shareOf, p *placing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.looks--; p.looks == 0 {
		delete(s.of, of)
	}
}
