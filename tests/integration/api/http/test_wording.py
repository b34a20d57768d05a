"""A request that does not fit is told so in words: which field, and what was expected there."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.validation.expected import PATTERNS
from common.domain.merchant import GOODS_CATEGORY
from integration.api.harness import Api, books_body, shop_body
from integration.api.http.test_openapi import DESCRIPTION

TENANT = "0b6f3f6e-0000-4000-8000-00000000a001"


async def told(api: Api, method: str, path: str, body: Any = None, **headers: str) -> list[str]:
    answer = await api.client.request(method, path, json=body, headers=api.operator | headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), answer.text
    return [error["message"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"colour": 1}, "`settings.colour` is not a setting; expected one of `mode`, "),
        ({"mod": "paused"}, "`settings.mod` is not a setting; did you mean `mode`?"),
        ({"mode": "x"}, "`settings.mode` does not fit; expected one of `automatic`, `paused`."),
        ({"start_on": "x"}, "`settings.start_on` does not fit; expected a date such as 2026-01-31 or null."),
        ({"start_on": 0}, "`settings.start_on` does not fit; expected a date such as 2026-01-31 or null."),
        ({"start_on": "0"}, "`settings.start_on` does not fit; expected a date such as 2026-01-31 or null."),
        ({"oss_since": 1735689600}, "`settings.oss_since` does not fit; expected a date such as 2026-01-31"),
        (
            {"poll_interval_seconds": "x"},
            "`settings.poll_interval_seconds` does not fit; expected a whole number from 1 to 86400.",
        ),
        ({"send_pdf": "x"}, "`settings.send_pdf` does not fit; expected true or false."),
        (
            {"excluded_tags": [1]},
            "`settings.excluded_tags[0]` does not fit; expected text of at most 200 characters",
        ),
        (
            {"contact_rule": {"abroat": True}},
            "`settings.contact_rule.abroat` is not a setting; did you mean `abroad`?",
        ),
        (
            {"contact_rule": {"from_gross": "1e30"}},
            "`settings.contact_rule.from_gross` does not fit; expected text with at most two decimals,",
        ),
        (
            {"zero_rates": [{"category_id": "c", "sku": "*"}]},
            "A rule in zero_rates names a tax class, an article number or words of a name.",
        ),
        (
            {"zero_rates": [{"category_id": GOODS_CATEGORY, "voucher": True}]},
            "A voucher in zero_rates is owed, not sold: its category cannot be one of sales.",
        ),
        (
            {"voucher_status": "open"},
            "Lexware Office refuses a voucher that names a status; every voucher is open at once.",
        ),
    ],
)
async def test_a_setting_that_does_not_fit_is_named(api: Api, values: Any, message: str) -> None:
    path = f"/api/v1/tenants/{await api.tenant()}/settings"
    for method in ("PUT", "PATCH"):
        [said] = await told(api, method, path, {"values": values}, **{"If-Match": "*"})
        assert said.startswith(message)
    [said] = await told(api, "POST", "/api/v1/tenants", {"name": "A", "settings": values})
    assert said.startswith(message)


@pytest.mark.parametrize(
    ("method", "path", "body", "messages"),
    [
        (
            "POST",
            "/api/v1/tenants",
            {"nam": "A"},
            {
                "`name` is missing; expected text of 1 to 200 characters without control characters.",
                "`nam` is not known here; did you mean `name`?",
            },
        ),
        (
            "POST",
            "/api/v1/tenants",
            [],
            {"The body does not fit; expected an object with `name`, `settings`."},
        ),
        (
            "POST",
            "/api/v1/tenants",
            None,
            {"The body is missing; expected an object with `name`, `settings`."},
        ),
        (
            "GET",
            "/api/v1/documents?limit=many&colour=red",
            None,
            {
                "`limit` does not fit; expected a whole number from 1 to 1000.",
                "`colour` is not known here; expected one of `tenant_id`, `connection_id`, `status`, ",
            },
        ),
        (
            "GET",
            "/api/v1/tenants/x/settings/versions/0",
            None,
            {
                "`tenant_id` does not fit; expected an id such as 0b6f3f6e-3c1d-4c2a-9b1e-5a3f6e7d8c9b.",
                "`number` does not fit; expected a whole number from 1 to 2147483647.",
            },
        ),
        (
            "POST",
            "/api/v1/connections",
            shop_body(None) | {"access_token": "short"},
            {"`access_token` does not fit; expected text of 8 to 4096 characters of printable ASCII "},
        ),
        (
            "POST",
            "/api/v1/connections",
            books_body(None)
            | {"oauth": {"access_token": "x" * 8, "refresh_token": "x" * 8, "expires_in": 0}},
            {"`oauth.expires_in` does not fit; expected a whole number above 0, at most 31536000."},
        ),
        ("POST", "/api/v1/connections", {"kind": "x"}, {"The body does not fit; expected an object with "}),
        (
            "POST",
            f"/api/v1/documents/{TENANT}/resolve",
            {"action": "adopt"},
            {"`adopt` needs a `voucher_id`."},
        ),
    ],
)
async def test_whatever_does_not_fit_is_named_with_what_was_expected(
    api: Api, method: str, path: str, body: Any, messages: set[str]
) -> None:
    said = await told(api, method, path, body)
    assert len(said) == len(messages)
    assert all(any(one.startswith(message) for one in said) for message in messages), said


async def test_a_header_that_does_not_fit_is_named(api: Api) -> None:
    headers = {"Idempotency-Key": "with spaces"}
    [said] = await told(api, "POST", "/api/v1/tenants", {"name": "A"}, **headers)
    assert said == (
        "`Idempotency-Key` does not fit; "
        "expected text of 1 to 200 characters of printable ASCII without spaces or null."
    )


async def test_what_is_no_json_is_told_so(api: Api) -> None:
    headers = api.operator | {"Content-Type": "application/json"}
    answer = await api.client.post("/api/v1/tenants", content=b"{", headers=headers)
    assert [error["message"] for error in answer.json()["errors"]] == ["The body is no JSON document."]


async def test_what_looks_like_no_name_is_not_repeated(api: Api) -> None:
    [said] = await told(api, "POST", "/api/v1/tenants", {"name": "A", "<script>": 1})
    assert said.startswith("`?` is not known here")


def patterns(part: Any) -> Iterator[str]:
    """Every pattern anywhere in a part of the description."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    if isinstance(part, dict) and isinstance(part.get("pattern"), str):
        yield part["pattern"]
    for one in inner:
        yield from patterns(one)


def test_every_pattern_of_the_description_has_words() -> None:
    found = set(patterns(DESCRIPTION))
    assert len(found) > 5
    assert found <= set(PATTERNS)


async def test_a_number_is_no_day_of_1970(api: Api) -> None:
    [said] = await told(api, "GET", "/api/v1/documents?issued_from=0")
    assert said == "`issued_from` does not fit; expected a date such as 2026-01-31 or null."
    path = f"/api/v1/documents/{TENANT}/confirm-date"
    [said] = await told(api, "POST", path, {"issued_on": 0})
    assert said == "`issued_on` does not fit; expected a date such as 2026-01-31."
