package audit

import (
	"context"
	"sync"
	"time"
)

const (
	// batch is how many rows a gentle audit reads before it pauses: the page of one
	// statement.
	batch = 1000
	// longestPause is the maximum length of a pause.
	longestPause = 2 * time.Second
	// gentleWidth is the number of workflows that a gentle audit queries concurrently.
	gentleWidth = 2
)

// pace is the speed of an audit's reads. A gentle audit pauses after each batch for as
// long as that took, so that it uses at most half of the time of any source, however
// slow.
type pace struct {
	gentle bool

	mu    sync.Mutex
	read  int
	since time.Time
}

func newPace(o Options) *pace { return &pace{gentle: o.Gentle, since: time.Now()} }

// after counts rows that were read, and pauses at the end of a batch.
func (p *pace) after(ctx context.Context, read int) error {
	if !p.gentle {
		return nil
	}
	p.mu.Lock()
	if p.read += read; p.read < batch {
		p.mu.Unlock()
		return nil
	}
	took := time.Since(p.since)
	p.read = 0
	p.mu.Unlock()
	err := wait(ctx, min(took, longestPause))
	p.mu.Lock()
	p.since = time.Now()
	p.mu.Unlock()
	return err
}

// afterQuery pauses after one workflow was queried, for as long as its answer took.
func (p *pace) afterQuery(ctx context.Context, took time.Duration) error {
	if !p.gentle || took < time.Millisecond {
		return nil
	}
	return wait(ctx, min(took, longestPause))
}

// width is the number of workflows that are queried concurrently.
func (p *pace) width() int {
	if p.gentle {
		return gentleWidth
	}
	return width
}
