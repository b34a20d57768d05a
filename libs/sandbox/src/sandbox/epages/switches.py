"""The switches of the shop simulator; the defaults are the behaviour of the real platform."""

from dataclasses import dataclass

from sandbox.settings import Switches


@dataclass
class EpagesSwitches(Switches):
    """What can be changed for all shops at once while the simulator runs."""

    rate_limit: bool = True
    hourly_limit: int = 6000  # calls per token and clock hour; a shop can have its own
    webhooks: bool = True  # off: the endpoints answer 404 and nothing is delivered
    webhook_timeout: float = 5.0  # real seconds
    webhook_parallel: int = 8  # deliveries under way at the same time
