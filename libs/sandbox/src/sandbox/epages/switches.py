"""The switches of the shop simulator; the defaults are the behaviour of the real platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.switches import Switches, UnusableSwitch

TAX_FREE_LINES = ("gross", "net")


@dataclass
class EpagesSwitches(Switches):
    """What can be changed for all shops at once while the simulator runs."""

    rate_limit: bool = True
    hourly_limit: int = 6000  # calls per token and clock hour; a shop can have its own
    webhooks: bool = True  # off: the endpoints answer 404 and nothing is delivered
    webhook_timeout: float = 5.0  # real seconds
    link_host: str = ""  # what links and addresses in answers name instead of the host that was asked
    webhook_parallel: int = 8  # deliveries under way at the same time
    tax_free_lines: str = "gross"  # what lines of new tax-free orders of gross shops show; or "net"

    def merge(self, changes: Mapping[str, Any]) -> None:
        """Set the named switches; none is set when one of them is unusable."""
        if changes.get("tax_free_lines", "gross") not in TAX_FREE_LINES:
            raise UnusableSwitch(f"switch 'tax_free_lines' takes one of {', '.join(TAX_FREE_LINES)}")
        super().merge(changes)
