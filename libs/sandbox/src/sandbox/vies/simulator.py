"""The VIES simulator put together: its gateway, its resources and its demo data."""

from collections.abc import Sequence
from typing import Any, ClassVar

from sandbox.base import Simulator
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.http import Answer, Call
from sandbox.resource import Resource
from sandbox.store import Store
from sandbox.switches import Switches
from sandbox.vies.checks import ROOT, Checks
from sandbox.vies.control import RegisterControl
from sandbox.vies.register import Register
from sandbox.vies.switches import ViesSwitches

DEMO_IDS = ("ATU13585627", "FR40303265045", "NL004495445B01", "DE136695976")


class ViesSimulator(Simulator[ViesSwitches]):
    """One register for all member states behind the Commission's address."""

    name: ClassVar[str] = "vies"
    switches_type: ClassVar[type[Switches]] = ViesSwitches

    def __init__(self, settings: ViesSwitches, store: Store, clock: Clock, faults: Faults) -> None:
        self._register = Register(store)
        super().__init__(settings, store, clock, faults)

    def build_resources(self) -> Sequence[Resource]:
        """What is known, and the checks against it."""
        return [RegisterControl(self._register), Checks(self._register, self.clock, self.switches)]

    def gateway_answer(self, status: int, call: Call) -> Answer:
        """The Commission's gateway answers with pages for people."""
        page = f"<html><head><title>{status}</title></head><body>{status}</body></html>"
        return Answer(status, page.encode(), b"text/html")

    def directory_entry(self, base_url: str) -> dict[str, Any]:
        """Where the interface is; nobody needs credentials."""
        return {"base_url": f"{base_url}{ROOT}", "control_url": f"{base_url}/_control"}

    def seed(self) -> None:
        """A few ids are in use."""
        for vat_id in DEMO_IDS:
            self._register.make_known(vat_id, valid=True)

    def is_empty(self) -> bool:
        """Whether no id is known yet."""
        return not len(self._register.ids)
