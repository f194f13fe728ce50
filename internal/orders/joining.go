package orders

import (
	"context"
	"sync"
)

// joined lets requests that want the same share calls: there is one call a key
// at a time, and one more for all that came after it began. So an answer is
// never older than its request, and a thousand requests cost two calls.
type joined[T any] struct {
	mu    sync.Mutex
	byKey map[string]*turns[T]
}

// turns are the call that runs, and the one that follows, nil when no request
// has come since.
type turns[T any] struct{ now, next *turn[T] }

type turn[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func newTurn[T any]() *turn[T] { return &turn[T]{done: make(chan struct{})} }

// do answers with what a call that begins from now on returns, or with ctx's
// error. Calls go on without ctx.
func (j *joined[T]) do(ctx context.Context, key string, call func() (T, error)) (T, error) {
	t := j.join(key, call)
	select {
	case <-t.done:
		return t.value, t.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (j *joined[T]) join(key string, call func() (T, error)) *turn[T] {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.byKey == nil {
		j.byKey = map[string]*turns[T]{}
	}
	both := j.byKey[key]
	switch {
	case both == nil:
		both = &turns[T]{now: newTurn[T]()}
		j.byKey[key] = both
		go j.run(key, both, call)
		return both.now
	case both.next == nil:
		both.next = newTurn[T]()
	}
	return both.next
}

// run makes calls until no request has come while one ran.
func (j *joined[T]) run(key string, both *turns[T], call func() (T, error)) {
	for t := both.now; t != nil; {
		t.value, t.err = call()
		close(t.done)
		j.mu.Lock()
		t, both.next = both.next, nil
		if t == nil {
			delete(j.byKey, key)
		}
		j.mu.Unlock()
	}
}
