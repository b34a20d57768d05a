"""The mix of documents that the decision core is measured with."""

from bench.decisions import KINDS, measure


async def test_every_document_of_the_mix_is_booked() -> None:
    section = await measure(quick=True)
    assert section.name == "decisions"
    assert "| decisions to book | 100.0 % |" in section.body


def test_the_shares_of_the_mix_are_percentages() -> None:
    assert sum(kind.share for kind in KINDS) == 100
