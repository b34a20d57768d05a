"""The surface of a release is read whole, and any difference is told."""

from pathlib import Path

import pytest

from tools.surface import ROOT, differences, log_events, surface_of


@pytest.fixture(scope="module")
def surface() -> dict[str, str]:
    return surface_of(ROOT)


def test_each_part_holds_what_it_is_for(surface: dict[str, str]) -> None:
    known = {
        "rest.json": '/documents/{document_id}/retry"',
        "events.json": "shop.invoice.issued.v1",
        "reasons.md": "`number_taken_in_books`",
        "alarms.md": "`voucher_changed`",
        "schema.sql": "CREATE TABLE line.outbox",
        "metrics.txt": "counter inbox_dead_letters{consumer,type}",
        "log_events.txt": "warning shop.poll_failed",
        "commands.json": '"--connection"',
        "settings.env": "ENCRYPTION_KEYS",
    }
    assert {name: text for name, text in known.items() if text not in surface[name]} == {}
    assert surface.keys() == known.keys()


def test_it_reads_the_same_twice(surface: dict[str, str]) -> None:
    assert dict(differences(surface, surface_of(ROOT))) == {}


def test_a_byte_less_is_a_difference(surface: dict[str, str]) -> None:
    shorter = surface | {"metrics.txt": surface["metrics.txt"].replace("dead_letters", "dead")}
    told = dict(differences(surface, shorter))
    assert list(told) == ["metrics.txt"]
    assert "-counter inbox_dead_letters" in told["metrics.txt"]
    assert "+counter inbox_dead{" in told["metrics.txt"]


def test_log_events_are_those_of_our_loggers_alone(tmp_path: Path) -> None:
    module = tmp_path / "libs" / "common" / "src" / "common.py"
    module.parent.mkdir(parents=True)
    module.write_text('log.info("shop.polled", calls=1)\nother.info("no.event")\nlog.info(name)\n')
    assert log_events(tmp_path) == {"info shop.polled"}
