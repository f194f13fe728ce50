package e2e

import (
	"bytes"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// TestPages_Pictures: the pictures in README show the current pages. With -record they
// are taken again.
func TestPages_Pictures(t *testing.T) {
	t.Parallel()
	unmarked := func(o *app.Options) { o.Config.Orders.AttentionAfter = time.Hour } // no mark may appear in a picture
	p := &pages{bootPages(t, unmarked), chromium.New(t)}
	p.undoing()
	p.deciding()
}

// undoing is an order that is being undone, on its customer's telephone: the payment
// provider is away, and the refund waits.
func (p *pages) undoing() {
	place, order := p.place(99, object{"name": "Seaside Inn", "cancellation": object{"tiers": halfWithinWeek}}), ""
	p.eventually(func() bool { // a slow payment adds a line to the picture
		order = p.accepted(p.reserve(place))
		return !slices.Contains(statuses(p.becomes(order, booking.Confirmed).View), booking.PaymentPending)
	})
	v := p.enter(chromium.Options{Width: 390}, alice)
	v.goTo("/orders/" + order)
	v.SeesIn("[role=status]", "Confirmed")
	p.sandbox(object{"down": true})
	go func() { _, _ = p.send("POST", reservations+"/"+order+"/cancel", object{"reason": "Other plans"}) }() // is answered when it is undone
	v.SeesIn("[role=status]", "Being cancelled")
	v.Sees("₩100,000 is being refunded")
	p.picture(v, "order")
	p.sandbox(object{})
	v.Sees("₩100,000 was refunded")
}

// deciding is an owner's desk with waiting reservations.
func (p *pages) deciding() {
	for _, waits := range []struct{ name, within string }{
		{"House on the Hill", "40m"}, {"Lakeside Cabin", "6h"}, {"Old Town Loft", "24h"},
	} {
		place := p.place(3, byOwner, object{"name": waits.name, "ownerId": "cora", "confirmWithin": waits.within})
		p.becomes(p.reserve(place, ofMinho).body.ID, booking.AwaitingOwner)
	}
	v := p.enter(chromium.Options{}, cora)
	v.goTo("/desk")
	v.Sees("Old Town Loft")
	p.picture(v, "desk")
}

// mostOfPicture is the maximum size of a picture: README shows it.
const mostOfPicture = 150_000

// changing are the parts of a page's text that differ in each run: numbers of orders, dates and times.
var changing = regexp.MustCompile(`lodging-\w+|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ \w+ \d+( \d+:\d+)?`)

// picture checks that README's picture of the name shows the page as it is. The text of the
// page is kept beside the picture.
func (p *pages) picture(v *visitor, name string) {
	p.Helper()
	taken, kept := v.Check("readme-"+name), filepath.Join("..", "docs", "pictures", name+".png")
	shown, text := changing.ReplaceAllString(v.Text(), "…")+"\n", filepath.Join("..", "docs", "pictures", name+".txt")
	if *record {
		require.NoError(p, compress(taken, kept))
		require.NoError(p, os.WriteFile(text, []byte(shown), 0o644)) //nolint:gosec // readable for all
	}
	recorded, err := os.ReadFile(text)
	require.NoError(p, err)
	require.Equal(p, string(recorded), shown, "the picture is out of date: take it again with -record")
	is, err := os.Stat(kept)
	require.NoError(p, err)
	require.Less(p, is.Size(), int64(mostOfPicture))
	readme, err := os.ReadFile("../README.md")
	require.NoError(p, err)
	require.Contains(p, string(readme), `src="docs/pictures/`+name+`.png"`)
}

// compress copies a picture: browsers take them fast, and large.
func compress(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	picture, err := png.Decode(in)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, picture)
	return errors.Join(err, os.WriteFile(to, out.Bytes(), 0o644)) //nolint:gosec // readable for all
}
