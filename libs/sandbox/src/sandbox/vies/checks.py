"""The check of one VAT id, and which member states can be asked at the moment."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson

from sandbox.clock import Clock
from sandbox.http import Answer, Call, Refused, json_answer
from sandbox.resource import ApiRoute, Resource, StatePart
from sandbox.store import Document
from sandbox.vies.register import STATES, Register
from sandbox.vies.switches import ViesSwitches

ROOT = "/taxation_customs/vies/rest-api"
NUMBER = re.compile(r"[0-9A-Z+*]{2,12}")
NOT_TOLD = "---"
TRADER = ("traderName", "traderStreet", "traderPostalCode", "traderCity", "traderCompanyType")


class Checks(Resource):
    """The Commission's interface for programs."""

    def __init__(self, register: Register, clock: Clock, switches: ViesSwitches) -> None:
        self._register, self._clock, self._switches = register, clock, switches

    def routes(self) -> Sequence[ApiRoute]:
        """The check of one id and the state of the member states."""
        return [
            ApiRoute(f"{ROOT}/check-vat-number", {"POST": self._check}),
            ApiRoute(f"{ROOT}/check-status", {"GET": self._status}),
        ]

    def state(self, query: Mapping[str, str]) -> Mapping[str, StatePart]:
        """Every question asked."""
        return {"questions": self._register.questions.values}

    def _check(self, call: Call) -> Answer:
        question = _question(call.body)
        state, number = _text(question, "countryCode"), _text(question, "vatNumber")
        requester = _text(question, "requesterMemberStateCode") + _text(question, "requesterNumber")
        vat_id, now = state + number, self._clock.now()
        error = self._error(state, number, requester)
        asked = self._register.note(vat_id, requester or None, error, now)
        if error is not None:
            return json_answer(self._switches.error_status, _errors(error))
        reference = f"WAPIAAA{asked:09}" if requester else ""
        return json_answer(200, self._answer(state, number, reference, now))

    def _error(self, state: str, number: str, requester: str) -> str | None:
        if state not in STATES or not NUMBER.fullmatch(number):
            return "INVALID_INPUT"
        outage = self._register.outage_of(state)
        outage = outage or self._register.chance_outage(state + number, self._switches.outages)
        if outage is None and requester and not self._register.is_valid(requester):
            return "INVALID_REQUESTER_INFO"
        return outage

    def _answer(self, state: str, number: str, reference: str, now: datetime) -> Document:
        known = self._register.ids.get(state + number) or {}
        is_valid = self._register.is_valid(state + number)
        told = known if is_valid and state not in ("DE", "ES") else {}  # these two never tell
        return {
            "countryCode": state,
            "vatNumber": number,
            "requestDate": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "valid": is_valid,
            "requestIdentifier": reference,
            "name": told.get("name", NOT_TOLD),
            "address": told.get("address", NOT_TOLD),
            **dict.fromkeys(TRADER, NOT_TOLD),
            **{f"{name}Match": "NOT_PROCESSED" for name in TRADER},
        }

    def _status(self, call: Call) -> Answer:
        states = [
            {
                "countryCode": state,
                "availability": "Unavailable" if self._register.outage_of(state) else "Available",
            }
            for state in sorted(STATES)
        ]
        return json_answer(200, {"vow": {"available": True}, "countries": states})


def _question(body: bytes) -> Document:
    try:
        question = orjson.loads(body)
    except orjson.JSONDecodeError:
        question = None
    if not isinstance(question, dict):
        raise Refused(json_answer(400, _errors("INVALID_INPUT")))
    return question


def _text(question: Document, name: str) -> str:
    value = question.get(name)
    return value if isinstance(value, str) else ""


def _errors(error: str) -> Document:
    return {"actionSucceed": False, "errorWrappers": [{"error": error}]}
