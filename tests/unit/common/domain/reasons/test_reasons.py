"""The list of reasons is complete, in two languages, and on paper; texts use the right words."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import common.domain
from common.domain.reasons import DOCUMENT_REASONS, REASONS, ActingParty, DocumentReason, ReleasedBy
from common.domain.reasons.table import reasons_page
from common.domain.verdicts import verdicts

ROOT = Path(__file__).parents[5]
DOMAIN = Path(common.domain.__path__[0])


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(DOMAIN.rglob("*.py")):
        yield path.relative_to(DOMAIN).as_posix(), ast.parse(path.read_text("utf-8"))


def strings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("reason", DocumentReason)
def test_every_reason_has_cause_and_remedy_in_both_languages(reason: DocumentReason) -> None:
    text = REASONS[reason]
    written = (text.cause_de, text.cause_en, text.remedy_de, text.remedy_en)
    assert all(part.endswith(".") and part == part.strip() for part in written)
    assert len(set(written)) == 4


def test_reasons_that_nobody_acts_on_end_by_themselves() -> None:
    for reason, text in DOCUMENT_REASONS.items():
        assert (text.who is ActingParty.NOBODY) is (text.released_by is ReleasedBy.TIME), reason


def test_an_invoice_and_a_vat_id_check_are_waited_for_a_day_r27_r37() -> None:
    waits = {reason: text.waits for reason, text in DOCUMENT_REASONS.items() if text.waits}
    awaited = (
        DocumentReason.ORIGINAL_MISSING,
        DocumentReason.ORIGINAL_WAITING,
        DocumentReason.VAT_CHECK_PENDING,
    )
    assert waits == dict.fromkeys(awaited, timedelta(hours=24))


def test_the_page_of_reasons_is_the_table() -> None:
    page = (ROOT / "docs" / "reasons.md").read_text("utf-8")
    assert page == reasons_page(), "run: python -m common.domain.reasons > docs/reasons.md"
    assert all(f"## `{reason.value}`" in page for reason in DocumentReason)


def test_every_reason_a_decision_can_give_is_reached_by_a_test() -> None:
    deciding = [tree for name, tree in sources() if not name.startswith("reasons/")]
    given = {
        node.attr
        for tree in deciding
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "DocumentReason"
    }
    tests = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "tests").rglob("*.py")))
    assert len(given) > 40
    assert {name for name in given if not re.search(rf"DocumentReason\.{name}\b", tests)} == set()


def test_a_correction_is_never_called_gutschrift_r35() -> None:
    texts = [(name, text) for name, tree in sources() for text in strings(tree)]
    assert any("Rechnungskorrektur" in text for _, text in texts)
    assert [(name, text) for name, text in texts if "gutschrift" in text.lower()] == []


def test_no_float_comes_near_money_r21() -> None:
    nodes = ((name, node) for name, tree in sources() for node in ast.walk(tree))
    found = [(name, ast.unparse(node)) for name, node in nodes if _is_float(node)]
    assert found == []


def test_verdicts_hold_no_float_r21() -> None:
    for model in (verdicts.Decision, verdicts.VoucherLine, verdicts.CorrectedInvoice):
        assert all(field.annotation is not float for field in model.model_fields.values())


def _is_float(node: ast.AST) -> bool:
    """A float literal, a call of float() or an annotation with it; isinstance(x, float) may be asked."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "float"
    annotation = getattr(node, "annotation", None) or getattr(node, "returns", None)
    return annotation is not None and any(
        isinstance(part, ast.Name) and part.id == "float" for part in ast.walk(annotation)
    )
