package api

import (
	"net/http"
	"strings"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
)

// Codes of faults of requests, and of missing dependencies. The codes of
// refusals are in package booking, those around orders in package orders.
const (
	malformedJSON        = booking.Code("malformed_json")
	methodNotAllowed     = booking.Code("method_not_allowed")
	notAcceptable        = booking.Code("not_acceptable")
	requestTimeout       = booking.Code("request_timeout")
	payloadTooLarge      = booking.Code("payload_too_large")
	unsupportedMediaType = booking.Code("unsupported_media_type")
	crossOriginRefused   = booking.Code("cross_origin")
	unknownHost          = booking.Code("unknown_host")
	tooManyRequests      = booking.Code("too_many_requests")
	tooManyStreams       = booking.Code("too_many_streams")
	tooManyStreamsOfOne  = booking.Code("too_many_streams_of_yours")
	internalError        = booking.Code("internal")
)

// problemKind is what all problems with one code have in common.
type problemKind struct {
	code    booking.Code
	status  int
	title   string
	meaning string // for the documentation
}

// problemKinds lists every code that the API answers with. A code never changes its
// meaning.
var problemKinds = []problemKind{
	{malformedJSON, http.StatusBadRequest, "Unreadable body", "The body is missing, cut off, or not JSON."},
	{booking.Invalid, http.StatusUnprocessableEntity, "Invalid input", "The request is readable but cannot be carried out. errors names every field at fault; nothing was started or changed."},
	{booking.InvalidCursor, http.StatusUnprocessableEntity, "Invalid cursor", "The cursor is not one of this list."},
	{orders.IdempotencyKeyReused, http.StatusUnprocessableEntity, "Idempotency key reused", "The Idempotency-Key was used for another request before. Nothing was started."},
	{booking.NotAllowed, http.StatusForbidden, "Not allowed", "The caller may not do this: see docs/authorization. Nothing was done. What the caller may not see at all is answered with not_found."},
	{booking.AlreadyRegistered, http.StatusConflict, "Already registered", "There is something with this id already. Nothing was changed."},
	{booking.NotFound, http.StatusNotFound, "Not found", "There is nothing at this address."},
	{booking.Unauthenticated, http.StatusUnauthorized, "Not authenticated", "The request does not say whose it is, or what it presents is not valid here. WWW-Authenticate says more. Nothing was done."},
	{methodNotAllowed, http.StatusMethodNotAllowed, "Method not allowed", "The Allow header names the methods that are possible."},
	{notAcceptable, http.StatusNotAcceptable, "Not acceptable", "The Accept header admits no JSON. Nothing was done."},
	{requestTimeout, http.StatusRequestTimeout, "Request too slow", "The body did not arrive in time."},
	{payloadTooLarge, http.StatusRequestEntityTooLarge, "Body too large", "The body is larger than this service reads."},
	{unsupportedMediaType, http.StatusUnsupportedMediaType, "Unsupported media type", "Bodies are JSON: send Content-Type: application/json."},
	{crossOriginRefused, http.StatusForbidden, "Cross-origin request", "A browser sent this for a page of another site. Nothing was done."},
	{unknownHost, http.StatusMisdirectedRequest, "Unknown host", "The request is addressed to a name that this server does not have (--hosts). Nothing was done."},

	{orders.CodeOf(booking.PaymentDeclined), http.StatusPaymentRequired, "Payment declined", "The payment provider refused. No order came into being; an order that was to be changed is as it was."},
	{orders.CodeOf(booking.SoldOut), http.StatusConflict, "Sold out", "There is not enough left: of the rooms on every night, or of the drink. A new order is cancelled; an order that was to be changed is as it was."},
	{orders.CodeOf(booking.RejectedByOwner), http.StatusConflict, "Rejected by the owner", "The owner refused. A new order is cancelled; an order that was to be changed is as it was."},
	{orders.CodeOf(booking.OwnerTimeout), http.StatusConflict, "The owner did not answer", "The owner did not decide in time. A new order is cancelled; an order that was to be changed is as it was."},
	{orders.CodeOf(booking.NoShow), http.StatusConflict, "The guests did not come", "Nobody came from check-in on. The order is cancelled."},
	{orders.CodeOf(booking.TooLate), http.StatusConflict, "Too late", "It could not be completed in time: within what it may take, or before its day ended. The order is cancelled; an order that was to be changed is as it was."},
	{orders.CodeOf(booking.MenuDeleted), http.StatusConflict, "No longer sold", "The drink has been taken off the menu. No new order of it is accepted, nothing of it is changed, and its open orders are cancelled."},
	{orders.CodeOf(booking.CafeUnavailable), http.StatusServiceUnavailable, "Café out of reach", "The café does not answer at the moment whether it has the drink. No order came into being: order again in a moment, under the same Idempotency-Key if you like. An order that was to be changed is as it was: ask for that again, under another key if the detail says that this one keeps its answer."},
	{booking.InventoryUnavailable, http.StatusServiceUnavailable, "Inventory out of reach", "The inventory does not answer at the moment whether it has what the change needs. The order is as it was: send the change again, under another Idempotency-Key if the detail says that this one keeps its answer."},
	{orders.CodeOf(booking.NotRegistered), http.StatusServiceUnavailable, "Call not registered", "Management cannot take the call right now. No call came into being: please call again in a moment, under the same Idempotency-Key if you like."},
	{orders.CodeOf(booking.NotProcessed), http.StatusServiceUnavailable, "Not processed", "Work on the order could not begin in time, and it was cancelled. No order came into being: order again, under the same Idempotency-Key if you like."},
	{orders.CodeOf(booking.PaymentUnavailable), http.StatusServiceUnavailable, "Payment not possible", "The payment provider is overloaded or out of order, or does not charge the amount. No order came into being: order again after Retry-After seconds, under the same Idempotency-Key if you like. An order that was to be changed is as it was: ask for that again, under another key if the detail says that this one keeps its answer."},
	{orders.CodeOf(booking.PaymentNotConfirmed), http.StatusPaymentRequired, "Payment not confirmed", "The customer did not confirm the payment with the payment provider in time. The order is cancelled."},
	{orders.CancelledByCustomer, http.StatusConflict, "Cancelled by the customer", "The order was cancelled before it was decided on."},
	{orders.CancelledByOperator, http.StatusConflict, "Cancelled by an operator", "The order was cancelled before it was decided on."},

	{booking.AlreadyCancelled, http.StatusConflict, "Already cancelled", "The order is cancelled and undone."},
	{booking.BeingCancelled, http.StatusConflict, "Being cancelled", "The order is being undone."},
	{booking.AlreadyConfirmed, http.StatusConflict, "Already confirmed", "The owner has confirmed the order before."},
	{booking.AlreadyCompleted, http.StatusConflict, "Already completed", "The order has ended."},
	{booking.AlreadyCheckedIn, http.StatusConflict, "Already checked in", "Check-in has passed: the reservation can no longer be cancelled."},
	{booking.NotCheckedIn, http.StatusConflict, "Not checked in", "Nobody can have checked out before check-in, and the guests may still come."},
	{booking.NotConfirmed, http.StatusConflict, "Not confirmed", "The reservation is not confirmed."},
	{booking.NotAwaitingPayment, http.StatusConflict, "Not awaiting the payment", "The order waits for no payment that its customer has to confirm."},
	{booking.NotAwaitingOwner, http.StatusConflict, "Not awaiting the owner", "The reservation does not wait for its owner's decision."},
	{booking.AlreadyDelivered, http.StatusConflict, "Already delivered", "The courier has handed the order over: it can no longer be cancelled."},
	{booking.NotDelivering, http.StatusConflict, "Not being delivered", "No courier is on the way with the order."},
	{booking.NotInProduction, http.StatusConflict, "Not in production", "The café is not making the order."},
	{booking.NotAssigned, http.StatusConflict, "Not assigned", "Nobody has been assigned to the call."},
	{booking.Superseded, http.StatusConflict, "Superseded", "Another decision came first. This one was not carried out."},
	{orders.NotRunning, http.StatusConflict, "No longer running", "The order is no longer worked on and accepts no decisions."},
	{booking.QuoteChanged, http.StatusConflict, "The quote has changed", "A cancel would refund another amount than expect says, since a tier of the policy has ended or the order has gone on; quote is what it is now. Or a change of the stay would charge or refund something else; detail says what. The order stands, nothing was done."},
	{booking.VersionChanged, http.StatusPreconditionFailed, "The order has changed", "The order is not the one that If-Match names any more: it has gone on, or was decided on. Nothing was done. Read it again."},
	{booking.ChangePending, http.StatusConflict, "Change under way", "Another change of the order is under way, or waits for its owner. This one was not begun."},
	{booking.NotChangeable, http.StatusConflict, "Not changeable", "The order cannot become this: it is so already, its nights or its day have begun, what it would cost cannot be charged, or it is food, which is begun with as soon as it is paid for. Nothing was done."},
	{booking.PriceChanged, http.StatusConflict, "The price has changed", "The order costs something else than price says: the problem's price is what it is now. Nothing was started."},
	{booking.NotOnSale, http.StatusConflict, "Not on sale", "Its owner has withdrawn it: it accepts no new orders. Nothing was started."},
	{orders.TooManyUnpaid, http.StatusConflict, "Too many unpaid orders", "So many orders of this customer wait for their payment to be confirmed (`awaiting_payment`) that no more are accepted, whatever they are paid with. Nothing was started and nothing is charged: confirm or cancel one of them first."},
	{booking.RefundExceeds, http.StatusConflict, "More than is left", "The refund is more than is left of what was charged. Nothing was refunded."},
	{booking.NotCharged, http.StatusConflict, "Not charged", "Nothing was charged for the order that could be refunded."},
	{booking.NothingOwed, http.StatusConflict, "Nothing owed", "No refund of the order has failed: there is nothing that a person would have to pay by hand."},
	{booking.StillPending, http.StatusConflict, "Refund still pending", "The payment provider has the refund pending, for however long, and may make it yet: the customer would have the money twice. Cancel it at the provider first; detail names it. Then it has failed, and this request is to be repeated. Nothing was recorded."},
	{booking.UnderDispute, http.StatusConflict, "A dispute is open", "The customer disputes the charge with their bank, which may take back the same money: nothing is to be paid by hand until that is decided. detail names the dispute, and until when evidence is taken. The refund is requested again by itself then. Nothing was recorded."},
	{booking.ForgedNotice, http.StatusBadRequest, "Notice not genuine", "The notice bears no signature of the payment provider's that is valid here, or it was signed more than five minutes ago. Nothing was done."},
	{booking.NoticesOff, http.StatusNotImplemented, "No notices here", "This system accepts no notices of a payment provider: it has no secret to check them with (--stripe-webhook-secrets). Nothing was done."},
	{orders.ActedMeanwhile, http.StatusConflict, "Another operator has acted", "Another operator has acted on the order since the line of the log that Yeyak-Seen-Action names. Nothing was done: actions has their actions."},
	{orders.NothingToRetry, http.StatusConflict, "Nothing to try again", "No step of the order has failed and waits to be tried again: it is being tried, it is paused, or all of them are done."},
	{orders.NotLost, http.StatusConflict, "Not lost", "The order's workflow runs, or it has come to its end and owes nothing: there is nothing to settle."},
	{orders.BulkNotPlanned, http.StatusConflict, "Not a dry run any more", "It was run or stopped before. Nothing was changed: make another dry run."},
	{orders.BulkOutdated, http.StatusConflict, "Dry run outdated", "The dry run is older than an hour and says little about the orders as they are. Nothing was done: make another one."},
	{orders.EarlierBuild, http.StatusConflict, "Run by an earlier build", "The order is run by a build that knows no such decision. Nothing was done: an operator moves the order to this build first (docs/operations/upgrade), and the request can be repeated."},
	{booking.StockBelowHeld, http.StatusConflict, "Below what is held", "More than that is held by orders. Nothing was changed."},

	{tooManyRequests, http.StatusTooManyRequests, "Too many requests", "More requests came from this caller, or from its address, than one may send. Nothing was done: repeat the request after Retry-After seconds, and keep to what RateLimit-Policy and RateLimit say."},
	{tooManyStreamsOfOne, http.StatusTooManyRequests, "Too many streams of yours", "This caller, or its address, follows the events with as many streams as one may. Close one, or read the list."},
	{orders.TooManyCallsOfYours, http.StatusTooManyRequests, "Too many calls of yours", "So many calls of this customer, or that this caller has placed for others, wait for a cleaner that no more of them are accepted. Nothing was started and nothing is charged: call again when one of them has its cleaner or is cancelled, under the same Idempotency-Key if you like."},
	{orders.TooManyOrdersOfYours, http.StatusTooManyRequests, "Too many orders of yours", "So many orders of this customer, or that this caller has placed for others, wait to be worked on (`received`) that no more of them are accepted. Nothing was started and nothing is charged: order again after Retry-After seconds, under the same Idempotency-Key if you like."},

	{booking.DeliveryUnavailable, http.StatusServiceUnavailable, "Delivery out of reach", "The delivery service does not answer: the order is unchanged, nothing was changed. Try again after Retry-After seconds, which grow with each try."},
	{booking.DecisionPending, http.StatusServiceUnavailable, "Decision pending", "An earlier decision on the order is still open, or the refund that was paid by hand is just being requested from the payment provider. This one was not accepted: repeat it after Retry-After seconds."},
	{orders.DecisionsExhausted, http.StatusServiceUnavailable, "No more decisions", "The order has accepted as many decisions of this kind as it may while it runs, or as many as Temporal keeps of one workflow. Nothing was changed; an operator can reset it (docs/operations)."},
	{orders.TemporalUnavailable, http.StatusServiceUnavailable, "Temporal cannot be reached", "Try again after Retry-After seconds, with the same Idempotency-Key if the request had one."},
	{orders.Unreachable, http.StatusServiceUnavailable, "Order out of reach", "Those who work on the order do not answer, and the decision could not be kept for them either. It is not promised, though it may still take effect: repeat it after Retry-After seconds. Any other 503 means that nothing was decided."},
	{tooManyStreams, http.StatusServiceUnavailable, "Too many streams", "As many readers follow the events here as this process serves. Try again after Retry-After seconds, or read the list."},
	{orders.TooManyCallsWaiting, http.StatusServiceUnavailable, "Too many calls waiting", "So many calls wait for a cleaner that no more are accepted. Nothing was started and nothing is charged: call again after Retry-After seconds, under the same Idempotency-Key if you like."},
	{admission.Overloaded, http.StatusServiceUnavailable, "Overloaded", "This process has more requests than it serves at the same time. Nothing was started or changed: repeat the request after Retry-After seconds, with the same Idempotency-Key."},
	{booking.Unavailable, http.StatusServiceUnavailable, "Temporarily unavailable", "A part that this needs is away. Try again after Retry-After seconds."},
	{internalError, http.StatusInternalServerError, "Internal error", "Something is wrong on our side. It has been logged."},
}

var kindByCode = func() map[booking.Code]problemKind {
	kinds := make(map[booking.Code]problemKind, len(problemKinds))
	for _, kind := range problemKinds {
		kinds[kind.code] = kind
	}
	return kinds
}()

// kindOf is the kind of a code. A code that is not listed is an order's refusal by a
// newer workflow.
func kindOf(code booking.Code) problemKind {
	if kind, listed := kindByCode[code]; listed {
		return kind
	}
	title := strings.ReplaceAll(string(code), "_", " ")
	return problemKind{code: code, status: http.StatusConflict, title: strings.ToUpper(title[:1]) + title[1:]}
}
