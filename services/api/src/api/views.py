"""Rows as they are shown."""

import operator
from dataclasses import asdict
from functools import reduce
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row

from api.access import Role
from api.decisions import as_text
from api.schemas.documents import DocumentRead
from api.schemas.operations import AlarmRead, AlarmTextRead, DeadLetterRead, TurnoverWarningRead
from api.schemas.settings import SettingChange, SettingsRead, SettingsVersionRead
from api.schemas.tenants import AuditRead, TenantRead, TokenRead
from common.db.models.core import ApiTokenRow, AuditRow, SettingsVersionRow, TenantRow
from common.db.models.effects import AlarmRow
from common.db.models.line import DeadLetterRow
from common.db.turnover import TenantWarning
from common.domain.alarms import ALARMS, AlarmKind
from common.domain.merchant import MerchantSettings
from common.domain.money import Money
from common.domain.setting_blocks import changed_settings
from common.domain.turnover import TURNOVER_TEXTS

KINDS = frozenset(kind.value for kind in AlarmKind)


def document_fields(row: Row[Any], app_url: str) -> dict[str, Any]:
    """What list and details of a document have in common."""
    names = (
        "tenant_id",
        "connection_id",
        "type",
        "number",
        "order_id",
        "order_number",
        "issued_on",
        "currency",
    )
    more = (
        "status",
        "reason",
        "file_status",
        "voucher_id",
        "how",
        "waits_until",
        "released_at",
        "seen_at",
        "changed_at",
    )
    return {
        "id": row.document_id,
        "gross_total": amount(row.gross_minor),
        "voucher_url": voucher_link(app_url, row.voucher_id, "view"),
        **{name: getattr(row, name) for name in (*names, *more)},
    }


def document_read(row: Row[Any], app_url: str) -> DocumentRead:
    """The document as lists show it."""
    return DocumentRead.model_validate(document_fields(row, app_url))


def amount(minor: int) -> str:
    """Minor units with two decimals."""
    return str(Money(minor).decimal)


def voucher_link(app_url: str, voucher_id: str | None, verb: str) -> str | None:
    """Where a person sees the voucher; an edit link leads to the view where editing is not allowed."""
    return f"{app_url.rstrip('/')}/permalink/vouchers/{verb}/{voucher_id}" if voucher_id else None


def tenant_read(row: TenantRow) -> TenantRead:
    """The tenant."""
    return TenantRead(id=row.tenant_id, name=row.name, created_at=row.created_at)


def settings_read(row: SettingsVersionRow) -> SettingsRead:
    """One version of the settings."""
    return SettingsRead(
        id=row.settings_version_id,
        tenant_id=row.tenant_id,
        number=row.number,
        values=MerchantSettings.model_validate(row.values),
        author=row.author,
        comment=row.comment,
        created_at=row.created_at,
    )


def settings_version_read(row: SettingsVersionRow, before: SettingsVersionRow | None) -> SettingsVersionRead:
    """One version of the settings with what it changed."""
    values = MerchantSettings.model_validate(row.values)
    earlier = MerchantSettings.model_validate(before.values) if before else MerchantSettings()
    old, new = earlier.model_dump(mode="json"), values.model_dump(mode="json")
    return SettingsVersionRead(
        **settings_read(row).model_dump(),
        changes={
            name: SettingChange(before=_at(old, name), after=_at(new, name))
            for name in changed_settings(earlier, values)
        },
    )


def _at(values: dict[str, Any], name: str) -> JsonValue:
    """A setting by its name, `block.field` for one inside a block."""
    inside: JsonValue = reduce(operator.getitem, name.split("."), values)
    return inside


def token_read(row: ApiTokenRow) -> TokenRead:
    """The token without its secret."""
    return TokenRead(
        id=row.token_id,
        tenant_id=row.tenant_id,
        role=Role(row.role),
        name=row.name,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def audit_read(row: AuditRow) -> AuditRead:
    """One entry of the audit log."""
    return AuditRead(
        id=row.audit_id,
        tenant_id=row.tenant_id,
        actor=row.actor,
        action=row.action,
        details=row.details,
        at=row.created_at,
    )


def dead_letter_read(row: DeadLetterRow, role: Role) -> DeadLetterRead:
    """The dead letter; its error may quote what it choked on, so only operators see it."""
    return DeadLetterRead(
        id=row.dead_letter_id,
        tenant_id=row.tenant_id,
        service=row.consumer,
        event_id=row.event_id,
        type=row.type,
        ordering_key=row.ordering_key,
        attempts=row.attempts,
        error=row.error if role is Role.OPERATOR else None,
        state=row.state,  # type: ignore[arg-type]  # validated by the model
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


def alarm_read(row: AlarmRow) -> AlarmRead:
    """The alarm with its evidence."""
    return AlarmRead(
        id=row.alarm_id,
        tenant_id=row.tenant_id,
        kind=row.kind,
        subject=row.subject,
        evidence=as_text(row.evidence),
        text=alarm_text_read(AlarmKind(row.kind)) if row.kind in KINDS else None,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


def alarm_text_read(kind: AlarmKind) -> AlarmTextRead:
    """What alarms of this kind mean."""
    return AlarmTextRead.model_validate(asdict(ALARMS[kind]))


def turnover_warning_read(found: TenantWarning) -> TurnoverWarningRead:
    """The warning in words, with what was counted and what was not."""
    warning, turnover = found.warning, found.warning.turnover
    text = TURNOVER_TEXTS[warning.code]
    return TurnoverWarningRead(
        tenant_id=found.tenant_id,
        code=warning.code,
        who=text.who.value,
        year=turnover.year,
        limit=amount(warning.limit.minor),
        net_turnover=amount(turnover.net.minor),
        documents=turnover.documents,
        open_documents=turnover.open_documents,
        open_gross=amount(turnover.open_gross.minor),
        other_currency=turnover.other_currency,
        cause_de=text.cause_de,
        cause_en=text.cause_en,
        remedy_de=text.remedy_de,
        remedy_en=text.remedy_en,
    )
