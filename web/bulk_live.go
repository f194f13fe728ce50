package web

import (
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// bulkLook is how often the stream of a bulk action's page reads it.
const bulkLook = time.Second

// followBulk streams the progress of a bulk action to its page while that is open.
func (p *Pages) followBulk(c *gin.Context) {
	v := p.visit(c)
	if err := v.tellBulk(); err != nil {
		v.c.Status(statusOfError(err)) // EventSource shows the script no more of it
	}
}

func (v *visit) tellBulk() error {
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
	look, beat := time.NewTicker(bulkLook), time.NewTicker(v.Heartbeat)
	defer look.Stop()
	defer beat.Stop()
	for told := -1; ; {
		text := ": alive\n\n"
		if is := (bulkShown{BulkRun: run}).version(); is != told {
			told, text = is, fmt.Sprintf("event: changed\ndata: %d\n\n", is)
		}
		if run.State != booking.BulkRunning {
			text += "event: over\ndata: over\n\n"
		}
		if v.tell(text) != nil || run.State != booking.BulkRunning || !v.awaitLook(look.C, beat.C) {
			return nil
		}
		if run, err = v.Bulk.Run(v.ctx, run.ID); err != nil {
			return err
		}
	}
}

// awaitLook waits until the action is to be read again. Returns false if the browser has
// left, the server stops, or the session is no longer valid.
func (v *visit) awaitLook(look, beat <-chan time.Time) bool {
	for {
		select {
		case <-look:
			return true
		case <-beat:
			if isOver(v.identify()) || !v.caller.Allowed(booking.ActInBulk, booking.Thing{}) {
				return false
			}
		case <-v.ctx.Done():
			return false
		case <-v.Closing:
			return false
		}
	}
}
