"""The shop itself, its master data and its customers; and the exchange of a code for a token."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from hmac import compare_digest
from urllib.parse import parse_qsl

from sandbox.epages.api.answers import envelope, page_of, refusal, resource
from sandbox.epages.api.gate import ROOT, caller_of, scoped
from sandbox.epages.api.orders import OFFERED_LOCALES, at_home, locale_of
from sandbox.epages.catalog import COUNTRIES
from sandbox.epages.documents.render import ORIGIN, Renderer, shop_info
from sandbox.epages.models import PRODUCT_TAX_CLASSES, Shop
from sandbox.epages.values import guid, price, to_json
from sandbox.http import Answer, Call
from sandbox.resource import ApiRoute, Resource

SHIPPING_METHODS = (("Paket", Decimal("4.90")), ("Express", Decimal("12.00")), ("Abholung", None))
LEGAL_TEXTS = (
    ("contactInformation", "Impressum", "contact", "contact-information"),
    ("privacyPolicy", "Datenschutz", "privacy", "privacy-policy"),
    ("termsAndConditions", "AGB", "tac", "terms-and-conditions"),
    ("rightsOfWithdrawal", "Widerrufsrecht", "withdrawal", "rights-of-withdrawal"),
    ("shippingInformation", "Versandbedingungen", "shipping", "shipping-information"),
    ("cookiePolicy", "Cookies", "cookie", "cookie-policy"),
)
SMALL_BUSINESS_NOTE = "Gemäß § 19 UStG wird keine Umsatzsteuer berechnet (Kleinunternehmerregelung)."

Json = dict[str, object]


class ShopApi(Resource):
    """Master data of a shop; all of it follows from the shop's options."""

    def routes(self) -> Sequence[ApiRoute]:
        """The shop, what it sells by and in, its legal texts and its customers."""
        info, legal, customers = scoped("products_read", self.get_info), "legal_read", "customers_read"
        read = {
            "tax-model": scoped("products_read", self.get_tax_model),
            "tax-classes": scoped("products_read", self.list_tax_classes),
            "tax-classes/{tax_class_id}": scoped("products_read", self.get_tax_class),
            "currencies": scoped("products_read", self.get_currencies),
            "locales": scoped("products_read", self.get_locales),
            "countries": self.list_countries,
            "legal": scoped(legal, self.get_legal),
            "legal/contact-information": scoped(legal, self.get_contact_information),
            "shipping-methods": scoped("products_read", self.list_shipping_methods),
            "shipping-methods/{method_id}": scoped("products_read", self.get_shipping_method),
            "customers": scoped(customers, self.list_customers),
            "customers/{customer_id}": scoped(customers, self.get_customer),
        }
        return [
            ApiRoute(ROOT, {"GET": info}),
            ApiRoute(ROOT, {"GET": info}, path=f"{ROOT}/"),
            *(ApiRoute(f"{ROOT}/{path}", {"GET": handler}) for path, handler in read.items()),
        ]

    def get_info(self, call: Call) -> Answer:
        """Name, addresses and country of the shop."""
        locale_of(call)
        return at_home(call, resource(shop_info(caller_of(call).state.shop)))

    def get_tax_model(self, call: Call) -> Answer:
        """Gross or net, and whether taxes are shown at all; the note is there even when they are."""
        shop = caller_of(call).state.shop
        return resource(
            {
                "model": shop.tax_model.lower(),
                "displayTaxes": shop.display_taxes,
                "noTaxesMessage": SMALL_BUSINESS_NOTE,
                "deliveryThresholdIsActive": shop.delivery_threshold,
                "countryCode2": shop.country,
            }
        )

    def list_tax_classes(self, call: Call) -> Answer:
        """Tax classes without rates."""
        shop, page = caller_of(call).state.shop, page_of(call)
        classes = [_tax_class(shop, name) for name in PRODUCT_TAX_CLASSES]
        defaults = {"defaultTaxClass": classes[0], "defaultTaxClassDigital": classes[0]}
        items = [to_json(one) for one in classes[page.start : page.start + page.size]]
        return at_home(call, envelope(items, len(classes), page, defaults))

    def get_tax_class(self, call: Call) -> Answer:
        """One tax class."""
        shop = caller_of(call).state.shop
        for name in PRODUCT_TAX_CLASSES:
            if shop.tax_class_id(name) == call.params["tax_class_id"]:
                return at_home(call, resource(_tax_class(shop, name)))
        raise refusal(call, 404, "Tax class not found")

    def get_currencies(self, call: Call) -> Answer:
        """The shop's currencies."""
        currency = caller_of(call).state.shop.currency
        return resource({"default": currency, "items": list(dict.fromkeys((currency, "EUR", "USD")))})

    def get_locales(self, call: Call) -> Answer:
        """The shop's languages."""
        locale = caller_of(call).state.shop.locale
        return resource({"default": locale, "items": list(dict.fromkeys((locale, *OFFERED_LOCALES)))})

    def list_countries(self, call: Call) -> Answer:
        """A bare array; flags are 0 or 1."""
        home = caller_of(call).state.shop.country
        return resource(
            [
                {
                    "nativeName": native,
                    "countryIsDefault": int(code2 == home),
                    "code3": code3,
                    "code2": code2,
                    "englishName": english,
                    "countryIsEU": is_eu,
                    "countryID": number,
                }
                for code2, code3, native, english, number, is_eu in COUNTRIES
            ]
        )

    def get_legal(self, call: Call) -> Answer:
        """Titles of the legal texts."""
        root = f"{ORIGIN}/rs/shops/{caller_of(call).state.shop.shop_id}/legal"
        texts: Json = {key: {"name": name} for key, name, _, _ in LEGAL_TEXTS}
        links = [{"rel": rel, "href": f"{root}/{path}"} for _, _, rel, path in LEGAL_TEXTS]
        return at_home(call, resource({**texts, "links": links}))

    def get_contact_information(self, call: Call) -> Answer:
        """The imprint, as HTML text."""
        shop = caller_of(call).state.shop
        return resource(
            {
                "name": "Impressum",
                "title": "Impressum",
                "navigationCaption": "Impressum",
                "shortDescription": f"<p>{shop.name}</p>",
                "description": "<p>Angaben nach § 5 DDG</p>",
                "company": shop.name,
                "contactPerson": "Henrike Handel",
                "contactPersonJobTitle": "Inhaberin",
                "address": "<p>Marktplatz 1<br />\r\n28195 Bremen</p>",
                "phone": "+49 421 000000",
                "email": "kontakt@shop.example",
            }
        )

    def list_shipping_methods(self, call: Call) -> Answer:
        """A bare array of the shop's delivery methods."""
        shop = caller_of(call).state.shop
        return resource([_shipping_method(shop, name, amount) for name, amount in SHIPPING_METHODS])

    def get_shipping_method(self, call: Call) -> Answer:
        """One delivery method."""
        shop = caller_of(call).state.shop
        for name, amount in SHIPPING_METHODS:
            method = _shipping_method(shop, name, amount)
            if method["shippingMethodId"] == call.params["method_id"]:
                return resource(method)
        raise refusal(call, 404, "Shipping method not found")

    def list_customers(self, call: Call) -> Answer:
        """One page of the customers."""
        state, page = caller_of(call).state, page_of(call)
        customers, renderer = list(state.customers.values()), Renderer(state.shop, locale_of(call))
        shown = customers[page.start : page.start + page.size]
        return at_home(
            call, envelope([to_json(renderer.customer(one)) for one in shown], len(customers), page)
        )

    def get_customer(self, call: Call) -> Answer:
        """One customer."""
        state = caller_of(call).state
        customer = state.customers.get(call.params["customer_id"])
        if customer is None:
            raise refusal(call, 404, "Customer not found")
        return at_home(call, resource(Renderer(state.shop, locale_of(call)).customer(customer)))


class TokenApi(Resource):
    """The token endpoint: one code, one token."""

    def __init__(self, install: Callable[[Shop], str]) -> None:
        self._install = install

    def routes(self) -> Sequence[ApiRoute]:
        """The exchange, open to whoever shows a code."""
        return [ApiRoute(f"{ROOT}/token", {"POST": self.exchange}, is_open=True)]

    def exchange(self, call: Call) -> Answer:
        """A new permanent token for a code that was not used yet."""
        if not call.header("Content-Type").startswith("application/x-www-form-urlencoded"):
            raise refusal(call, 400, "Content-Type must be application/x-www-form-urlencoded.")
        shop = caller_of(call).state.shop
        form = dict(parse_qsl(call.body.decode("latin-1")))
        if form.get("client_id") != shop.client_id or not _same(
            form.get("client_secret"), shop.client_secret
        ):
            raise refusal(call, 403, "Access denied: unknown client")
        if shop.pending_code is None or not _same(form.get("code"), shop.pending_code):
            raise refusal(call, 400, "The code is not valid.")
        return resource({"access_token": self._install(shop)})


def _same(given: str | None, expected: str) -> bool:
    return compare_digest((given or "").encode(), expected.encode())


def _tax_class(shop: Shop, name: str) -> Json:
    tax_class_id = shop.tax_class_id(name)
    href = f"{ORIGIN}/rs/shops/{shop.shop_id}/tax-classes/{tax_class_id}"
    return {"taxClassId": tax_class_id, "name": name, "links": [{"rel": "self", "href": href}]}


def _shipping_method(shop: Shop, name: str, amount: Decimal | None) -> Json:
    given = None if amount is None else price(amount, shop.tax_model, shop.currency, shop.locale)
    method_id = guid(shop.key, "shipping", name)
    return {"shippingMethodId": method_id, "name": name, "description": None, "logo": None, "price": given}
