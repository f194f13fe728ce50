package orders

import (
	"context"
	"sync"
)

// joined lets requests for the same thing share calls: there is one call per key at a time,
// and one more for all requests that came after it began. So an answer is never older than
// its request, and a thousand requests cost two calls.
type joined[T any] struct {
	mu    sync.Mutex
	byKey map[string]*turns[T]
}

// turns are the running call and the next one, nil if no request has come since.
type turns[T any] struct{ now, next *turn[T] }

type turn[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func newTurn[T any]() *turn[T] { return &turn[T]{done: make(chan struct{})} }

// do returns the result of a call that begins after now, or ctx's error. Calls continue without
// ctx.
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

// run makes calls until no request has come during one.
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
