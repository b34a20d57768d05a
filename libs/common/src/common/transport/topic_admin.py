"""What the topics of an installation must be, compared with what the broker has."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NodeNotReadyError, TopicAlreadyExistsError, for_code

from common.events.topics import LONGEST_OUTAGE, Topic
from common.settings import KafkaSettings
from common.transport.kafka_client import connection_options

RETENTION = "retention.ms"
BYTES = "retention.bytes"
CLEANUP = "cleanup.policy"
COMPRESSION = "compression.type"
OFFSETS_RETENTION = "offsets.retention.minutes"
SETTLE_SECONDS = 5.0
OF_THE_TOPIC = 1  # where a value comes from, in the broker's answer


@dataclass(frozen=True, slots=True)
class TopicFound:
    """A topic as the broker has it; `own` are the settings made for this topic alone."""

    partitions: int
    replicas: int
    settings: Mapping[str, str]
    own: Mapping[str, str]


async def apply_topics(
    settings: KafkaSettings, topics: Sequence[Topic], *, replicas: int = 1, grow: bool = False
) -> list[str]:
    """Make the topics that are missing and set what is declared; returns what is left to a person.

    Other settings of a topic stay. Partitions are added only when asked to.
    """
    async with _admin(settings) as admin:
        names = {settings.topic_prefix + topic.name: topic for topic in topics}
        found = await _found(admin, names)
        await _create(admin, {name: names[name] for name in names.keys() - found.keys()}, replicas)
        for name, topic in found.items():
            await _alter(admin, name, names[name], topic)
            if grow and topic.partitions < names[name].partitions:
                await admin.create_partitions({name: NewPartitions(total_count=names[name].partitions)})
        return await _settled(admin, names, replicas)


async def check_topics(settings: KafkaSettings, topics: Sequence[Topic], *, replicas: int = 1) -> list[str]:
    """List what is missing or different, one sentence each."""
    async with _admin(settings) as admin:
        names = {settings.topic_prefix + topic.name: topic for topic in topics}
        return await _differences(admin, names, replicas)


async def _settled(admin: AIOKafkaAdminClient, names: Mapping[str, Topic], replicas: int) -> list[str]:
    """List what differs still when the brokers had time to tell each other what was changed just now."""
    until = time.monotonic() + SETTLE_SECONDS
    while problems := await _differences(admin, names, replicas):
        if time.monotonic() > until:
            break
        await asyncio.sleep(SETTLE_SECONDS / 20)
    return problems


async def _differences(admin: AIOKafkaAdminClient, names: Mapping[str, Topic], replicas: int) -> list[str]:
    found = await _found(admin, names)
    problems = [f"{name}: missing, or no right to see it" for name in sorted(names.keys() - found.keys())]
    for name, topic in sorted(found.items()):
        wanted = names[name]
        if topic.partitions < wanted.partitions:
            problems.append(
                f"{name}: {topic.partitions} of {wanted.partitions} partitions; `apply --grow` adds them, "
                "once every process runs this release"
            )
        if topic.replicas < replicas:
            problems.append(f"{name}: {topic.replicas} of {replicas} replicas")
        problems += [
            f"{name}: {key} is {topic.settings.get(key)} instead of {value}"
            for key, value in _declared(wanted).items()
            if not _suffices(key, topic.settings.get(key), value)
        ]
    return problems + await _offsets_problem(admin)


async def _offsets_problem(admin: AIOKafkaAdminClient) -> list[str]:
    brokers = (await admin.describe_cluster())["brokers"]
    wanted = ConfigResource(ConfigResourceType.BROKER, str(brokers[0]["node_id"]), {OFFSETS_RETENTION: ""})
    values, _ = _values(await admin.describe_configs([wanted]))[wanted.name]
    minutes = int(values.get(OFFSETS_RETENTION, "0"))
    longest = int(LONGEST_OUTAGE.total_seconds()) // 60
    if not minutes or minutes > longest:  # nothing is told to somebody who may not see it
        return []
    return [f"the brokers' {OFFSETS_RETENTION} is {minutes}: a reader may be away for {longest}"]


async def _found(admin: AIOKafkaAdminClient, names: Mapping[str, Topic]) -> dict[str, TopicFound]:
    # All topics are listed: a broker that makes topics by itself would make those asked for by name.
    listed = {topic["topic"]: topic for topic in await admin.describe_topics() if topic["topic"] in names}
    if not listed:
        return {}
    answers = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in listed]
    )
    values = _values(answers)
    return {
        name: TopicFound(
            partitions=len(topic["partitions"]),
            replicas=min((len(part["replicas"]) for part in topic["partitions"]), default=0),
            settings=values[name][0],
            own=values[name][1],
        )
        for name, topic in listed.items()
    }


def _values(answers: Sequence[Any]) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Per resource every value, and those that were set for it alone."""
    values = {}
    for answer in answers:
        for _, _, _, name, entries, *_ in answer.resources:
            everything = {entry[0]: entry[1] for entry in entries}
            own = {entry[0]: entry[1] for entry in entries if entry[3] == OF_THE_TOPIC}
            values[name] = (everything, own)
    return values


async def _create(admin: AIOKafkaAdminClient, names: Mapping[str, Topic], replicas: int) -> None:
    if not names:
        return
    wanted = [
        NewTopic(
            name=name,
            num_partitions=topic.partitions,
            replication_factor=replicas,
            topic_configs=_declared(topic),
        )
        for name, topic in names.items()
    ]
    answer = await admin.create_topics(wanted)
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(name)


async def _alter(admin: AIOKafkaAdminClient, name: str, topic: Topic, found: TopicFound) -> None:
    changed = {
        key: value
        for key, value in _declared(topic).items()
        if not _suffices(key, found.settings.get(key), value)
    }
    if not changed:
        return
    # The request replaces all settings of the topic: what somebody else set goes along.
    resource = ConfigResource(ConfigResourceType.TOPIC, name, {**found.own, **changed})
    for answer in await admin.alter_configs([resource]):
        for code, message, *_ in answer.resources:
            if code:
                raise for_code(code)(f"{name}: {message}")


def _declared(topic: Topic) -> dict[str, str]:
    """Messages go by age alone: not when much is written, nor when another one of their key is."""
    kept = str(int(topic.retention.total_seconds() * 1000))
    return {RETENTION: kept, BYTES: "-1", CLEANUP: "delete", COMPRESSION: "producer"}


def _suffices(key: str, value: str | None, wanted: str) -> bool:
    if key == RETENTION and value is not None:
        return int(value) == -1 or int(value) >= int(wanted)
    return value == wanted


@asynccontextmanager
async def _admin(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**connection_options(settings))
    try:
        await admin.start()
        yield admin
    except AttributeError:
        # The admin client trips over metadata without a controller, as a cluster that elects one gives it.
        raise NodeNotReadyError("the cluster names no controller") from None
    finally:
        await admin.close()
