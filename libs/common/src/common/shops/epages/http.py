"""GET below one shop's API root; every answer comes back as it is, and no redirect is followed."""

import time
from collections.abc import Mapping

import structlog

from common.http.redact import loggable_host, loggable_path
from common.http.transport import Network, NetworkFailure, Response, encoded_url
from common.shops.epages.errors import AnswerTooLarge, ShopUnavailable

log = structlog.get_logger(__name__)

TOO_LARGE = "DecodingError"  # how the network names an answer beyond `max_bytes`


class ShopHttp:
    """The way to one API root over the process's connections."""

    def __init__(self, network: Network, api_url: str, *, timeout: float) -> None:
        self._network, self._api_url, self._timeout = network, api_url, timeout

    async def get(
        self, path: str, *, params: Mapping[str, str], headers: Mapping[str, str], max_bytes: int
    ) -> Response:
        """The complete answer; raises `AnswerTooLarge` or `ShopUnavailable` without one."""
        url, started = encoded_url(self._api_url, path, params), time.perf_counter()
        fields = {"method": "GET", "host": loggable_host(self._api_url), "path": loggable_path(path)}
        try:
            response = await self._network.send(
                "GET", url, headers, None, timeout=self._timeout, max_bytes=max_bytes
            )
        except NetworkFailure as failure:
            log.info("shop.no_answer", **fields, failure=str(failure))
            kind = AnswerTooLarge if str(failure) == TOO_LARGE else ShopUnavailable
            raise kind(f"GET {loggable_path(path) or '/'}: {failure}") from failure
        log.debug(
            "shop.answer", **fields, status=response.status, ms=round((time.perf_counter() - started) * 1000)
        )
        return response
