"""Reasons and rules in words."""

from api.schemas.decisions import RuleList, RuleRead
from api.schemas.documents import ReasonRead
from common.domain.reasons import REASONS, RULES, reason_of, settings_of


def reason_text(code: str | None) -> ReasonRead | None:
    """The reason in words; None for a rule that excludes."""
    return None if code is None or code not in REASONS else reason_read(code)


def reason_read(code: str) -> ReasonRead:
    """The reason with what releases it. Raises KeyError for an unknown one."""
    text = REASONS[code]
    return ReasonRead(
        code=code,
        who=text.who.value,
        released_by=text.released_by.value,
        settings=sorted(settings_of(code)),
        cause_de=text.cause_de,
        cause_en=text.cause_en,
        remedy_de=text.remedy_de,
        remedy_en=text.remedy_en,
    )


def rule_list() -> RuleList:
    """Every rule in words."""
    return RuleList(items=[_rule(code) for code in sorted(RULES)])


def _rule(code: str) -> RuleRead:
    text, reason = RULES[code], reason_of(code)
    return RuleRead(code=code, reason=reason.value if reason else None, text_de=text.de, text_en=text.en)
