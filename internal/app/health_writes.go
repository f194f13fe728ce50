package app

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// engineWrites has the engine write something: with a full disk it may still be able to
// read. A write takes a tenth of a second, and the engine itself retries a failed one
// for seconds. So writes run in the background, one at a time, and the result is that
// of the last one.
type engineWrites struct {
	mu      sync.Mutex
	begun   time.Time
	done    chan struct{} // closed when the running write has ended; nil before the first
	cancel  context.CancelFunc
	stopped bool
	failure string
}

const (
	// writtenFor is how long a write's result is used.
	writtenFor = 2 * time.Second
	// writeWithin is the time limit of a write, which the engine retries until then.
	writeWithin = 5 * time.Second
	// writtenQueue is the task queue whose settings are written, unchanged. No worker
	// polls it.
	writtenQueue = "yeyak-health"
)

// state returns why the last write failed. It begins a new write if one is due, and
// waits for it until ctx ends.
func (w *engineWrites) state(ctx context.Context, engine client.Client, namespace string) string {
	if done := w.begin(engine, namespace); done != nil {
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure
}

func (w *engineWrites) begin(engine client.Client, namespace string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || time.Since(w.begun) < writtenFor || w.underWay() {
		return w.done
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	done := make(chan struct{})
	w.begun, w.done, w.cancel = time.Now(), done, cancel
	go func() {
		defer close(done)
		defer cancel()
		err := write(ctx, engine, namespace)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.failure = writeFailure(err)
	}()
	return done
}

func (w *engineWrites) underWay() bool {
	if w.done == nil {
		return false
	}
	select {
	case <-w.done:
		return false
	default:
		return true
	}
}

// stop cancels the running write and waits for its end.
func (w *engineWrites) stop() {
	w.mu.Lock()
	w.stopped = true
	done, cancel := w.done, w.cancel
	w.mu.Unlock()
	if cancel != nil {
		cancel()
		<-done
	}
}

// write sets the rate limit of a task queue to none, which it already is.
func write(ctx context.Context, engine client.Client, namespace string) error {
	_, err := engine.WorkflowService().UpdateTaskQueueConfig(ctx, &workflowservice.UpdateTaskQueueConfigRequest{
		Namespace: namespace, Identity: "health of yeyak", TaskQueue: writtenQueue, TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		UpdateQueueRateLimit: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{Reason: "whether it can be written"},
	})
	return err
}

// fullDisk matches SQLite's and PostgreSQL's errors for a full disk.
var fullDisk = regexp.MustCompile(`(?i)disk is full|no space left|\b53100\b`)

// writeFailure is the fault of the engine's storage that a failed write shows. If the
// engine refuses or does not know the write, its storage has no fault.
func writeFailure(err error) string {
	unavailable, failed := errors.AsType[*serviceerror.Unavailable](err)
	_, late := errors.AsType[*serviceerror.DeadlineExceeded](err)
	switch {
	case failed && fullDisk.MatchString(unavailable.Message):
		return "cannot write: its disk is full" + runbook("a-full-disk")
	case failed:
		return "does not write its storage: " + strings.TrimSuffix(unavailable.Message, ".") + runbook("temporaldown")
	case late:
		return "does not write its storage in time" + runbook("temporaldown")
	default:
		return ""
	}
}
