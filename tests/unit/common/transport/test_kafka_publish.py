"""What the producing side does with a batch, without a broker."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from common.domain.stored_words import Lane
from common.settings import KafkaSettings
from common.transport.base import Outgoing
from common.transport.kafka_publish import PUBLISH_SECONDS, Publisher


def row(number: int, key: str = "order") -> Outgoing:
    return Outgoing(number, uuid4(), "type", "topic", uuid4(), key, Lane.LIVE, b"{}", {})


async def test_many_rows_of_one_key_over_a_slow_broker_go_out_in_several_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0

    async def slow(_: object, wave: Sequence[Outgoing]) -> list[Exception | None]:
        nonlocal now
        now += PUBLISH_SECONDS / 4
        return [None] * len(wave)

    monkeypatch.setattr(Publisher, "_send_all", slow)
    publisher = Publisher(KafkaSettings(bootstrap_servers="nowhere:9092"), clock=lambda: now)
    published = await publisher.publish([row(number) for number in range(100)])
    assert list(published.sent) == [0, 1, 2, 3]
    assert published.refused == {}
