"""What a merchant may set; every change is a new version, and each decision names the version it used."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from common.domain.days import Day
from common.domain.documents import Fact
from common.domain.money import CENT
from common.domain.setting_blocks import Cures

GOODS_CATEGORY = "8f8664a8-fd86-11e1-a21f-0800200c9a66"
SERVICES_CATEGORY = "8f8664a0-fd86-11e1-a21f-0800200c9a66"
INCOME_CATEGORY = "8f8664a1-fd86-11e1-a21f-0800200c9a66"
INTRA_COMMUNITY_CATEGORY = "9075a4e3-66de-4795-a016-3889feca0d20"
REVERSE_CHARGE_CATEGORY = "380a20cb-d04c-426e-b49c-84c22adfa362"
EXPORT_CATEGORY = "93d24c20-ea84-424e-a731-5e1b78d1e6a9"
EXPORT_SERVICES_CATEGORY = "ef5b1a6e-f690-4004-9a19-91276348894f"
SMALL_BUSINESS_CATEGORY = "f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207"
SMALL_BUSINESS_BEFORE = "7a1efa0e-6283-4cbf-9583-8e88d3ba5960"
ORIGIN_CATEGORY = "7c112b66-0565-479c-bc18-5845e080880a"
ORIGIN_SERVICES_CATEGORY = "d73b880f-c24a-41ea-a862-18d90e1c3d82"
OSS_CATEGORY = "4ebd965a-7126-416c-9d8c-a5c9366ee473"
OSS_SERVICES_CATEGORY = "7ecea006-844c-4c98-a02d-aa3142640dd5"

SALES_CATEGORIES = frozenset({GOODS_CATEGORY, SERVICES_CATEGORY, INCOME_CATEGORY, SMALL_BUSINESS_CATEGORY})

# PostgreSQL stores no NUL, and nothing these texts are compared with holds a control character.
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Amount = Annotated[
    Decimal,
    Field(ge=0, max_digits=14, decimal_places=2),
    AfterValidator(lambda amount: abs(amount).quantize(CENT)),  # shown in one way, however it was given
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,12}(\.\d{1,2})?$"}),
]
CategoryId = Annotated[Text, StringConstraints(min_length=1)]
ZeroToCompanies = Literal["park", "zero_rate", "reverse_charge"]


class ContactRule(Fact):
    """Who gets a contact of his own where contacts go by rule: anybody one of these is true of."""

    abroad: bool = False
    companies: bool = False
    registered: bool = False  # customers with an account in the shop, as opposed to guests
    from_gross: Amount | None = None


class ZeroRule(Fact):
    """The category for lines without VAT that all of this is true of, whatever the case of the letters.

    `tax_class` is the shop's name of it, `sku` an article number or, with a `*` at its end, the beginning of
    one, `name` words in the product's name. `voucher`: such lines are multi-purpose vouchers, no sale, and
    the category is the one that owes them; without anything named it is that of every voucher.
    """

    category_id: CategoryId
    tax_class: Text | None = None
    sku: Text | None = None
    name: Text | None = None
    voucher: bool = False

    @property
    def names_any(self) -> bool:
        """Whether the rule is about certain lines only."""
        return any(text is not None for text in (self.tax_class, self.sku, self.name))

    @model_validator(mode="after")
    def _means_something(self) -> "ZeroRule":
        named = [text for text in (self.tax_class, self.sku, self.name) if text is not None]
        if any(not text.strip(" *") for text in named) or not (named or self.voucher):
            raise PydanticCustomError(
                "zero_rule_of_nothing",
                "A rule in zero_rates names a tax class, an article number or words of a name.",
            )
        if self.voucher and self.category_id in SALES_CATEGORIES:
            raise PydanticCustomError(
                "voucher_category_of_sales",
                "A voucher in zero_rates is owed, not sold: its category cannot be one of sales.",
            )
        return self


class MerchantSettings(Fact):
    """The merchant's choices; the defaults book sales of goods into the books' own categories.

    `service_tax_classes` names the shop's tax classes whose products are services; `sells` is what all
    others are. `on_site_tax_classes` names those
    of services on site and tickets, supplied where the seller is; `pickup_shipping_methods` the shipping
    methods, by name or id, with which buyers fetch the goods, beside those that say so by their name.
    `vat_check_wait_hours`: so long a document waits for its VAT id check before it is parked.
    `oss_since` is the first day of supply that is reported to the One-Stop-Shop. `zero_rates` says where
    lines without VAT go at home, the first rule that fits decides; `domestic_zero_category_id`, from before
    there were rules, takes what no rule fits, vouchers never.
    """

    mode: Annotated[Literal["automatic", "paused"], Cures.DECISION] = "automatic"
    poll_interval_seconds: Annotated[int, Cures.NOTHING] = Field(default=300, ge=1, le=86_400)
    start_on: Annotated[Day | None, Cures.DECISION] = None
    send_pdf: Annotated[bool, Cures.NOTHING] = True  # off: the voucher stays without the shop's file
    excluded_payment_methods: Annotated[tuple[Text, ...], Cures.DECISION] = ()
    excluded_tags: Annotated[tuple[Text, ...], Cures.DECISION] = ()  # of orders, with or without their `#`

    sells: Annotated[Literal["goods", "services"], Cures.DECISION] = "goods"
    service_tax_classes: Annotated[tuple[Text, ...], Cures.DECISION] = ()
    on_site_tax_classes: Annotated[tuple[Text, ...], Cures.DECISION] = ()
    pickup_shipping_methods: Annotated[tuple[Text, ...], Cures.DECISION] = ()
    distance_sales: Annotated[Literal["by_profile", "park"], Cures.DECISION] = "by_profile"
    oss_since: Annotated[Day | None, Cures.DECISION] = None
    vat_check_wait_hours: Annotated[int, Cures.DECISION] = Field(default=24, ge=0, le=24 * 30)
    # named where VAT ids of buyers are checked
    own_vat_id: Annotated[Text | None, Cures.DECISION] = Field(default=None, max_length=20)
    domestic_zero_to_companies: Annotated[ZeroToCompanies, Cures.DECISION] = "park"

    contacts: Annotated[Literal["collective", "single", "rule"], Cures.DECISION] = "collective"
    contact_rule: Annotated[ContactRule, Cures.DECISION] = ContactRule()
    update_contacts: Annotated[bool, Cures.DECISION] = False

    category_id: Annotated[CategoryId, Cures.DECISION] = GOODS_CATEGORY
    services_category_id: Annotated[CategoryId, Cures.DECISION] = SERVICES_CATEGORY
    zero_rates: Annotated[tuple[ZeroRule, ...], Cures.DECISION] = Field(default=(), max_length=200)
    domestic_zero_category_id: Annotated[CategoryId | None, Cures.DECISION] = None
    margin_category_id: Annotated[CategoryId | None, Cures.DECISION] = None
    small_business_category_id: Annotated[CategoryId, Cures.DECISION] = SMALL_BUSINESS_CATEGORY
    small_business_before_id: Annotated[CategoryId, Cures.DECISION] = SMALL_BUSINESS_BEFORE
    intra_community_category_id: Annotated[CategoryId, Cures.DECISION] = INTRA_COMMUNITY_CATEGORY
    reverse_charge_category_id: Annotated[CategoryId, Cures.DECISION] = REVERSE_CHARGE_CATEGORY
    export_category_id: Annotated[CategoryId, Cures.DECISION] = EXPORT_CATEGORY
    export_services_category_id: Annotated[CategoryId, Cures.DECISION] = EXPORT_SERVICES_CATEGORY
    zero_income_category_id: Annotated[CategoryId, Cures.DECISION] = INCOME_CATEGORY
    company_only_category_ids: Annotated[tuple[CategoryId, ...], Cures.DECISION] = (
        INTRA_COMMUNITY_CATEGORY,
        REVERSE_CHARGE_CATEGORY,
        EXPORT_SERVICES_CATEGORY,
    )
    oss_category_id: Annotated[CategoryId, Cures.DECISION] = OSS_CATEGORY
    oss_services_category_id: Annotated[CategoryId, Cures.DECISION] = OSS_SERVICES_CATEGORY
    origin_category_id: Annotated[CategoryId, Cures.DECISION] = ORIGIN_CATEGORY
    origin_services_category_id: Annotated[CategoryId, Cures.DECISION] = ORIGIN_SERVICES_CATEGORY

    @model_validator(mode="before")
    @classmethod
    def _from_older_versions(cls, values: Any) -> Any:
        """Versions before contacts had modes said only whether the collective contact is used."""
        if not isinstance(values, Mapping) or not isinstance(values.get("collective_contact"), bool):
            return values
        others = {name: value for name, value in values.items() if name != "collective_contact"}
        return {"contacts": "collective" if values["collective_contact"] else "single"} | others


class SettingsVersion(Fact):
    """One version of the settings; numbers count up per tenant."""

    id: UUID
    number: int
    values: MerchantSettings
