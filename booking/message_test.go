package booking_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// worded is a message with its words in both languages.
type worded struct {
	message         booking.Message
	english, korean string
}

// messages returns every type of message for each of its addressees.
func messages() []worded {
	const reason = booking.ByCustomer
	stay := booking.MessageData{
		Kind: booking.Lodging, For: booking.ForOwner, Item: "Seaside Inn", Quantity: 2, CustomerID: "alice",
		From: booking.Date{Year: 2026, Month: 12, Day: 24}, To: booking.Date{Year: 2026, Month: 12, Day: 26},
	}
	toDecide := stay
	toDecide.ConfirmWithin = booking.Duration(36*time.Hour + 30*time.Minute)
	late := stay
	late.Decision, late.Status = "confirm", booking.Cancelled
	meal := booking.MessageData{Kind: booking.Food, For: booking.ForOwner, Item: "Bibimbap", Quantity: 3, CustomerID: "alice"}
	cup := booking.MessageData{
		Kind: booking.Cafe, For: booking.ForOwner, Item: "Latte", Quantity: 2, CustomerID: "alice",
		Date: booking.Date{Year: 2026, Month: 12, Day: 24},
	}
	deferred := booking.MessageData{Kind: booking.Food, For: booking.ForCustomer, Item: "Bibimbap"}
	toConfirm, free := deferred, deferred
	toConfirm.ConfirmWithin = booking.Duration(15 * time.Minute)
	call := booking.MessageData{Kind: booking.Cleaning, For: booking.ForCustomer}
	visit := call
	visit.Cleaner = "민준"
	refunded := booking.MessageData{Kind: booking.Food, For: booking.ForCustomer, Item: "Bibimbap", Refund: &booking.Money{Amount: 5000, Currency: "KRW"}}
	lost := refunded
	lost.For = booking.ForOwner
	errand := booking.MessageData{Kind: booking.Cleaning, For: booking.ForCleaner, CustomerID: "alice"}
	return []worded{
		{booking.Message{Type: booking.ReservationPlacedMessage, Data: stay},
			"New reservation: 2 × Seaside Inn, 2026-12-24 to 2026-12-26, for alice",
			"새 예약: Seaside Inn 2실, 2026-12-24 ~ 2026-12-26, alice 님"},
		{booking.Message{Type: booking.ReservationToDecideMessage, Data: toDecide},
			"Please confirm or reject within 36 hours 30 minutes: 2 × Seaside Inn, 2026-12-24 to 2026-12-26, for alice",
			"36시간 30분 안에 승인하거나 거절해 주세요: Seaside Inn 2실, 2026-12-24 ~ 2026-12-26, alice 님"},
		{booking.Message{Type: booking.ReservationCancelledMessage, Data: stay, Reason: booking.OwnerTimeout},
			"Cancelled (the owner did not answer in time): 2 × Seaside Inn, 2026-12-24 to 2026-12-26, for alice",
			"예약이 취소되었습니다(점주응답없음): Seaside Inn 2실, 2026-12-24 ~ 2026-12-26, alice 님"},
		{booking.Message{Type: booking.ChangeToDecideMessage, Data: toDecide},
			"A guest wants to change a reservation. Please confirm or reject within 36 hours 30 minutes: 2 × Seaside Inn, 2026-12-24 to 2026-12-26, for alice",
			"예약 변경 요청입니다. 36시간 30분 안에 승인하거나 거절해 주세요: Seaside Inn 2실, 2026-12-24 ~ 2026-12-26, alice 님"},
		{booking.Message{Type: booking.ChangedMessage, Data: stay},
			"Reservation changed: 2 × Seaside Inn, 2026-12-24 to 2026-12-26, for alice", "예약이 변경되었습니다: Seaside Inn 2실, 2026-12-24 ~ 2026-12-26, alice 님"},
		{booking.Message{Type: booking.ChangeRefusedMessage, Data: stay, Reason: booking.OwnerTimeout},
			"The change of a reservation was not made, it stays as it was (the owner did not answer in time): 2 × Seaside Inn, 2026-12-24 to 2026-12-26, for alice",
			"예약 변경이 취소되어 기존 예약이 유지됩니다(점주응답없음): Seaside Inn 2실, 2026-12-24 ~ 2026-12-26, alice 님"},
		{booking.Message{Type: booking.OrderPlacedMessage, Data: meal},
			"New order: 3 × Bibimbap, for alice", "새 주문: Bibimbap 3개, alice 님"},
		{booking.Message{Type: booking.OrderPlacedMessage, Data: cup},
			"New order: 2 × Latte on 2026-12-24, for alice", "새 주문: Latte 2잔, 2026-12-24, alice 님"},
		{booking.Message{Type: booking.OrderChangedMessage, Data: cup},
			"Order changed, it is this now: 2 × Latte on 2026-12-24, for alice", "주문이 변경되었습니다: Latte 2잔, 2026-12-24, alice 님"},
		{booking.Message{Type: booking.OrderCancelledMessage, Data: cup, Reason: booking.MenuDeleted},
			"Cancelled (no longer sold): 2 × Latte on 2026-12-24, for alice",
			"주문이 취소되었습니다(강제취소): Latte 2잔, 2026-12-24, alice 님"},
		{booking.Message{Type: booking.PaymentDeferredMessage, Data: deferred},
			"Paying takes longer than usual just now. We have your order and charge the payment a little later: Bibimbap",
			"결제가 평소보다 늦어지고 있습니다. 주문은 접수되었으며 잠시 후에 결제됩니다: Bibimbap"},
		{booking.Message{Type: booking.PaymentToConfirmMessage, Data: toConfirm},
			"Please confirm the payment of your order within 15 minutes, or it is cancelled: Bibimbap",
			"15분 안에 결제를 확인해 주세요. 확인하지 않으면 주문이 취소됩니다: Bibimbap"},
		{booking.Message{Type: booking.OrderCancelledMessage, Data: deferred, Reason: booking.PaymentUnavailable},
			"Your order is cancelled (the payment could not be made). You pay nothing: Bibimbap",
			"주문이 취소되었습니다(결제불가). 청구되는 금액은 없습니다: Bibimbap"},
		{booking.Message{Type: booking.OrderCancelledMessage, Data: refunded, Reason: reason},
			"Your order is cancelled (at the customer's wish). 5,000 KRW of what you paid is refunded: Bibimbap",
			"주문이 취소되었습니다(고객취소). 환불 금액: 5,000원. Bibimbap"},
		{booking.Message{Type: booking.CallConfirmedMessage, Data: call},
			"Your call for a cleaner is confirmed", "청소 호출이 확정되었습니다"},
		{booking.Message{Type: booking.CallCancelledMessage, Data: call, Reason: reason},
			"Your call for a cleaner is cancelled (at the customer's wish)",
			"청소 호출이 취소되었습니다(고객취소)"},
		{booking.Message{Type: booking.CleanerAssignedMessage, Data: visit},
			"민준 will come to clean", "민준 님이 방문합니다"},
		{booking.Message{Type: booking.AssignmentCancelledMessage, Data: visit, Reason: reason},
			"민준 will not come to clean", "민준 님이 방문하지 않습니다"},
		{booking.Message{Type: booking.AssignmentCancelledMessage, Data: call, Reason: reason},
			"Your cleaner will not come to clean", "청소 담당자님이 방문하지 않습니다"},
		{booking.Message{Type: booking.CallAssignedMessage, Data: errand},
			"New call: cleaning, for alice", "새 호출: 청소, alice 님"},
		{booking.Message{Type: booking.CallCancelledMessage, Data: errand, Reason: reason},
			"Cancelled (at the customer's wish): cleaning, for alice",
			"호출이 취소되었습니다(고객취소): 청소, alice 님"},
		{booking.Message{Type: booking.RefundedMessage, Data: refunded},
			"5,000 KRW of what you paid has been refunded: Bibimbap",
			"일부 환불이 완료되었습니다. 환불 금액: 5,000원. Bibimbap"},
		{booking.Message{Type: booking.NoShowMessage, Data: refunded},
			"You did not come, so your reservation is cancelled. 5,000 KRW is refunded: Bibimbap",
			"체크인하지 않으셔서 예약이 취소되었습니다. 환불 금액: 5,000원. Bibimbap"},
		{booking.Message{Type: booking.NoShowMessage, Data: free},
			"You did not come, so your reservation is cancelled: Bibimbap", "체크인하지 않으셔서 예약이 취소되었습니다. Bibimbap"},
		{booking.Message{Type: booking.RefundEndedMessage, Data: refunded},
			"The refund of 5,000 KRW is not made any more: you have got that money back in another way. Bibimbap",
			"환불 예정이던 금액(5,000원)은 다른 방법으로 이미 돌려드렸으므로 별도로 환불되지 않습니다. Bibimbap"},
		{booking.Message{Type: booking.LatePaymentMessage, Data: refunded},
			"Your payment came after the order had ended. 5,000 KRW has been refunded: Bibimbap",
			"주문이 종료된 후 결제되어 환불해 드렸습니다. 환불 금액: 5,000원. Bibimbap"},
		{booking.Message{Type: booking.RefundFailedMessage, Data: refunded},
			"The refund of 5,000 KRW takes longer: the payment provider could not make it. We see to it: Bibimbap",
			"결제사 사정으로 환불이 지연되어 담당자가 처리하고 있습니다. 환불 예정 금액: 5,000원. Bibimbap"},
		{booking.Message{Type: booking.DisputeLostMessage, Data: lost},
			"The customer's bank has taken back 5,000 KRW of the payment in a dispute: Bibimbap",
			"결제 분쟁에서 고객의 은행이 결제 금액을 회수했습니다. 회수 금액: 5,000원. Bibimbap"},
		{booking.Message{Type: booking.DecisionNotDoneMessage, Data: late},
			"Your decision (confirm) could not be carried out. The order is cancelled: 2 × Seaside Inn, 2026-12-24 to 2026-12-26, for alice",
			"요청하신 처리(승인)를 반영하지 못했습니다. 현재 상태: 예약취소. Seaside Inn 2실, 2026-12-24 ~ 2026-12-26, alice 님"},
	}
}

func TestMessages_InWords(t *testing.T) {
	t.Parallel()
	for _, m := range messages() {
		require.Equal(t, m.english, m.message.Words(booking.English))
		require.Equal(t, m.korean, m.message.Words(booking.Korean))
	}
}

// TestMessages_DurationsInWords: a unit with count one is in the singular, and no unit is
// left out.
func TestMessages_DurationsInWords(t *testing.T) {
	t.Parallel()
	for within, want := range map[time.Duration]struct{ english, korean string }{
		36*time.Hour + 30*time.Minute:         {"36 hours 30 minutes", "36시간 30분"},
		24 * time.Hour:                        {"24 hours", "24시간"},
		time.Hour:                             {"1 hour", "1시간"},
		time.Hour + time.Minute + time.Second: {"1 hour 1 minute 1 second", "1시간 1분 1초"},
		720 * time.Hour:                       {"720 hours", "720시간"},
		time.Hour + 2*time.Second:             {"1 hour 2 seconds", "1시간 2초"},
		90 * time.Second:                      {"1 minute 30 seconds", "1분 30초"},
		time.Second:                           {"1 second", "1초"},
		time.Minute + 1500*time.Millisecond:   {"1 minute 1.5 seconds", "1분 1.5초"},
		time.Minute + 500*time.Millisecond:    {"1 minute 0.5 seconds", "1분 0.5초"},
		0:                                     {"0 seconds", "0초"},
	} {
		m := booking.Message{Type: booking.ReservationToDecideMessage, Data: booking.MessageData{
			Kind: booking.Lodging, For: booking.ForOwner, ConfirmWithin: booking.Duration(within),
		}}
		require.Contains(t, m.Words(booking.English), "confirm or reject within "+want.english+":")
		require.Regexp(t, "^"+want.korean+" 안에", m.Words(booking.Korean))
	}
}

// TestMessages_EveryTypeHasWords: every type has words of its own in every language.
func TestMessages_EveryTypeHasWords(t *testing.T) {
	t.Parallel()
	for _, l := range booking.Languages() {
		seen := map[string]booking.MessageType{}
		for _, typ := range booking.MessageTypes() {
			addressed := 0
			for _, to := range booking.Addressees() {
				text := booking.Message{Type: typ, Data: booking.MessageData{Kind: booking.Cleaning, For: to}}.Words(l)
				english := booking.Message{Type: typ, Data: booking.MessageData{Kind: booking.Cleaning, For: to}}.Words(booking.English)
				require.Equal(t, english == string(typ), text == string(typ), "%s for a %s has words in %s or in English", typ, to, l)
				if text == string(typ) {
					continue // this addressee does not get it
				}
				addressed++
				require.NotRegexp(t, `[{}]`, text, "a field in the words of %s in %s is none", typ, l)
			}
			require.Positive(t, addressed, "%s has no words in %s", typ, l)
		}
		for _, m := range messages() {
			text := m.message.Words(l)
			require.Empty(t, seen[text], "%s reads as %s in %s", m.message.Type, seen[text], l)
			seen[text] = m.message.Type
		}
	}
	var known []booking.MessageType
	for _, m := range messages() {
		known = append(known, m.message.Type)
	}
	for _, typ := range booking.MessageTypes() {
		require.Contains(t, known, typ, "a new message wants a line in messages")
	}
}

// TestMessages_WithoutWords: texts of earlier builds stay as they are, and a message of a
// later build reads as its type.
func TestMessages_WithoutWords(t *testing.T) {
	t.Parallel()
	for _, l := range booking.Languages() {
		old := booking.Message{Type: booking.OrderPlacedMessage, Text: "New order: 2 × Latte, for alice"}
		require.Equal(t, old.Text, old.Words(l))
		old = booking.Message{OrderID: "cleaning-1", Type: booking.CallAssignedMessage, Text: "New call: 7 Hill Street, for alice"}
		require.Equal(t, "call_assigned", old.Words(l), "it names a location")
		require.Equal(t, "order_repeated", booking.Message{Type: "order_repeated", Data: booking.MessageData{For: booking.ForOwner}}.Words(l))
	}
}

// TestMessages_AmountsInWords: amounts have the digits of the currency's minor unit.
func TestMessages_AmountsInWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		amount          booking.Money
		english, korean string
	}{
		{booking.Money{Amount: 1234567, Currency: "KRW"}, "1,234,567 KRW", "1,234,567원"},
		{booking.Money{Amount: 0, Currency: "KRW"}, "0 KRW", "0원"},
		{booking.Money{Amount: 123456, Currency: "EUR"}, "1,234.56 EUR", "1,234.56 EUR"},
		{booking.Money{Amount: 7, Currency: "USD"}, "0.07 USD", "0.07 USD"},
		{booking.Money{Amount: 1005, Currency: "KWD"}, "1.005 KWD", "1.005 KWD"},
		{booking.Money{Amount: 100000, Currency: "JPY"}, "100,000 JPY", "100,000 JPY"},
	} {
		m := booking.Message{Type: booking.RefundedMessage, Data: booking.MessageData{Kind: booking.Food, For: booking.ForCustomer, Refund: &test.amount}}
		require.Contains(t, m.Words(booking.English), test.english+" of what you paid")
		require.Contains(t, m.Words(booking.Korean), "환불 금액: "+test.korean+".")
	}
}

// TestMessages_NamesInBraces: a name that contains braces is not read as a field.
func TestMessages_NamesInBraces(t *testing.T) {
	t.Parallel()
	m := booking.Message{Type: booking.OrderPlacedMessage, Data: booking.MessageData{
		Kind: booking.Food, For: booking.ForOwner, Item: "{customer} {order}", Quantity: 1, CustomerID: "alice",
	}}
	require.Equal(t, "New order: 1 × {customer} {order}, for alice", m.Words(booking.English))
}
