"""`/v1/vouchers` of one connection."""

from common.http.client import ApiClient
from common.http.errors import OutcomeLost, UnreadableAnswer
from common.http.gate import Gate
from common.lexware.rows import parse_object
from common.lexware.wire import ActionResult, Voucher, parse

JSON = "application/json"
VOUCHERS = "/v1/vouchers"


class Vouchers:
    """Bookkeeping vouchers: created once, read by id; they can never be deleted here."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def create(self, body: bytes, gate: Gate) -> str:
        """Create the voucher of that body. Returns its id.

        Needs `LexwareClient.prepare_write` before the gate was made.
        Not safe to send twice: after `OutcomeLost` nobody knows; `RequestNotExecuted` and `RefusedError` mean
        that there is no voucher.
        """
        response = await self._api.post_gated(VOUCHERS, body, JSON, gate)
        return written_id(response.content, "voucher")

    async def get(self, voucher_id: str) -> Voucher:
        """Read the voucher; raises `NotFound`, also for one that is seconds old."""
        content = (await self._api.get(f"/v1/vouchers/{voucher_id}")).content
        return parse_object(Voucher, content)[0]


def written_id(content: bytes, what: str) -> str:
    """The id in the answer to a write; without one nobody knows what happened."""
    try:
        return parse(ActionResult, content).id
    except UnreadableAnswer as unreadable:
        raise OutcomeLost(f"{what}: the answer names no id") from unreadable
