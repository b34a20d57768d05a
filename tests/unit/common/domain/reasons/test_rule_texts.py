"""Every rule that may stand in a decision is explained in both languages, and nothing else is."""

import ast
from collections.abc import Iterator
from pathlib import Path

from cases.page import CASES
from common.domain.reasons import REASONS, RULES, DocumentReason, reason_of, remedies
from common.domain.reasons.rule_texts import PARKED

ROOT = Path(__file__).parents[5]
SOURCES = (ROOT / "libs/common/src/common/domain", ROOT / "services/invoice-writer/src")
NAMES_A_RULE = {"fired", "exclude"}


def calls() -> Iterator[ast.expr]:
    """What the code names as a rule."""
    for folder in SOURCES:
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    yield from node.args[:1] if node.func.attr in NAMES_A_RULE else ()


def test_every_rule_the_code_names_is_explained() -> None:
    written = {arg.value for arg in calls() if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    assert len(written) > 15
    assert written <= set(RULES)


def test_every_family_of_rules_the_code_puts_together_is_explained() -> None:
    heads = {
        arg.values[0].value
        for arg in calls()
        if isinstance(arg, ast.JoinedStr) and isinstance(arg.values[0], ast.Constant)
    }
    assert heads
    assert all(any(rule.startswith(str(head)) for rule in RULES) for head in heads)


def test_every_rule_that_fires_in_the_tax_cases_is_explained() -> None:
    fired = {rule for case in CASES for rule in case.decide().rules}
    assert len(fired) > 30
    assert fired <= set(RULES)


def test_every_rule_about_amounts_is_explained() -> None:
    literals = {
        node.value
        for name in ("amounts/split.py", "amounts/printed.py")
        for node in ast.walk(ast.parse((SOURCES[0] / name).read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    rules = {
        text for text in literals if text.replace(".", "").replace("_", "").isalpha() and "." in text[:-1]
    }
    assert {rule for rule in rules if not rule.endswith(".")} <= set(RULES)


def test_what_persons_and_lasting_rules_leave_out_is_explained() -> None:
    assert set(remedies.LASTING_EXCLUSIONS) | {remedies.BEFORE_START} <= set(RULES)


def test_a_park_is_explained_by_its_reason() -> None:
    assert {rule for rule in RULES if rule.startswith(PARKED)} == {
        PARKED + reason.value for reason in DocumentReason
    }
    for rule, text in RULES.items():
        assert text.de and text.en and text.de != text.en, rule
        reason = reason_of(rule)
        assert reason is None or text.en == REASONS[reason].cause_en
