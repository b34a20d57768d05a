"""The VIES simulator put together: the check, the status page, its control and its demo data."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import orjson
from starlette.routing import BaseRoute

from sandbox.base import ControlRefused, Simulator, control_json
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.http import Answer, Call, Refused, json_answer
from sandbox.settings import Switches
from sandbox.store import Document, Store
from sandbox.vies.register import EVERYBODY, OUTAGES, STATES, Register
from sandbox.vies.switches import ViesSwitches

ROOT = "/taxation_customs/vies/rest-api"
NUMBER = re.compile(r"[0-9A-Z+*]{2,12}")
NOT_TOLD = "---"
TRADER = ("traderName", "traderStreet", "traderPostalCode", "traderCity", "traderCompanyType")
DEMO_IDS = ("ATU13585627", "FR40303265045", "NL004495445B01", "DE136695976")


class ViesSimulator(Simulator[ViesSwitches]):
    """One register for all member states behind the Commission's address."""

    name: ClassVar[str] = "vies"
    switches_type: ClassVar[type[Switches]] = ViesSwitches

    def __init__(self, settings: ViesSwitches, store: Store, clock: Clock, faults: Faults) -> None:
        self._register = Register(store)
        super().__init__(settings, store, clock, faults)

    def routes(self) -> list[BaseRoute]:
        """The check of one id and the state of the member states."""
        return [
            self.route(f"{ROOT}/check-vat-number", POST=self._check),
            self.route(f"{ROOT}/check-status", GET=self._status),
        ]

    def control_routes(self) -> list[BaseRoute]:
        """Ids made known and member states silenced."""
        return [
            self.control("/_control/ids", POST=self._add_ids),
            self.control("/_control/outages", POST=self._change_outages),
        ]

    def gateway_answer(self, status: int, call: Call) -> Answer:
        """The Commission's gateway answers with pages for people."""
        page = f"<html><head><title>{status}</title></head><body>{status}</body></html>"
        return Answer(status, page.encode(), b"text/html")

    def state(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Ids, outages and every question asked."""
        return {
            "ids": self._register.ids.values(),
            "outages": self._register.outages.values(),
            "questions": self._register.questions.values(),
        }

    def directory_entry(self, base_url: str) -> dict[str, Any]:
        """Where the interface is; nobody needs credentials."""
        return {"base_url": f"{base_url}{ROOT}", "control_url": f"{base_url}/_control"}

    def seed(self) -> None:
        """A few ids are in use."""
        for vat_id in DEMO_IDS:
            self._put(vat_id, valid=True)

    def is_empty(self) -> bool:
        """Whether no id is known yet."""
        return not len(self._register.ids)

    def _check(self, call: Call) -> Answer:
        question = _question(call.body)
        state, number = _text(question, "countryCode"), _text(question, "vatNumber")
        requester = _text(question, "requesterMemberStateCode") + _text(question, "requesterNumber")
        vat_id, now = state + number, self.clock.now()
        error = self._error(state, number, requester)
        asked = self._register.note(vat_id, requester or None, error, now)
        if error is not None:
            return json_answer(self.switches.error_status, _errors(error))
        reference = f"WAPIAAA{asked:09}" if requester else ""
        return json_answer(200, self._answer(state, number, reference, now))

    def _error(self, state: str, number: str, requester: str) -> str | None:
        if state not in STATES or not NUMBER.fullmatch(number):
            return "INVALID_INPUT"
        outage = self._register.outage_of(state)
        outage = outage or self._register.chance_outage(state + number, self.switches.outages)
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

    def _add_ids(self, call: Call) -> Answer:
        asked = control_json(call)
        wanted = asked if isinstance(asked, list) else [asked]
        for one in wanted:
            if not isinstance(one, dict) or not isinstance(one.get("vat_id"), str):
                raise ControlRefused("each needs a `vat_id`")
        for one in wanted:
            names = {name: str(one[name]) for name in ("name", "address") if name in one}
            self._put(one["vat_id"], valid=bool(one.get("valid", True)), **names)
        self.store.flush()
        return json_answer(201, {"ids": [one["vat_id"] for one in wanted]})

    def _change_outages(self, call: Call) -> Answer:
        order = control_json(call)
        place = order.get("state", EVERYBODY) if isinstance(order, dict) else ""
        if place not in {EVERYBODY, *STATES}:
            raise ControlRefused("`state` must be a member state or *", states=sorted(STATES))
        error = order.get("error", OUTAGES[0])
        if error is None:
            self._register.outages.delete(place)
        else:
            self._register.outages.put(place, {"state": place, "error": str(error)})
        self.store.flush()
        return json_answer(200, {"outages": self._register.outages.values()})

    def _put(self, vat_id: str, *, valid: bool, **names: str) -> None:
        defaults = {"name": f"Firma {vat_id}", "address": f"Hauptstrasse 1\n1000 Ort {vat_id[:2]}"}
        self._register.ids.put(vat_id, {"vatId": vat_id, "valid": valid, **defaults, **names})


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
