package contract

import (
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// Notices: messages that are sent while an order goes well, and taken back when
// it is cancelled. Each is the name of a message within its order.
const (
	OwnerNotice          = "notice"             // to the owner: an order came
	DeferralNotice       = "payment-deferred"   // to the customer: the payment follows
	ConfirmPaymentNotice = "payment-to-confirm" // to the customer: they have to confirm the payment
	ConfirmationNotice   = "confirmation"       // to the customer: the order is confirmed
	IntroductionNotice   = "assignment"         // to the customer: who comes
	CleanerNotice        = "cleaner"            // to the cleaner: where to go
)

// NotProcessedMessage is the name of the message to the customer of an order that
// was not processed. It is no notice: nothing takes it back.
const NotProcessedMessage = "inbox/not-processed"

// NoShowMessage is the name of the message to the customer whose guests did not come,
// no notice either.
const NoShowMessage = "stay/no-show"

// DecisionMessage begins the name of the message by which people are told that a
// decision of theirs was not carried out; its update's id follows. It is no notice
// either.
const DecisionMessage = "decision/"

// RefundMessage is the name of the message by which the customer is told that the
// refund with this id was made. It is no notice either.
func RefundMessage(id string) string { return RefundKey(id) + "/done" }

// RefundFailedMessage is the name of the message by which the customer is told that
// the refund with this id could not be made yet.
func RefundFailedMessage(id string) string { return RefundKey(id) + "/failed" }

// RefundEndedMessage is the name of the message by which the customer is told that the
// refund with this id, which has failed, is not made any more.
func RefundEndedMessage(id string) string { return RefundKey(id) + "/ended" }

// LatePaymentMessage is the name of the message by which the customer is told that a payment
// was given back which came after the order's end. It is no notice.
const LatePaymentMessage = "payment/late"

// changeMessage begins the names of the messages about a change of a reservation.
const changeMessage = "change/"

// ChangeMessage is the name of a message about the change of a reservation with this id.
func ChangeMessage(id string, to booking.Addressee, tells booking.MessageType) string {
	return changeMessage + id + "/" + string(to) + "/" + string(tells)
}

// DisputeLostMessage is the name of the message by which the owner is told that a dispute,
// by the provider's id of it, is lost.
func DisputeLostMessage(id string) string { return booking.KeyOfDispute(id) + "/lost" }

// MessageKey is the key of an order's message.
func MessageKey(orderID, name string) string { return orderID + "/" + name }

// NoticeIn is the name of the order's notice that the key is of, "" for those
// of other messages, such as the ones by which notices are taken back.
func NoticeIn(orderID, key string) string {
	name, of := strings.CutPrefix(key, orderID+"/")
	if !of || strings.Contains(name, "/") {
		return ""
	}
	return name
}

// AddresseeOf is the part that the recipient of an order's message has in the order, by
// the message's key; "" for a key that does not tell it.
func AddresseeOf(orderID, key string) booking.Addressee {
	name := strings.TrimPrefix(key, MessageKey(orderID, ""))
	if _, ofRefund := RefundID(name); ofRefund {
		return booking.ForCustomer
	}
	if of, isChange := strings.CutPrefix(name, changeMessage); isChange {
		_, to, _ := strings.Cut(of, "/")
		to, _, _ = strings.Cut(to, "/")
		return booking.Addressee(to)
	}
	switch strings.TrimSuffix(name, "/withdrawal") {
	case OwnerNotice:
		return booking.ForOwner
	case DeferralNotice, ConfirmPaymentNotice, ConfirmationNotice, IntroductionNotice, NotProcessedMessage, NoShowMessage,
		LatePaymentMessage:
		return booking.ForCustomer
	case CleanerNotice:
		return booking.ForCleaner
	default:
		return ""
	}
}
