"""The switches of the VIES simulator; by default it is out of order as often as the real one feels."""

from dataclasses import dataclass

from sandbox.switches import Switches


@dataclass
class ViesSwitches(Switches):
    """How VIES fails."""

    outages: float = 0.25  # share of the questions that get no answer; the same questions every time
    error_status: int = 200  # the HTTP status of answers that only carry an error code
