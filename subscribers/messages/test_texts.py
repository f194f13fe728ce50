"""The customers' text for each event."""

from __future__ import annotations

import json
import unittest

import texts
from events import Unreadable
from fakes import event


def payment(status: str, charged: int = 18000, **amounts: int) -> dict:
    """The payment of an event, with amounts in won."""
    return {"status": status, **{name: {"amount": amount, "currency": "KRW"} for name, amount in {"amount": charged, **amounts}.items()}}


# Type, the type's own data, English text, Korean text.
CASES = [
    ("PaymentDeclined", {},
     "Your payment of 18,000 KRW for Bibimbap was declined. Nothing was ordered.",
     "[Bibimbap] 18,000원 결제가 거절되어 주문되지 않았습니다."),
    ("PaymentCancelApproved", {},
     "The 18,000 KRW that you paid for Bibimbap has been refunded.",
     "[Bibimbap] 환불이 완료되었습니다. 환불 금액: 18,000원."),
    ("PaymentCancelApproved", {"reason": "customer", "payment": {"status": "refunded", "refunded": {"amount": 18000, "currency": "KRW"}}},
     "The 18,000 KRW that you paid for Bibimbap has been refunded.",
     "[Bibimbap] 환불이 완료되었습니다. 환불 금액: 18,000원."),
    ("PaymentCancelApproved", {"reason": "customer", "payment": {"status": "refunded", "refunded": {"amount": 12600, "currency": "KRW"}}},
     "12,600 KRW of the 18,000 KRW that you paid for Bibimbap has been refunded.",
     "[Bibimbap] 환불이 완료되었습니다. 환불 금액: 12,600원 (결제 금액: 18,000원)."),
    ("PaymentCancelApproved", {"payment": {"status": "returned", "refunded": {"amount": 0, "currency": "KRW"}}},
     "What is due to you of the 18,000 KRW that you paid for Bibimbap has been refunded.",
     "[Bibimbap] 환불이 완료되었습니다. 결제 금액: 18,000원."),
    # A change has refunded 9,000 before. The policy keeps half of the new price.
    ("PaymentCancelApproved", {"reason": "customer", "payment": payment("refunded", charged=27000, refunded=18000, part=9000)},
     "9,000 KRW of the 18,000 KRW that you paid for Bibimbap has been refunded.",
     "[Bibimbap] 환불이 완료되었습니다. 환불 금액: 9,000원 (결제 금액: 18,000원)."),
    # The same, and nothing is kept.
    ("PaymentCancelApproved", {"reason": "operator", "payment": payment("refunded", charged=27000, refunded=27000, part=18000)},
     "The 18,000 KRW that you paid for Bibimbap has been refunded.",
     "[Bibimbap] 환불이 완료되었습니다. 환불 금액: 18,000원."),
    # Staff has refunded 5,000 before.
    ("PaymentCancelApproved", {"reason": "customer", "payment": payment("refunded", refunded=18000, part=13000)},
     "13,000 KRW of the 18,000 KRW that you paid for Bibimbap has been refunded.",
     "[Bibimbap] 환불이 완료되었습니다. 환불 금액: 13,000원 (결제 금액: 18,000원)."),
    # Then the rest was paid by hand.
    ("PaymentCancelApproved", {"reason": "customer", "payment": payment("returned", refunded=5000, part=13000)},
     "13,000 KRW of the 18,000 KRW that you paid for Bibimbap has been refunded.",
     "[Bibimbap] 환불이 완료되었습니다. 환불 금액: 13,000원 (결제 금액: 18,000원)."),
    # The customer's bank has taken back what staff has left.
    ("PaymentCancelApproved", {"reason": "customer", "payment": payment("returned", refunded=5000, part=0)},
     "What is due to you of the 18,000 KRW that you paid for Bibimbap has been refunded.",
     "[Bibimbap] 환불이 완료되었습니다. 결제 금액: 18,000원."),
    # The refund of a change has failed, and the cancellation makes it.
    ("PaymentCancelApproved", {"reason": "customer", "payment": payment("refunded", charged=27000, refunded=20000, part=20000)},
     "20,000 KRW of the 27,000 KRW that you paid for Bibimbap has been refunded.",
     "[Bibimbap] 환불이 완료되었습니다. 환불 금액: 20,000원 (결제 금액: 27,000원)."),
    ("PaymentRefunded", {"payment": {"status": "charged", "part": {"amount": 5000, "currency": "KRW"}}},
     "5,000 KRW of what you paid for Bibimbap has been refunded.",
     "[Bibimbap] 일부 환불이 완료되었습니다. 환불 금액: 5,000원."),
    ("ReservationPlaced", {"kind": "lodging", "status": "paid"},
     "Your reservation at Bibimbap has been received. You have paid 18,000 KRW.",
     "[Bibimbap] 예약이 접수되었습니다. 결제 금액: 18,000원."),
    ("ReservationStatusChanged", {"kind": "lodging", "status": "awaiting_owner"},
     "Your reservation at Bibimbap is waiting for the owner to confirm it.",
     "[Bibimbap] 예약이 점주의 승인을 기다리고 있습니다."),
    ("ReservationStatusChanged", {"kind": "lodging", "status": "confirmed"},
     "Your reservation at Bibimbap is confirmed.",
     "[Bibimbap] 예약이 확정되었습니다."),
    ("ReservationStatusChanged", {"kind": "lodging", "status": "completed"},
     "Your stay at Bibimbap is over. Thank you.",
     "[Bibimbap] 이용이 완료되었습니다. 감사합니다."),
    ("ReservationChangeRequested", {"kind": "lodging", "status": "confirmed"},
     "Your change of the reservation at Bibimbap is waiting for the owner to confirm it.",
     "[Bibimbap] 예약 변경이 점주의 승인을 기다리고 있습니다."),
    ("ReservationChanged", {"kind": "lodging", "status": "confirmed"},
     "Your reservation at Bibimbap has been changed.",
     "[Bibimbap] 예약이 변경되었습니다."),
    ("ReservationChangeRefused", {"kind": "lodging", "status": "confirmed"},
     "Your reservation at Bibimbap was not changed. It stays as it was.",
     "[Bibimbap] 예약이 변경되지 않아 기존 예약이 유지됩니다."),
    ("ReservationCanceled", {"kind": "lodging", "status": "cancelled", "reason": "sold_out"},
     "Your reservation at Bibimbap is cancelled: sold out.",
     "[Bibimbap] 예약이 취소되었습니다. 사유: 매진."),
    ("OrderPlaced", {"status": "paid"},
     "You have ordered 2 × Bibimbap. You have paid 18,000 KRW.",
     "[Bibimbap] 2개 주문이 접수되었습니다. 결제 금액: 18,000원."),
    ("OrderPlaced", {"kind": "cafe", "status": "paid"},
     "You have ordered 2 × Bibimbap. You have paid 18,000 KRW.",
     "[Bibimbap] 2잔 주문이 완료되었습니다. 결제 금액: 18,000원."),
    ("OrderPlaced", {"kind": "of a business to come", "status": "paid"},
     "You have ordered 2 × Bibimbap. You have paid 18,000 KRW.",
     "[Bibimbap] 2개 주문이 접수되었습니다. 결제 금액: 18,000원."),
    ("DeliveryStarted", {},
     "Your order is being delivered: 2 × Bibimbap.",
     "[Bibimbap] 2개 배달이 시작되었습니다."),
    ("DeliveryCompleted", {"status": "delivered"},
     "Your order has been delivered: 2 × Bibimbap.",
     "[Bibimbap] 2개 배달이 완료되었습니다."),
    ("ProductionStarted", {"kind": "cafe", "status": "in_production"},
     "Your drink is being made: 2 × Bibimbap.",
     "[Bibimbap] 2잔 제조가 시작되었습니다."),
    ("ProductionCompleted", {"kind": "cafe", "status": "completed"},
     "Your drink is ready: 2 × Bibimbap.",
     "[Bibimbap] 2잔 제조가 완료되었습니다."),
    ("OrderCanceled", {"status": "cancelled", "reason": "customer"},
     "Your order of 2 × Bibimbap is cancelled: as you wished.",
     "[Bibimbap] 주문이 취소되었습니다. 사유: 고객취소."),
    ("OrderCanceled", {"kind": "cafe", "status": "cancelled", "reason": "operator"},
     "Your order of 2 × Bibimbap is cancelled: by an operator.",
     "[Bibimbap] 주문이 취소되었습니다. 사유: 운영자취소."),
    ("OrderCanceled", {"kind": "cafe", "status": "cancelled", "reason": "menu_deleted"},
     "Your order of 2 × Bibimbap had to be cancelled: it is no longer sold.",
     "[Bibimbap] 더 이상 판매되지 않아 주문이 강제취소되었습니다."),
    ("OrderChanged", {"kind": "cafe", "status": "in_production"},
     "Your order has been changed, it is this now: 2 × Bibimbap.",
     "[Bibimbap] 주문이 2잔으로 변경되었습니다."),
    ("OrderChangeRefused", {"kind": "cafe", "status": "in_production"},
     "Your order of Bibimbap was not changed. It stays as it was.",
     "[Bibimbap] 주문이 변경되지 않아 기존 주문이 유지됩니다."),
    ("CallPlaced", {"kind": "cleaning", "status": "calling"},
     "Your call for a cleaner has been received. You have paid 18,000 KRW.",
     "청소 호출이 접수되었습니다. 결제 금액: 18,000원."),
    ("CleanerAssigned", {"kind": "cleaning", "status": "assigned", "cleaner": {"id": "cleaner-1", "name": "Dohyun"}},
     "Your call for a cleaner is confirmed: Dohyun will come.",
     "청소 호출이 확정되었습니다. Dohyun 님이 방문합니다."),
    ("CleaningCompleted", {"kind": "cleaning", "status": "completed"},
     "Your cleaning is done. Thank you.",
     "청소가 완료되었습니다. 감사합니다."),
    ("CallCanceled", {"kind": "cleaning", "status": "cancelled", "reason": "customer"},
     "Your call for a cleaner is cancelled: as you wished.",
     "청소 호출이 취소되었습니다. 사유: 고객취소."),
]

CATALOGUE = {
    "PlaceRegistered", "PlaceChanged", "PlaceWithdrawn", "PlaceBroughtBack",
    "MenuRegistered", "MenuChanged", "MenuWithdrawn", "MenuBroughtBack",
    "DrinkRegistered", "DrinkChanged", "DrinkWithdrawn", "DrinkBroughtBack", "DrinkDeleted", "StockChanged",
    "CleanerRegistered", "CleanerChanged", "CleanerWithdrawn", "CleanerBroughtBack",
}

SILENT = CATALOGUE | {
    "PaymentApproved", "ReservationConfirmed", "ReservationCancelConfirmed", "DeliveryCanceled", "ProductionCanceled",
    "AssignmentCanceled",
}


def text_of(language: str, type: str, **data) -> str:
    return json.loads(texts.message(event(1, type, **data), language).body)["text"]


class Texts(unittest.TestCase):
    def test_each(self):
        for type, data, english, korean in CASES:
            with self.subTest(type, **data):
                self.assertEqual(english, text_of("en", type, **data))
                self.assertEqual(korean, text_of("ko", type, **data))

    def test_each_type_is_here(self):
        self.assertEqual(set(texts.TEXTS), {type for type, *_ in CASES} | SILENT)
        for type in SILENT:
            self.assertIsNone(texts.message(event(1, type), "en"))

    def test_events_of_the_catalogue_have_no_order_and_do_no_harm(self):
        for type in CATALOGUE:
            item = {**event(1, type), "subject": "place-1", "data": {
                "kind": "lodging", "ownerId": "bora", "item": {"id": "place-1", "name": "Inn"}, "withdrawn": True,
            }}
            self.assertIsNone(texts.message(item, "en"))

    def test_each_reason(self):
        for reason, words in texts.REASONS.items():
            self.assertEqual(set(texts.LANGUAGES), set(words))
            for language in texts.LANGUAGES:
                self.assertIn(words[language], text_of(language, "ReservationCanceled", reason=reason))

    def test_a_refund_has_one_message(self):
        for type, data, *_ in CASES:
            for language, words in (("en", ("refunded", "refund")), ("ko", ("환불",))):
                refunded = any(word in text_of(language, type, **data) for word in words)
                self.assertEqual(type in ("PaymentCancelApproved", "PaymentRefunded"), refunded, (type, language))

    def test_a_refund_of_no_part(self):
        for payment in (None, "charged", {}, {"part": None}, {"part": {}}, {"part": {"amount": "5"}}, {"part": 5}):
            with self.assertRaises(Unreadable):
                text_of("en", "PaymentRefunded", payment=payment)

    def test_nothing_paid(self):
        free = {"amount": {"amount": 0, "currency": "KRW"}}
        self.assertEqual("Your call for a cleaner has been received.", text_of("en", "CallPlaced", **free))
        self.assertEqual("청소 호출이 취소되었습니다.", text_of("ko", "CallCanceled", **free))

    def test_unknown_reason_is_left_out(self):
        text = text_of("en", "ReservationCanceled", reason="moonquake")
        self.assertEqual("Your reservation at Bibimbap is cancelled.", text)

    def test_unknown_case_makes_no_message(self):
        with self.assertRaises(texts.Unknown):
            text_of("en", "ReservationStatusChanged", status="paused")

    def test_cleaner_without_a_name(self):
        for cleaner in (None, {}, {"id": "cleaner-1"}, {"name": ""}, "Dohyun"):
            with self.assertRaises(Unreadable):
                text_of("en", "CleanerAssigned", cleaner=cleaner)

    def test_names_are_not_templates(self):
        self.assertIn("{amount} \\n", text_of("en", "ReservationPlaced", item={"id": "x", "name": "{amount} \\n"}))

    def test_money(self):
        for amount, currency, english, korean in [
            (1234567, "KRW", "1,234,567 KRW", "1,234,567원"), (5, "JPY", "5 JPY", "5 JPY"),
            (123456, "EUR", "1,234.56 EUR", "1,234.56 EUR"), (7, "USD", "0.07 USD", "0.07 USD"),
            (1005, "KWD", "1.005 KWD", "1.005 KWD"),
            (1234567, "CLF", "123.4567 CLF", "123.4567 CLF"), (5, "UYW", "0.0005 UYW", "0.0005 UYW"),
        ]:
            self.assertEqual(english, texts.money(amount, currency, "en"))
            self.assertEqual(korean, texts.money(amount, currency, "ko"))


if __name__ == "__main__":
    unittest.main()
