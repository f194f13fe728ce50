package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// TestMessages_InTheLanguageOfTheRequest: messages have text in the request's language,
// and the values in it. A message of an earlier build is shown as it was written.
func TestMessages_InTheLanguageOfTheRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := time.Unix(1_700_000_000, 0).UTC()
	b.store.messages = []booking.Message{
		{
			Key: "lodging-1/notice/withdrawal", OrderID: "lodging-1", RecipientID: "olivia", Type: booking.ReservationCancelledMessage,
			Data: booking.MessageData{
				Kind: booking.Lodging, For: booking.ForOwner, Item: "Seaside Inn", Quantity: 2, CustomerID: "alice",
				From: booking.Date{Year: 2026, Month: 12, Day: 24}, To: booking.Date{Year: 2026, Month: 12, Day: 26},
			},
			Reason: booking.ByCustomer, At: at,
		},
		{
			Key: "food-1/notice", OrderID: "food-1", RecipientID: "olivia", Type: booking.OrderPlacedMessage,
			Text: "New order: 2 × Bibimbap, for bob", At: at,
		},
	}
	for language, text := range map[string]string{
		"":                  "Cancelled (at the customer's wish): 2 × Seaside Inn, 2026-12-24 to 2026-12-26, for alice",
		"ko-KR,en;q=0.5":    "예약이 취소되었습니다(고객취소): Seaside Inn 2실, 2026-12-24 ~ 2026-12-26, alice 님",
		"fr, en;q=0.9, *":   "Cancelled (at the customer's wish): 2 × Seaside Inn, 2026-12-24 to 2026-12-26, for alice",
		"ko;q=0.1,en;q=0.2": "Cancelled (at the customer's wish): 2 × Seaside Inn, 2026-12-24 to 2026-12-26, for alice",
	} {
		a := b.do("GET", "/v1/messages?recipientId=olivia", "", "Accept-Language", language)
		require.Equal(t, 200, a.StatusCode)
		require.Equal(t, "Accept-Language", a.Header.Get("Vary"))
		require.Equal(t, string(preferred(language)), a.Header.Get("Content-Language"))
		require.JSONEq(t, `{"items": [
			{
				"id": "lodging-1/notice/withdrawal", "orderId": "lodging-1", "recipientId": "olivia", "type": "reservation_cancelled",
				"data": {
					"kind": "lodging", "for": "owner", "item": "Seaside Inn", "quantity": 2, "customerId": "alice",
					"from": "2026-12-24", "to": "2026-12-26"
				},
				"reason": "customer", "text": "`+text+`", "at": "2023-11-14T22:13:20Z"
			},
			{
				"id": "food-1/notice", "orderId": "food-1", "recipientId": "olivia", "type": "order_placed",
				"text": "New order: 2 × Bibimbap, for bob", "at": "2023-11-14T22:13:20Z"
			}
		]}`, a.text, language)
	}
}
