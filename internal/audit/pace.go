package audit

import (
	"context"
	"sync"
	"time"
)

const (
	// stretch is how many things are read before a gentle audit pauses: what one
	// statement lists.
	stretch = 1000
	// longestPause is how long a pause is at most, whatever the stretch before it took.
	longestPause = 2 * time.Second
	// gentleWidth is how many workflows a gentle audit asks at the same time.
	gentleWidth = 2
)

// pace is how an audit goes through what it reads. A gentle one pauses after each
// stretch for as long as that took, so that others have half of the time of what it
// reads from, however slow that is.
type pace struct {
	gentle bool

	mu    sync.Mutex
	read  int
	since time.Time
}

func newPace(o Options) *pace { return &pace{gentle: o.Gentle, since: time.Now()} }

// after counts what was read, and pauses where a stretch ends.
func (p *pace) after(ctx context.Context, read int) error {
	if !p.gentle {
		return nil
	}
	p.mu.Lock()
	if p.read += read; p.read < stretch {
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

// afterAsking pauses after one workflow was asked, for as long as it took to answer.
// One about which there was nothing to ask took no time.
func (p *pace) afterAsking(ctx context.Context, took time.Duration) error {
	if !p.gentle || took < time.Millisecond {
		return nil
	}
	return wait(ctx, min(took, longestPause))
}

// width is how many workflows are asked at the same time.
func (p *pace) width() int {
	if p.gentle {
		return gentleWidth
	}
	return width
}
