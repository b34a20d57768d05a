"""Short ways to say what a verdict must be."""

from common.domain.reasons import DocumentReason
from common.domain.verdicts import Decision, Exclude, Park, Verdict


def booked(verdict: Verdict) -> Decision:
    """The decision, or the test fails with what was decided instead."""
    assert isinstance(verdict, Decision), verdict
    return verdict


def parked(verdict: Verdict) -> DocumentReason:
    """The reason, or the test fails with what was decided instead."""
    assert isinstance(verdict, Park), verdict
    return verdict.reason


def excluded(verdict: Verdict) -> str:
    """The rule, or the test fails with what was decided instead."""
    assert isinstance(verdict, Exclude), verdict
    return verdict.rule
