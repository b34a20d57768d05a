"""GET below one shop's API root; every answer comes back as it is, and no redirect is followed."""

import time
from collections.abc import Mapping

import structlog

from common.errors import ConnectorError
from common.http import answers
from common.http.redact import loggable_host, loggable_path
from common.http.transport import Network, Response, encoded_url
from common.shops.address import AddressRefused
from common.shops.epages.errors import (
    AnswerEncodingRefused,
    AnswerTooLarge,
    ShopUnavailable,
    ShopUnreachable,
)

log = structlog.get_logger(__name__)

KINDS: tuple[tuple[type[answers.NetworkFailure], type[ConnectorError]], ...] = (
    (answers.AnswerTooLarge, AnswerTooLarge),
    (answers.EncodingRefused, AnswerEncodingRefused),
    (answers.ConnectionRefused, AddressRefused),
    (answers.NotConnected, ShopUnreachable),
    (answers.NetworkFailure, ShopUnavailable),
)


class ShopHttp:
    """The way to one API root over the process's connections."""

    def __init__(self, network: Network, api_url: str, *, timeout: float) -> None:
        self._network, self._api_url, self._timeout = network, api_url, timeout

    async def get(
        self, path: str, *, params: Mapping[str, str], headers: Mapping[str, str], max_bytes: int
    ) -> Response:
        """Send it. Returns the complete answer; without one raises one of `KINDS`."""
        url, started = encoded_url(self._api_url, path, params), time.perf_counter()
        fields = {"method": "GET", "host": loggable_host(self._api_url), "path": loggable_path(path)}
        try:
            response = await self._network.send(
                "GET", url, headers, None, timeout=self._timeout, max_bytes=max_bytes
            )
        except answers.NetworkFailure as failure:
            log.info("shop.no_answer", **fields, failure=str(failure))
            kind = next(ours for theirs, ours in KINDS if isinstance(failure, theirs))
            raise kind(f"GET {loggable_path(path) or '/'}: {failure}") from failure
        log.debug(
            "shop.answer", **fields, status=response.status, ms=round((time.perf_counter() - started) * 1000)
        )
        return response
