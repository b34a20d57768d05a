"""What people know of VAT ids and of silent member states, told by the control API."""

from collections.abc import Mapping, Sequence

from sandbox.control import ControlRefused, control_json
from sandbox.http import Answer, Call, json_answer
from sandbox.resource import ControlRoute, Resource, StatePart
from sandbox.vies.register import EVERYBODY, OUTAGES, STATES, Register


class RegisterControl(Resource):
    """Ids made known and member states silenced."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def control_routes(self) -> Sequence[ControlRoute]:
        """Ids and outages."""
        return [
            ControlRoute("/_control/ids", {"POST": self._add_ids}),
            ControlRoute("/_control/outages", {"POST": self._change_outages}),
        ]

    def state(self, query: Mapping[str, str]) -> Mapping[str, StatePart]:
        """Ids and outages."""
        return {"ids": self._register.ids.values, "outages": self._register.outages.values}

    def _add_ids(self, call: Call) -> Answer:
        asked = control_json(call)
        wanted = asked if isinstance(asked, list) else [asked]
        for one in wanted:
            if not isinstance(one, dict) or not isinstance(one.get("vat_id"), str):
                raise ControlRefused("each needs a `vat_id`")
        for one in wanted:
            names = {name: str(one[name]) for name in ("name", "address") if name in one}
            self._register.make_known(one["vat_id"], valid=bool(one.get("valid", True)), **names)
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
        return json_answer(200, {"outages": self._register.outages.values()})
