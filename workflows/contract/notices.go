package contract

import (
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// Notices: messages that are sent while an order runs, and withdrawn when it is cancelled.
// Each constant is the name of a message within its order.
const (
	OwnerNotice          = "notice"             // to the owner: there is a new order
	DeferralNotice       = "payment-deferred"   // to the customer: the payment follows
	ConfirmPaymentNotice = "payment-to-confirm" // to the customer: they have to confirm the payment
	ConfirmationNotice   = "confirmation"       // to the customer: the order is confirmed
	IntroductionNotice   = "assignment"         // to the customer: which cleaner comes
	CleanerNotice        = "cleaner"            // to the cleaner: where to go
)

// NotProcessedMessage is the name of the message to the customer of an order that was not
// processed. It is not a notice: nothing withdraws it.
const NotProcessedMessage = "inbox/not-processed"

// NoShowMessage is the name of the message to the customer whose guests did not come. It is
// not a notice either.
const NoShowMessage = "stay/no-show"

// DecisionMessage is the prefix of the name of the message that notifies a person that
// their decision was not carried out; the id of the update follows. It is not a notice
// either.
const DecisionMessage = "decision/"

// RefundMessage is the name of the message to the customer that the refund with this id was
// made. It is not a notice either.
func RefundMessage(id string) string { return RefundKey(id) + "/done" }

// RefundFailedMessage is the name of the message to the customer that the refund with this
// id could not be made yet.
func RefundFailedMessage(id string) string { return RefundKey(id) + "/failed" }

// RefundEndedMessage is the name of the message to the customer that the refund with this
// id has failed and will not be made any more.
func RefundEndedMessage(id string) string { return RefundKey(id) + "/ended" }

// LatePaymentMessage is the name of the message to the customer that a payment which
// arrived after the order's end was refunded. It is not a notice.
const LatePaymentMessage = "payment/late"

// changeMessage is the prefix of the names of messages about a change of an order.
const changeMessage = "change/"

// ChangeMessage is the name of a message about the change with this id.
func ChangeMessage(id string, to booking.Addressee, about booking.MessageType) string {
	return changeMessage + id + "/" + string(to) + "/" + string(about)
}

// DisputeLostMessage is the name of the message to the owner that a dispute is lost; id is
// the provider's.
func DisputeLostMessage(id string) string { return booking.KeyOfDispute(id) + "/lost" }

// MessageKey is the key of an order's message.
func MessageKey(orderID, name string) string { return orderID + "/" + name }

// NoticeIn is the name of the order's notice with this key, "" for the key of any other
// message, such as a withdrawal.
func NoticeIn(orderID, key string) string {
	name, of := strings.CutPrefix(key, orderID+"/")
	if !of || strings.Contains(name, "/") {
		return ""
	}
	return name
}

// AddresseeOf is the role in the order of a message's recipient, "" if the key does not
// have it.
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
