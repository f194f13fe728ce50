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

// engineWrites has the engine write something: what it reads may be there while
// its disk is full. A write takes it a tenth of a second, and one that fails is
// repeated for seconds, by the engine itself. So it is done in the background, one
// at a time, and a look tells how the last one ended.
type engineWrites struct {
	mu      sync.Mutex
	begun   time.Time
	done    chan struct{} // closed when the write under way has ended; nil before the first
	cancel  context.CancelFunc
	stopped bool
	trouble string
}

const (
	// writtenFor is how long a write counts.
	writtenFor = 2 * time.Second
	// writeWithin bounds one. The engine repeats a write that fails until then.
	writeWithin = 5 * time.Second
	// writtenQueue is the task queue whose settings are written, as they are. No
	// worker polls it.
	writtenQueue = "yeyak-health"
)

// look tells what kept the engine from its last write. It begins a new one where
// that is due, and waits for it until ctx ends.
func (w *engineWrites) look(ctx context.Context, engine client.Client, namespace string) string {
	if done := w.begin(engine, namespace); done != nil {
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trouble
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
		w.trouble = writeTrouble(err)
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

// stop gives up the write under way, and returns when it has ended.
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

// write sets the limit of a task queue to none, which it is.
func write(ctx context.Context, engine client.Client, namespace string) error {
	_, err := engine.WorkflowService().UpdateTaskQueueConfig(ctx, &workflowservice.UpdateTaskQueueConfigRequest{
		Namespace: namespace, Identity: "health of yeyak", TaskQueue: writtenQueue, TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		UpdateQueueRateLimit: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{Reason: "whether it can be written"},
	})
	return err
}

// fullDisk is what SQLite and PostgreSQL say of it.
var fullDisk = regexp.MustCompile(`(?i)disk is full|no space left|\b53100\b`)

// writeTrouble is what a failed write tells of the engine's storage. What an
// engine refuses, or does not know, it was not kept from by its storage.
func writeTrouble(err error) string {
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
