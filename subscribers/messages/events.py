"""An event of the feed."""

from __future__ import annotations

from typing import NamedTuple, Optional


class Unreadable(Exception):
    """The event cannot be parsed."""


class Event(NamedTuple):
    id: str
    type: str
    order: str
    at: str
    customer: str
    kind: str
    item: str
    quantity: int
    amount: int  # in the currency's minor unit
    currency: str
    status: str
    reason: str  # "" unless it is cancelled
    cleaner: str  # "" until one is assigned
    charged: int  # in the same currency: more than the amount if a change has reduced that
    part: Optional[int]  # in the same currency: refunded by this event; None if it does not say that
    refunded: int  # in the same currency: refunded in total by the payment provider


def type_of(item) -> str:
    """The type alone: the other fields of an event of unknown type can be anything."""
    return text(item, "type")


def read(item) -> Event:
    data = part(item, "data")
    amount = part(data, "amount")
    price = whole(amount, "amount")
    return Event(
        id=header(item, "id"), type=text(item, "type"), order=text(item, "subject"), at=text(item, "time"),
        customer=text(data, "customerId"), kind=text(data, "kind"), item=text(part(data, "item"), "name"),
        quantity=whole(data, "quantity"), amount=price, currency=text(amount, "currency"),
        status=text(data, "status"), reason=text(data, "reason") if data.get("reason") else "",
        cleaner=text(part(data, "cleaner"), "name") if data.get("cleaner") else "",
        charged=price_if_none(of_payment(data, "amount"), price), part=of_payment(data, "part"),
        refunded=price_if_none(of_payment(data, "refunded"), price),
    )


def of_payment(data: dict, name: str):
    """An amount of the order's payment in the event, None if there is none."""
    payment = data.get("payment")
    if not isinstance(payment, dict) or not payment.get(name):
        return None
    return whole(part(payment, name), "amount")


def price_if_none(amount: Optional[int], price: int) -> int:
    """An amount of the payment. An event without it is from a time when the price was charged, and
    refunded in full."""
    return price if amount is None else amount


def field(of, name: str):
    if not isinstance(of, dict):
        raise Unreadable("not an object")
    if name not in of:
        raise Unreadable(f"{label(of)} has no {name}")
    return of[name]


def part(of, name: str) -> dict:
    value = field(of, name)
    if not isinstance(value, dict):
        raise Unreadable(f"{label(of)}: {name} is not an object")
    return value


def text(of, name: str) -> str:
    value = field(of, name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{label(of)}: {name} is not a text")
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can express
        raise Unreadable(f"{label(of)}: {name} is not Unicode") from None
    return value


def header(of, name: str) -> str:
    """A text that is safe in an HTTP header."""
    value = text(of, name)
    if not value.isascii() or not value.isprintable() or len(value) > 256:
        raise Unreadable(f"{label(of)}: {name} is not plain")
    return value


def whole(of, name: str) -> int:
    value = field(of, name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Unreadable(f"{label(of)}: {name} is not a whole number")
    return value


def label(of: dict) -> str:
    """Names a faulty event by its id only: logs contain no personal data."""
    return ascii(of["id"])[:100] if isinstance(of.get("id"), str) else "it"
