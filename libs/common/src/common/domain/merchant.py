"""What a merchant may set; every change is a new version, and each decision names the version it used."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from common.domain.documents import Fact

GOODS_CATEGORY = "8f8664a8-fd86-11e1-a21f-0800200c9a66"


class MerchantSettings(Fact):
    """The merchant's choices; the defaults book domestic sales of goods."""

    mode: Literal["automatic", "paused"] = "automatic"
    poll_interval_seconds: int = Field(default=300, ge=1, le=86_400)
    start_on: date | None = None
    category_id: str = GOODS_CATEGORY
    domestic_zero_category_id: str | None = None
    collective_contact: bool = True
    send_pdf: bool = True  # off: the voucher stays without the shop's file


class SettingsVersion(Fact):
    """One version of the settings; numbers count up per tenant."""

    id: UUID
    number: int
    values: MerchantSettings
