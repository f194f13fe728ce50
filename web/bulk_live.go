package web

import (
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// bulkReadInterval is how often the stream of a bulk action's page reads it.
const bulkReadInterval = time.Second

// followBulk streams the progress of a bulk action to its page while that is open.
func (p *Pages) followBulk(c *gin.Context) {
	v := p.visit(c)
	if err := v.streamBulk(); err != nil {
		v.c.Status(statusOfError(err)) // EventSource shows the script no more of it
	}
}

func (v *visit) streamBulk() error {
	leave, err := v.enterStream()
	if err != nil {
		return err
	}
	defer leave()
	if err := v.caller.Authorize(booking.ActInBulk, booking.Thing{}); err != nil {
		return err
	}
	run, err := v.Bulk.Run(v.ctx, v.c.Param("id"))
	if err != nil {
		return err
	}
	v.beginStream()
	reads, heartbeat := time.NewTicker(bulkReadInterval), time.NewTicker(v.Heartbeat)
	defer reads.Stop()
	defer heartbeat.Stop()
	for sent := -1; ; {
		text := ": alive\n\n"
		if is := (bulkShown{BulkRun: run}).version(); is != sent {
			sent, text = is, fmt.Sprintf("event: changed\ndata: %d\n\n", is)
		}
		if run.State != booking.BulkRunning {
			text += "event: over\ndata: over\n\n"
		}
		if v.send(text) != nil || run.State != booking.BulkRunning || !v.awaitNextRead(reads.C, heartbeat.C) {
			return nil
		}
		if run, err = v.Bulk.Run(v.ctx, run.ID); err != nil {
			return err
		}
	}
}

// awaitNextRead waits until the action is to be read again. Returns false if the browser has
// left, the server stops, or the session is no longer valid.
func (v *visit) awaitNextRead(reads, heartbeat <-chan time.Time) bool {
	for {
		select {
		case <-reads:
			return true
		case <-heartbeat:
			if sessionEnded(v.identify()) || !v.caller.Allowed(booking.ActInBulk, booking.Thing{}) {
				return false
			}
		case <-v.ctx.Done():
			return false
		case <-v.Closing:
			return false
		}
	}
}
