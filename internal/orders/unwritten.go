package orders

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/workflows/contract"
)

// mostUnwritten is the maximum of unwritten orders of a process.
const mostUnwritten = 10_000

// unwrittenOrder is an order that was promised to its customer but is not known to be started or in
// the inbox: engine and database were away.
type unwrittenOrder struct {
	kept Kept
	row  contract.Publication
}

// keepUnwritten remembers an order that is to be written into the inbox once that is back. The memory
// is lost with the process.
func (d *Dispatcher) keepUnwritten(k Kept, row contract.Publication) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.unwritten) >= mostUnwritten {
		d.Log.Error("order is dropped: too many wait for the inbox", zap.String("order", k.OrderID))
		return
	}
	d.unwritten = append(d.unwritten, unwrittenOrder{k, row})
}

// drainUnwritten returns the unwritten orders and forgets them.
func (d *Dispatcher) drainUnwritten() []unwrittenOrder {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.unwritten
	d.unwritten = nil
	return all
}

// writeUntilStopped writes the unwritten orders until ctx ends, and then once more. It does not wait for
// the engine: an unwritten order is lost with this process.
func (d *Dispatcher) writeUntilStopped(ctx context.Context) {
	for ctx.Err() == nil {
		d.writeUnwritten(ctx)
		sleep(ctx, firstWait, nil)
	}
	d.writeUnwritten(context.WithoutCancel(ctx))
}

// writeUnwritten writes the unwritten orders into the inbox, as far as that is available.
func (d *Dispatcher) writeUnwritten(ctx context.Context) {
	away := false
	for _, o := range d.drainUnwritten() {
		if !away {
			call, cancel := context.WithTimeout(ctx, keptWithin)
			_, err := d.put(call, o.kept, o.row)
			cancel()
			if err == nil {
				d.Log.Info("order is in the inbox after all", zap.String("order", o.kept.OrderID))
				continue
			}
			d.Log.Debug("order is still owed to the inbox", zap.String("order", o.kept.OrderID), zap.Error(err))
			away = true
		}
		if time.Now().Before(o.kept.StartBy) {
			d.keepUnwritten(o.kept, o.row)
		}
	}
}
