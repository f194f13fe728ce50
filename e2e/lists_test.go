package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
)

// placed is an order that was answered 201, and the filters of its lists.
type placed struct {
	answer
	owner string
	item  string
}

// placers place orders for alice, one per kind.
func (s *system) placers() []func() placed {
	s.Helper()
	place, menu, drink := s.place(40), s.menu(), s.drink(40)
	return []func() placed{
		func() placed { return placed{s.reserve(place).with(s, http.StatusCreated), "bora", place} },
		func() placed { return placed{s.order(menu).with(s, http.StatusCreated), "bora", menu} },
		func() placed { return placed{s.orderCup(drink).with(s, http.StatusCreated), "bora", drink} },
		func() placed { return placed{s.call().with(s, http.StatusCreated), "", ""} }, // calls are in no owner's list
	}
}

// requireListed requires that a list shows the order as it was answered, or says that
// it does not show it yet.
func requireListed(t *testing.T, s *system, path string, p placed, header ...string) {
	t.Helper()
	a := s.get(path, header...).with(t, http.StatusOK)
	for _, item := range a.body.Items {
		if item["id"] == p.body.ID || item["orderId"] == p.body.ID {
			if item["status"] == string(booking.Received) && p.body.Status != booking.Received {
				break // an older status
			}
			return
		}
	}
	if strings.Contains(path, "status=") {
		if v := s.page(p.body.ID); v.Version > p.body.Version && v.Status != p.body.Status {
			return // a slow step has ended since it was answered
		}
	}
	require.Contains(t, a.header.Get("Yeyak-Behind"), p.body.ID, "%s shows no %s, and does not say so", path, p.body.ID)
}

// listsOf are the lists of orders that a new order is in.
func listsOf(p placed) []string {
	byStatus := "&kind=" + string(p.body.Kind) + "&status=" + string(p.body.Status)
	lists := []string{"/v1/mypages?customerId=alice", "/v1/mypages?customerId=alice&status=" + string(p.body.Status)}
	if p.owner != "" {
		lists = append(lists, "/v1/orders?ownerId="+p.owner, "/v1/orders?ownerId="+p.owner+byStatus)
	}
	if p.body.Kind == booking.Cleaning {
		lists = append(lists, "/v1/cleaning/calls")
	}
	return lists
}

// requireRecords requires that the order's records are readable once it was answered:
// its job, its payment, its messages and what is left.
func (s *system) requireRecords(p placed) {
	s.Helper()
	status, _, _ := s.payment(p.body.ID)
	require.Equal(s, "charged", status)
	switch p.body.Status {
	case booking.Delivering:
		require.Contains(s, s.ordersAt(deliveries+"?status=started&ownerId=bora"), p.body.ID)
		require.Contains(s, s.ordersAt("/v1/messages?recipientId=bora"), p.body.ID)
	case booking.InProduction:
		require.Contains(s, s.ordersAt(productions+"?status=started&menuId="+p.item), p.body.ID)
	case booking.Confirmed:
		require.Contains(s, s.ordersAt("/v1/messages?recipientId=bora"), p.body.ID)
	}
}

// ordersAt are the orders of a list of jobs or of messages.
func (s *system) ordersAt(path string) (ids []string) {
	s.Helper()
	for _, item := range s.get(path).with(s, http.StatusOK).body.Items {
		ids = append(ids, item["orderId"].(string))
	}
	return ids
}

// TestLists_ShowWhatWasAnswered: an order that was answered 201 is in every list right
// after it, also if the read model's commits take 50 ms more.
func TestLists_ShowWhatWasAnswered(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]time.Duration{"InTime": 0, "Late": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachStorage(t, func(t *testing.T, s *system) {
				s.readModel.late.Store(int64(late))
				placers := s.placers()
				rooms, cups := 40, 40
				for try := range 30 {
					p := placers[try%len(placers)]()
					lists := listsOf(p)
					requireListed(t, s, lists[try%len(lists)], p) // the first list must have it
					for _, path := range lists {
						requireListed(t, s, path, p)
					}
					s.requireRecords(p)
					switch p.body.Kind {
					case booking.Lodging:
						rooms--
						require.Equal(t, []int{rooms, rooms}, s.remaining(p.item))
					case booking.Cafe:
						cups--
						require.Equal(t, cups, s.cups(p.item))
					}
				}
			})
		})
	}
}

// TestLists_ShowWhatAnotherProcessAnswered: a client that was answered by one process
// sends another one, whose list it reads, the version that it has seen.
func TestLists_ShowWhatAnotherProcessAnswered(t *testing.T) {
	t.Parallel()
	o := options(t)
	onPostgreSQL(t, &o)
	s := start(t, o)
	s.readModel.late.Store(int64(50 * time.Millisecond))
	o.Migrate, o.Config.Worker.Serve = false, nil
	second := start(t, o)
	placers := s.placers()
	for try := range 30 {
		p := placers[try%len(placers)]()
		seen := p.header.Get("Yeyak-As-Of")
		lists := listsOf(p)
		requireListed(t, second, lists[try%len(lists)], p, "Yeyak-After", seen)
	}
}

// TestLists_ShowWhatQueriesFeed: lists wait for the row, not for the notification.
func TestLists_ShowWhatQueriesFeed(t *testing.T) {
	t.Parallel()
	s := boot(t, func(o *app.Options) { o.Config.Mypage.Feed = config.FeedQuery })
	placers := s.placers()
	for try := range 8 {
		p := placers[try%len(placers)]()
		for _, path := range listsOf(p) {
			requireListed(t, s, path, p)
		}
	}
}
