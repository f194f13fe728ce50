"""The texts of messages, in each language."""

from __future__ import annotations

import json
from typing import NamedTuple, Optional

import events

LANGUAGES = ("en", "ko")

# The texts of each type of event. If they depend on more than the type, the key is the
# order's reason, status or kind, or the refunded part; ANY matches the others. A type without
# texts is sent to no customer: another event reports the same change.
ANY = "*"
IN_PART = "some of what was paid"
OTHERWISE = "not by the payment provider"
TEXTS: dict[str, dict[str, dict[str, str]]] = {
    "PaymentApproved": {},
    "PaymentDeclined": {
        ANY: {"en": "Your payment of {amount} for {item} was declined. Nothing was ordered.",
              "ko": "[{item}] {amount} 결제가 거절되어 주문되지 않았습니다."},
    },
    # The refund of a cancelled order, which may not have been paid for, or of a part of an order
    # that continues. Amounts that the policy keeps, or that were repaid in another way, do not
    # count as refunded, nor do earlier refunds: each of these has had its own message.
    "PaymentCancelApproved": {
        IN_PART: {"en": "{refund} of the {price} that you paid for {item} has been refunded.",
                  "ko": "[{item}] 환불이 완료되었습니다. 환불 금액: {refund} (결제 금액: {price})."},
        OTHERWISE: {"en": "What is due to you of the {price} that you paid for {item} has been refunded.",
                    "ko": "[{item}] 환불이 완료되었습니다. 결제 금액: {price}."},
        ANY: {"en": "The {price} that you paid for {item} has been refunded.",
              "ko": "[{item}] 환불이 완료되었습니다. 환불 금액: {price}."},
    },
    "PaymentRefunded": {
        ANY: {"en": "{part} of what you paid for {item} has been refunded.",
              "ko": "[{item}] 일부 환불이 완료되었습니다. 환불 금액: {part}."},
    },
    "ReservationPlaced": {
        ANY: {"en": "Your reservation at {item} has been received.{paid}",
              "ko": "[{item}] 예약이 접수되었습니다.{paid}"},
    },
    "ReservationConfirmed": {},  # rooms are held; the owner may still have to confirm
    "ReservationStatusChanged": {
        "awaiting_owner": {"en": "Your reservation at {item} is waiting for the owner to confirm it.",
                           "ko": "[{item}] 예약이 점주의 승인을 기다리고 있습니다."},
        "confirmed": {"en": "Your reservation at {item} is confirmed.",
                      "ko": "[{item}] 예약이 확정되었습니다."},
        "completed": {"en": "Your stay at {item} is over. Thank you.",
                      "ko": "[{item}] 이용이 완료되었습니다. 감사합니다."},
    },
    "ReservationChangeRequested": {
        ANY: {"en": "Your change of the reservation at {item} is waiting for the owner to confirm it.",
              "ko": "[{item}] 예약 변경이 점주의 승인을 기다리고 있습니다."},
    },
    "ReservationChanged": {
        ANY: {"en": "Your reservation at {item} has been changed.",
              "ko": "[{item}] 예약이 변경되었습니다."},
    },
    "ReservationChangeRefused": {
        ANY: {"en": "Your reservation at {item} was not changed. It stays as it was.",
              "ko": "[{item}] 예약이 변경되지 않아 기존 예약이 유지됩니다."},
    },
    "ReservationCancelConfirmed": {},
    "ReservationCanceled": {
        ANY: {"en": "Your reservation at {item} is cancelled{reason}.",
              "ko": "[{item}] 예약이 취소되었습니다.{reason}"},
    },
    "OrderPlaced": {
        "cafe": {"en": "You have ordered {quantity} × {item}.{paid}",
                 "ko": "[{item}] {quantity}잔 주문이 완료되었습니다.{paid}"},
        ANY: {"en": "You have ordered {quantity} × {item}.{paid}",
              "ko": "[{item}] {quantity}개 주문이 접수되었습니다.{paid}"},
    },
    "DeliveryStarted": {
        ANY: {"en": "Your order is being delivered: {quantity} × {item}.",
              "ko": "[{item}] {quantity}개 배달이 시작되었습니다."},
    },
    "DeliveryCompleted": {
        ANY: {"en": "Your order has been delivered: {quantity} × {item}.",
              "ko": "[{item}] {quantity}개 배달이 완료되었습니다."},
    },
    "DeliveryCanceled": {},
    "ProductionStarted": {
        ANY: {"en": "Your drink is being made: {quantity} × {item}.",
              "ko": "[{item}] {quantity}잔 제조가 시작되었습니다."},
    },
    "ProductionCompleted": {
        ANY: {"en": "Your drink is ready: {quantity} × {item}.",
              "ko": "[{item}] {quantity}잔 제조가 완료되었습니다."},
    },
    "ProductionCanceled": {},
    "OrderChanged": {
        ANY: {"en": "Your order has been changed, it is this now: {quantity} × {item}.",
              "ko": "[{item}] 주문이 {quantity}잔으로 변경되었습니다."},
    },
    "OrderChangeRefused": {
        ANY: {"en": "Your order of {item} was not changed. It stays as it was.",
              "ko": "[{item}] 주문이 변경되지 않아 기존 주문이 유지됩니다."},
    },
    "OrderCanceled": {
        "menu_deleted": {"en": "Your order of {quantity} × {item} had to be cancelled: it is no longer sold.",
                         "ko": "[{item}] 더 이상 판매되지 않아 주문이 강제취소되었습니다."},
        ANY: {"en": "Your order of {quantity} × {item} is cancelled{reason}.",
              "ko": "[{item}] 주문이 취소되었습니다.{reason}"},
    },
    "CallPlaced": {
        ANY: {"en": "Your call for a cleaner has been received.{paid}",
              "ko": "청소 호출이 접수되었습니다.{paid}"},
    },
    "CleanerAssigned": {
        ANY: {"en": "Your call for a cleaner is confirmed: {cleaner} will come.",
              "ko": "청소 호출이 확정되었습니다. {cleaner} 님이 방문합니다."},
    },
    "CleaningCompleted": {
        ANY: {"en": "Your cleaning is done. Thank you.",
              "ko": "청소가 완료되었습니다. 감사합니다."},
    },
    "AssignmentCanceled": {},
    "CallCanceled": {
        ANY: {"en": "Your call for a cleaner is cancelled{reason}.",
              "ko": "청소 호출이 취소되었습니다.{reason}"},
    },
    # Offers and their stock: they concern no order, and are sent to no customer.
    "PlaceRegistered": {}, "PlaceChanged": {}, "PlaceWithdrawn": {}, "PlaceBroughtBack": {},
    "MenuRegistered": {}, "MenuChanged": {}, "MenuWithdrawn": {}, "MenuBroughtBack": {},
    "DrinkRegistered": {}, "DrinkChanged": {}, "DrinkWithdrawn": {}, "DrinkBroughtBack": {}, "DrinkDeleted": {},
    "StockChanged": {},
    "CleanerRegistered": {}, "CleanerChanged": {}, "CleanerWithdrawn": {}, "CleanerBroughtBack": {},
}

# Why an order was cancelled. A reason without a text is left out.
REASONS = {
    "payment_declined": {"en": "the payment was declined", "ko": "결제거절"},
    "payment_not_confirmed": {"en": "the payment was not confirmed in time", "ko": "결제미확인"},
    "sold_out": {"en": "sold out", "ko": "매진"},
    "no_show": {"en": "the guests did not come", "ko": "노쇼"},
    "rejected_by_owner": {"en": "rejected by the owner", "ko": "점주거절"},
    "owner_timeout": {"en": "the owner did not answer in time", "ko": "점주응답없음"},
    "too_late": {"en": "too late", "ko": "기한초과"},
    "menu_deleted": {"en": "no longer sold", "ko": "강제취소"},
    "cafe_unavailable": {"en": "the café could not be reached", "ko": "카페연결불가"},
    "payment_unavailable": {"en": "the payment could not be made", "ko": "결제불가"},
    "not_processed": {"en": "it could not be processed in time", "ko": "처리지연"},
    "not_registered": {"en": "the call could not be registered", "ko": "호출등록실패"},
    "customer": {"en": "as you wished", "ko": "고객취소"},
    "operator": {"en": "by an operator", "ko": "운영자취소"},
}

# Parts of a text that are used only if they have a value.
PARTS = {
    "paid": {"en": " You have paid {amount}.", "ko": " 결제 금액: {amount}."},
    "reason": {"en": ": {why}", "ko": " 사유: {why}."},
}

# Currencies without two digits after the point (ISO 4217).
DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


class Unknown(Exception):
    """There is no text for such an event."""


class Message(NamedTuple):
    id: str
    body: bytes  # JSON, on one line


def message(item, language: str) -> Optional[Message]:
    """The message for an event, None if it has none."""
    kind_of_event = events.type_of(item)
    if kind_of_event not in TEXTS:
        raise Unknown(kind_of_event)
    if not TEXTS[kind_of_event]:
        return None
    event = events.read(item)
    body = {
        "id": event.id, "recipientId": event.customer, "orderId": event.order, "type": event.type,
        "language": language, "text": text(event, language), "at": event.at,
    }
    return Message(event.id, json.dumps(body, ensure_ascii=False).encode())


def text(event: events.Event, language: str) -> str:
    template = words(event)[language]
    if "{cleaner}" in template and not event.cleaner:
        raise events.Unreadable(f"{ascii(event.id)} names no cleaner")
    if "{part}" in template and not event.part:
        raise events.Unreadable(f"{ascii(event.id)} names no part")
    amount = money(event.amount, event.currency, language)
    part, refund, price = (money(some, event.currency, language) for some in (event.part or 0, refund_of(event), price_of(event)))
    parts = dict.fromkeys(PARTS, "")
    if event.amount:
        parts["paid"] = PARTS["paid"][language].format(amount=amount)
    if event.reason in REASONS:
        parts["reason"] = PARTS["reason"][language].format(why=REASONS[event.reason][language])
    return template.format(item=event.item, quantity=event.quantity, cleaner=event.cleaner, amount=amount, part=part, refund=refund, price=price, **parts)


def words(event: events.Event) -> dict[str, str]:
    variants = TEXTS[event.type]
    for which in (refund_variant(event), event.reason, event.status, event.kind, ANY):
        if which in variants:
            return variants[which]
    raise Unknown(f"{event.type} of {event.kind}, {event.status}")


def refund_variant(event: events.Event) -> str:
    """The variant of a text for a payment that was not refunded in full, "" for any other."""
    if refund_of(event) >= price_of(event):
        return ""
    return IN_PART if refund_of(event) else OTHERWISE


def refund_of(event: events.Event) -> int:
    """What a cancellation has refunded. Events of older releases say only what was refunded in total."""
    return event.refunded if event.part is None else event.part


def price_of(event: events.Event) -> int:
    """What the cancelled order cost in the end. If a cancellation refunds more than that, it also
    refunds what an earlier change could not, and all that was charged counts."""
    if event.part is not None and event.part > event.amount:
        return event.charged
    return event.amount


def money(amount: int, currency: str, language: str) -> str:
    digits = DIGITS.get(currency, 2)
    units, fraction = divmod(amount, 10**digits)
    number = f"{units:,}" + (f".{fraction:0{digits}}" if digits else "")
    return f"{number}원" if (currency, language) == ("KRW", "ko") else f"{number} {currency}"
