package booking

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// messageWords are the words of each message for each of its addressees. {order} stands for
// the order's line in orderWords.
var messageWords = map[MessageType]map[Addressee]words{
	ReservationPlacedMessage: {
		ForOwner: {English: "New reservation: {order}", Korean: "새 예약: {order}"},
	},
	ReservationToDecideMessage: {
		ForOwner: {
			English: "Please confirm or reject within {confirmWithin}: {order}",
			Korean:  "{confirmWithin} 안에 승인하거나 거절해 주세요: {order}",
		},
	},
	ReservationCancelledMessage: {
		ForOwner: {English: "Cancelled ({reason}): {order}", Korean: "예약이 취소되었습니다({reason}): {order}"},
	},
	PaymentDeferredMessage: {
		ForCustomer: {
			English: "Paying takes longer than usual just now. We have your order and charge the payment a little later: {item}",
			Korean:  "결제가 평소보다 늦어지고 있습니다. 주문은 접수되었으며 잠시 후에 결제됩니다: {item}",
		},
	},
	PaymentToConfirmMessage: {
		ForCustomer: {
			English: "Please confirm the payment of your order within {confirmWithin}, or it is cancelled: {item}",
			Korean:  "{confirmWithin} 안에 결제를 확인해 주세요. 확인하지 않으면 주문이 취소됩니다: {item}",
		},
	},
	OrderPlacedMessage: {
		ForOwner: {English: "New order: {order}", Korean: "새 주문: {order}"},
	},
	OrderCancelledMessage: {
		ForOwner: {English: "Cancelled ({reason}): {order}", Korean: "주문이 취소되었습니다({reason}): {order}"},
		ForCustomer: {
			English: "Your order is cancelled ({reason}). You pay nothing: {item}",
			Korean:  "주문이 취소되었습니다({reason}). 청구되는 금액은 없습니다: {item}",
		},
	},
	CleanerAssignedMessage: {
		ForCustomer: {English: "{cleaner} will come to clean", Korean: "{cleaner}이 방문합니다"},
	},
	AssignmentCancelledMessage: {
		ForCustomer: {English: "{cleaner} will not come to clean", Korean: "{cleaner}이 방문하지 않습니다"},
	},
	CallConfirmedMessage: {
		ForCustomer: {
			English: "Your call for a cleaner is confirmed",
			Korean:  "청소 호출이 확정되었습니다",
		},
	},
	CallAssignedMessage: {
		ForCleaner: {English: "New call: {order}", Korean: "새 호출: {order}"},
	},
	CallCancelledMessage: {
		ForCustomer: {
			English: "Your call for a cleaner is cancelled ({reason})",
			Korean:  "청소 호출이 취소되었습니다({reason})",
		},
		ForCleaner: {English: "Cancelled ({reason}): {order}", Korean: "호출이 취소되었습니다({reason}): {order}"},
	},
	NoShowMessage: {
		ForCustomer: {
			English: "You did not come, so your reservation is cancelled. {refund} is refunded: {item}",
			Korean:  "체크인하지 않으셔서 예약이 취소되었습니다. 환불 금액: {refund}. {item}",
		},
	},
	RefundedMessage: {
		ForCustomer: {
			English: "{refund} of what you paid has been refunded: {item}",
			Korean:  "일부 환불이 완료되었습니다. 환불 금액: {refund}. {item}",
		},
	},
	RefundFailedMessage: {
		ForCustomer: {
			English: "The refund of {refund} takes longer: the payment provider could not make it. We see to it: {item}",
			Korean:  "결제사 사정으로 환불이 지연되어 담당자가 처리하고 있습니다. 환불 예정 금액: {refund}. {item}",
		},
	},
	RefundEndedMessage: {
		ForCustomer: {
			English: "The refund of {refund} is not made any more: you have got that money back in another way. {item}",
			Korean:  "환불 예정이던 금액({refund})은 다른 방법으로 이미 돌려드렸으므로 별도로 환불되지 않습니다. {item}",
		},
	},
	LatePaymentMessage: {
		ForCustomer: {
			English: "Your payment came after the order had ended. {refund} has been refunded: {item}",
			Korean:  "주문이 종료된 후 결제되어 환불해 드렸습니다. 환불 금액: {refund}. {item}",
		},
	},
	ChangeToDecideMessage: {
		ForOwner: {
			English: "A guest wants to change a reservation. Please confirm or reject within {confirmWithin}: {order}",
			Korean:  "예약 변경 요청입니다. {confirmWithin} 안에 승인하거나 거절해 주세요: {order}",
		},
	},
	ChangedMessage: {
		ForOwner:    {English: "Reservation changed: {order}", Korean: "예약이 변경되었습니다: {order}"},
		ForCustomer: {English: "Your reservation is changed: {order}", Korean: "요청하신 대로 예약이 변경되었습니다: {order}"},
	},
	ChangeRefusedMessage: {
		ForOwner: {
			English: "The change of a reservation was not made, it stays as it was ({reason}): {order}",
			Korean:  "예약 변경이 취소되어 기존 예약이 유지됩니다({reason}): {order}",
		},
		ForCustomer: {
			English: "Your reservation could not be changed ({reason}), it stays as it was: {order}",
			Korean:  "예약을 변경하지 못했습니다({reason}). 기존 예약이 유지됩니다: {order}",
		},
	},
	OrderChangedMessage: {
		ForOwner:    {English: "Order changed, it is this now: {order}", Korean: "주문이 변경되었습니다: {order}"},
		ForCustomer: {English: "Your order is changed: {order}", Korean: "요청하신 대로 주문이 변경되었습니다: {order}"},
	},
	DisputeLostMessage: {
		ForOwner: {
			English: "The customer's bank has taken back {refund} of the payment in a dispute: {item}",
			Korean:  "결제 분쟁에서 고객의 은행이 결제 금액을 회수했습니다. 회수 금액: {refund}. {item}",
		},
	},
	DecisionNotDoneMessage: {
		ForCustomer: decisionNotDone, ForOwner: decisionNotDone, ForCleaner: decisionNotDone,
	},
}

// cancelledInPart are the words of OrderCancelledMessage for a customer of whose payment
// something is kept.
var cancelledInPart = words{
	English: "Your order is cancelled ({reason}). {refund} of what you paid is refunded: {item}",
	Korean:  "주문이 취소되었습니다({reason}). 환불 금액: {refund}. {item}",
}

// noShowForNothing are the words of NoShowMessage for a reservation that has cost nothing.
var noShowForNothing = words{
	English: "You did not come, so your reservation is cancelled: {item}",
	Korean:  "체크인하지 않으셔서 예약이 취소되었습니다. {item}",
}

var decisionNotDone = words{
	English: "Your decision ({decision}) could not be carried out. The order is {status}: {order}",
	Korean:  "요청하신 처리({decision})를 반영하지 못했습니다. 현재 상태: {status}. {order}",
}

// decisionLabels are the decisions of people, by the name of the update.
var decisionLabels = map[string]words{
	"confirm":  {English: "confirm", Korean: "승인"},
	"reject":   {English: "reject", Korean: "거절"},
	"cancel":   {English: "cancel", Korean: "취소"},
	"complete": {English: "complete", Korean: "완료"},
	"no_show":  {English: "no-show", Korean: "노쇼"},
	"resolve":  {English: "paid by hand", Korean: "직접 환불"},
}

// unnamedCleaner replaces a name that the message does not have: a saga that undoes an
// assignment may not have the name.
var unnamedCleaner = words{English: "Your cleaner", Korean: "청소 담당자님"}

// Words is the message's text. A message of an earlier build keeps its text, unless that
// contains the location of a call; a message of a type without words reads as its type.
func (m Message) Words(l Language) string {
	text := messageWords[m.Type][m.Data.For][l]
	switch {
	case m.Type == OrderCancelledMessage && m.Data.For == ForCustomer && m.Data.Refund != nil:
		text = cancelledInPart[l]
	case m.Type == NoShowMessage && m.Data.For == ForCustomer && m.Data.Refund == nil:
		text = noShowForNothing[l]
	}
	if text == "" {
		return cmp.Or(m.written(), string(m.Type))
	}
	d := m.Data
	text = strings.ReplaceAll(text, "{order}", orderWords[d.Kind][l])
	return strings.NewReplacer(
		"{item}", d.Item,
		"{quantity}", strconv.Itoa(d.Quantity),
		"{from}", d.From.String(),
		"{to}", d.To.String(),
		"{date}", d.Date.String(),
		"{confirmWithin}", d.ConfirmWithin.words(l),
		"{customer}", d.CustomerID,
		"{cleaner}", d.cleanerIn(l),
		"{refund}", d.Refund.words(l),
		"{reason}", cmp.Or(m.Reason.Label(l), string(m.Reason)),
		"{decision}", cmp.Or(decisionLabels[d.Decision][l], d.Decision),
		"{status}", cmp.Or(d.Status.Label(d.Kind, l), string(d.Status)),
	).Replace(text)
}

// written is the text of a message of an earlier build. For calls it contains the location.
func (m Message) written() string {
	if IsOrderID(Cleaning, m.OrderID) {
		return ""
	}
	return m.Text
}

// cleanerIn is the cleaner's name, with the title that Korean puts after it.
func (d MessageData) cleanerIn(l Language) string {
	switch {
	case d.Cleaner == "":
		return unnamedCleaner[l]
	case l == Korean:
		return d.Cleaner + " 님"
	default:
		return d.Cleaner
	}
}

// words is the amount for people: "1,250.00 EUR", and won in Korean.
func (m *Money) words(l Language) string {
	if m == nil {
		return ""
	}
	digits, known := Digits(m.Currency)
	if !known {
		digits = 2
	}
	number := strconv.FormatInt(m.Amount, 10)
	if missing := digits + 1 - len(number); missing > 0 {
		number = strings.Repeat("0", missing) + number
	}
	whole, rest := number[:len(number)-digits], number[len(number)-digits:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	if m.Currency == "KRW" && l == Korean {
		return whole + "원"
	}
	return whole + " " + m.Currency
}

// durationUnits are the units of durations in words, the longest first.
var durationUnits = []struct {
	length    time.Duration
	one, many words
}{
	{time.Hour, words{English: " hour", Korean: "시간"}, words{English: " hours", Korean: "시간"}},
	{time.Minute, words{English: " minute", Korean: "분"}, words{English: " minutes", Korean: "분"}},
	{time.Second, words{English: " second", Korean: "초"}, words{English: " seconds", Korean: "초"}},
}

// words is the duration for people: "36 hours 30 minutes".
func (d Duration) words(l Language) string {
	var parts []string
	rest := time.Duration(d)
	for _, unit := range durationUnits {
		count, name := float64(rest/unit.length), unit.many
		if unit.length == time.Second {
			count = rest.Seconds() // the last unit, with fractions
		}
		rest %= unit.length
		if count == 0 && (unit.length != time.Second || len(parts) > 0) {
			continue
		}
		if count == 1 {
			name = unit.one
		}
		parts = append(parts, strconv.FormatFloat(count, 'f', -1, 64)+name[l])
	}
	return strings.Join(parts, " ")
}
