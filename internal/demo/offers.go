package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// object is a JSON object.
type object map[string]any

// Accounts of the demonstration.
const (
	bora     = "bora" // owner
	cora     = "cora" // owner
	dana     = "dana" // courier
	kim      = "kim"  // cleaner
	operator = "olga"
)

var customers = []string{"alice", "minho"}

// offer is something to order.
type offer struct {
	kind  booking.Kind
	name  string
	owner string
	price int64 // in won
	// manual: the owner confirms each reservation.
	manual bool
	// count is the rooms of a place in each night, or the cups of a drink.
	count int
	// few: all customers want the same nights.
	few bool
	// keeps: the policy keeps a part of the price at a late cancellation.
	keeps bool

	id string // once it is registered
}

// offers lists what the businesses offer.
func offers() []*offer {
	return []*offer{
		{kind: booking.Lodging, name: "해운대 바다집", owner: bora, price: 95_000, count: 6, keeps: true},
		{kind: booking.Lodging, name: "Bukchon Hanok Stay", owner: bora, price: 140_000, count: 4, manual: true},
		{kind: booking.Lodging, name: "제주 돌담집", owner: cora, price: 120_000, count: 5, manual: true, keeps: true},
		{kind: booking.Lodging, name: "Gyeongju Garden Inn", owner: cora, price: 80_000, count: 8},
		{kind: booking.Lodging, name: "성수동 다락방", owner: bora, price: 45_000, count: 1, few: true},
		{kind: booking.Food, name: "전주비빔밥", owner: bora, price: 11_000},
		{kind: booking.Food, name: "Kimchi Jjigae", owner: bora, price: 9_500},
		{kind: booking.Food, name: "평양냉면", owner: cora, price: 12_000},
		{kind: booking.Food, name: "Tteokbokki Set", owner: cora, price: 8_000},
		{kind: booking.Cafe, name: "아이스 아메리카노", owner: cora, price: 4_500, count: 300},
		{kind: booking.Cafe, name: "Yuja Tea", owner: cora, price: 5_500, count: 300},
		{kind: booking.Cafe, name: "흑임자 라떼", owner: cora, price: 6_000, count: 300},
	}
}

// cleaner is a cleaner; the name contains the area. account is "" for none.
type cleaner struct{ name, account string }

var cleaners = []cleaner{{"김하늘 · 마포구", kim}, {"Lee Jun-seo · Gangnam", ""}, {"박서연 · 해운대구", ""}}

var addresses = []string{"서울 종로구 세종대로 12", "239 Donggyo-ro, Mapo-gu, Seoul", "부산 해운대구 해운대해변로 264", "24 Jungang-ro, Jeju"}

// days is the number of nights from today that have stock. Customers of a place with few
// rooms want one of fewNights nights, from the night fewFrom on.
const (
	days      = 60
	fewFrom   = 6
	fewNights = 6
)

// open registers all offers and cleaners. Those of an earlier demonstration are reused.
func (p *people) open(ctx context.Context, today booking.Date, all []*offer) error {
	for _, o := range all {
		if err := p.offer(ctx, today, o); err != nil {
			return fmt.Errorf("offer %s: %w", o.name, err)
		}
	}
	return p.employ(ctx)
}

// Paths of the offers, and bounds of their lists.
const (
	places     = "/v1/lodging/places"
	menus      = "/v1/food/menus"
	drinks     = "/v1/cafe/menus"
	atWork     = "/v1/cleaning/cleaners"
	listed     = 100 // entries in one answer
	moreOfList = 20  // the maximum of answers
)

var pathOfOffers = map[booking.Kind]string{booking.Lodging: places, booking.Food: menus, booking.Cafe: drinks}

func (p *people) offer(ctx context.Context, today booking.Date, o *offer) (err error) {
	path, day := pathOfOffers[o.kind], ""
	if o.kind == booking.Cafe {
		day = today.AddDays(1).String()
	}
	o.id, err = p.find(ctx, o.owner, path, func(i item) bool {
		return i.Name == o.name && i.OwnerID == o.owner && i.Date == day && !i.Withdrawn
	})
	if err != nil {
		return err
	}
	if o.id == "" {
		if o.id, err = p.add(ctx, o.owner, path, o.described(day)); err != nil {
			return err
		}
	}
	if o.kind != booking.Lodging {
		return nil
	}
	stock := object{"from": today, "to": today.AddDays(days), "rooms": o.count}
	return p.must(ctx, request{as: o.owner, method: http.MethodPut, path: places + "/" + o.id + "/stock", in: stock}, nil)
}

func (o *offer) described(day string) object {
	in := object{"name": o.name, "ownerId": o.owner, "price": object{"amount": o.price, "currency": "KRW"}}
	switch o.kind {
	case booking.Lodging:
		in["confirmation"] = booking.Auto
		if o.manual {
			in["confirmation"], in["confirmWithin"] = booking.Manual, "24h"
		}
		if o.keeps {
			in["cancellation"] = object{"tiers": []object{{"before": "720h", "percent": 100}, {"before": "24h", "percent": 50}}}
		}
	case booking.Cafe:
		in["date"], in["count"] = day, o.count
	default:
	}
	return in
}

// employ registers the cleaners.
func (p *people) employ(ctx context.Context) error {
	for _, c := range cleaners {
		found, err := p.find(ctx, operator, atWork, func(i item) bool {
			return !i.Withdrawn && i.Name == c.name || c.account != "" && i.ID == c.account
		})
		if err == nil && found == "" {
			in := object{"name": c.name}
			if c.account != "" {
				in["personId"] = c.account
			}
			_, err = p.add(ctx, operator, atWork, in)
		}
		if err != nil {
			return fmt.Errorf("employ %s: %w", c.name, err)
		}
	}
	return nil
}

// item is an offer in a list.
type item struct {
	ID, Name, OwnerID, Date string
	Withdrawn               bool
}

// find returns the id of the first wanted item of a list, "" for none.
func (p *people) find(ctx context.Context, as, path string, wanted func(item) bool) (id string, err error) {
	cursor := ""
	for range moreOfList {
		var list struct {
			Items []item
			Next  string
		}
		query := url.Values{"limit": {strconv.Itoa(listed)}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		if err := p.must(ctx, request{as: as, method: http.MethodGet, path: path + "?" + query.Encode()}, &list); err != nil {
			return "", err
		}
		for _, i := range list.Items {
			if wanted(i) {
				return i.ID, nil
			}
		}
		if cursor = list.Next; cursor == "" {
			break
		}
	}
	return "", nil
}

func (p *people) add(ctx context.Context, as, path string, in object) (id string, err error) {
	var made item
	err = p.must(ctx, request{as: as, method: http.MethodPost, path: path, in: in}, &made)
	return made.ID, err
}

// todayIn is the date in the time zone of the businesses.
func todayIn(now time.Time) booking.Date {
	if zone, err := booking.Zone("Asia/Seoul"); err == nil {
		now = now.In(zone)
	}
	return booking.DateOf(now)
}
