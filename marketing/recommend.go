package marketing

import (
	"context"
	"fmt"
	"time"
)

// item is what can be booked.
type item struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Why something is recommended.
const (
	alsoBooked = "also_booked" // by customers who share an item with this one
	popular    = "popular"
)

// recommendation is an item that a customer has not booked yet.
type recommendation struct {
	Kind    string `json:"kind"`
	Item    item   `json:"item"`
	Because string `json:"because"`
	// Customers is how many customers have booked it: of all, or of those with an item
	// in common, as Because says.
	Customers int `json:"customers"`
}

// scored are the items that a customer has not booked, with how many other customers
// have; %s selects these. own are the customer's items, alike the customers with one of
// them. Cancelled bookings do not count. Items that take no orders are left out, and all
// items until the feed was read to its end once: only then are all withdrawals known.
const scored = `
	WITH own AS (
		SELECT DISTINCT kind, item_id FROM marketing_bookings WHERE customer_id = ? AND NOT cancelled
	), alike AS (
		SELECT DISTINCT b.customer_id FROM marketing_bookings b
		JOIN own ON own.kind = b.kind AND own.item_id = b.item_id WHERE NOT b.cancelled
	), best AS (
		SELECT kind, item_id, COUNT(DISTINCT customer_id) AS customers FROM marketing_bookings b
		WHERE NOT cancelled AND %s
			AND NOT EXISTS (SELECT 1 FROM own WHERE own.kind = b.kind AND own.item_id = b.item_id)
			AND NOT EXISTS (SELECT 1 FROM marketing_offers o WHERE o.kind = b.kind AND o.item_id = b.item_id
				AND (o.withdrawn OR o.deleted OR o.ends_at <= ?))
			AND EXISTS (SELECT 1 FROM marketing_followed WHERE complete)
		GROUP BY kind, item_id
		ORDER BY customers DESC, item_id, kind LIMIT ?
	)
	SELECT kind, item_id, customers, COALESCE((
		SELECT o.item_name FROM marketing_offers o WHERE o.kind = best.kind AND o.item_id = best.item_id
	), (
		SELECT n.item_name FROM marketing_bookings n WHERE n.kind = best.kind AND n.item_id = best.item_id
		ORDER BY n.placed_at DESC, n.order_id DESC LIMIT 1
	)) AS item_name
	FROM best ORDER BY customers DESC, item_id, kind`

// recommend returns up to limit items for the customer: those of customers with an item
// in common, the most frequent first, and after that popular ones. The same bookings and
// offers give the same answer.
func (s *store) recommend(ctx context.Context, customerID string, limit int) ([]recommendation, error) {
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dbTimeout)
	defer cancel()
	found, err := s.score(ctx, alsoBooked, "customer_id IN (SELECT customer_id FROM alike)", customerID, limit)
	if err != nil || len(found) == limit {
		return found, err
	}
	// Those that were found already are among the popular ones again.
	more, err := s.score(ctx, popular, "TRUE", customerID, limit+len(found))
	if err != nil {
		return nil, err
	}
	type key struct{ kind, id string }
	seen := map[key]bool{}
	for _, r := range found {
		seen[key{r.Kind, r.Item.ID}] = true
	}
	for _, r := range more {
		if len(found) < limit && !seen[key{r.Kind, r.Item.ID}] {
			found = append(found, r)
		}
	}
	return found, nil
}

func (s *store) score(ctx context.Context, because, who, customerID string, limit int) ([]recommendation, error) {
	var rows []struct {
		Kind      string
		ItemID    string
		ItemName  string
		Customers int
	}
	if err := s.db.NewRaw(fmt.Sprintf(scored, who), customerID, time.Now().Unix(), limit).Scan(ctx, &rows); err != nil {
		s.noteMissing(err)
		return nil, fmt.Errorf("find recommendations: %w", err)
	}
	found := make([]recommendation, len(rows))
	for i, r := range rows {
		found[i] = recommendation{Kind: r.Kind, Item: item{r.ItemID, r.ItemName}, Because: because, Customers: r.Customers}
	}
	return found, nil
}
