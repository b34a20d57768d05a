"""Books are known by their organization, and others' books halt the line until a person confirms them."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from api.upstream import BooksIdentity
from common.db.breakers import CallKind
from common.db.models.core import ConnectionRow, SecretRow
from common.db.models.effects import BreakerRow, OAuthTokenRow
from common.events.commands import ReleaseParked
from common.lexware.tokens import TokenStore
from integration.api.harness import ORGANIZATION, Api, books_body, secret_of, secrets_of
from integration.api.rows import NOW

PATH = "/api/v1/connections"
OTHER = BooksIdentity("0b6f3f6e-0000-4000-8000-00000000b002", has_bookkeeping=True)
OURS = BooksIdentity(ORGANIZATION, has_bookkeeping=True)


async def states(api: Api, tenant_id: UUID) -> dict[str, tuple[str, str | None]]:
    items = (await api.get(PATH, tenant_id=tenant_id, kind="books")).json()["items"]
    return {item["organization_id"]: (item["state"], item["state_reason"]) for item in items}


async def test_books_are_asked_at_the_host_of_the_installation_only(api: Api) -> None:
    tenant_id = await api.tenant()
    other = await api.post(PATH, books_body(tenant_id, base_url="http://shop.test"))
    assert (other.status_code, other.json()["code"]) == (422, "address_refused")
    same = await api.post(PATH, books_body(tenant_id, base_url="http://books.test/"))
    assert (same.status_code, same.json()["base_url"]) == (201, "http://books.test")


async def test_books_are_known_by_their_organization(api: Api) -> None:
    tenant_id = await api.tenant()
    books = await api.books(tenant_id)
    assert (books["organization_id"], books["auth"], books["state"]) == (ORGANIZATION, "api_key", "active")
    again = await api.post(PATH, books_body(tenant_id, api_key="a-newer-key"))
    assert (again.status_code, again.json()["id"]) == (200, books["id"])
    assert await secret_of(api, books, "api_key") == "a-newer-key"
    released = [command for command in await api.commands() if isinstance(command, ReleaseParked)]
    assert [command.released_by for command in released] == ["connection", "connection"]


async def test_books_without_bookkeeping_are_refused(api: Api) -> None:
    api.checks.identity = BooksIdentity(ORGANIZATION, has_bookkeeping=False)
    answer = await api.post(PATH, books_body(await api.tenant()))
    assert (answer.status_code, answer.json()["code"]) == (422, "bookkeeping_missing")


async def test_a_token_pair_is_kept_for_the_books(api: Api) -> None:
    tenant_id = await api.tenant()
    pair = {"access_token": "access-of-pair", "refresh_token": "refresh-of-pair", "expires_in": 3600}
    await api.books(tenant_id)
    books = await api.books(tenant_id, api_key=None, oauth=pair)
    assert books["auth"] == "oauth"
    stored = await TokenStore(api.db, secrets_of(api), tenant_id, UUID(books["id"])).load()
    assert stored is not None
    assert (stored.access, stored.refresh) == (SecretStr("access-of-pair"), SecretStr("refresh-of-pair"))
    assert 3500 < stored.expires_in <= 3600
    assert await api.rows(SecretRow) == []
    await api.books(tenant_id)
    assert await api.rows(OAuthTokenRow) == []


@pytest.mark.parametrize("secrets", [{"api_key": None}, {"oauth": {"access_token": "12345678"}}])
async def test_books_need_one_kind_of_secret(api: Api, secrets: dict[str, Any]) -> None:
    answer = await api.post(PATH, books_body(await api.tenant(), **secrets))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_another_organization_halts_the_line_until_a_person_confirms(api: Api) -> None:
    tenant_id = await api.tenant()
    first = await api.books(tenant_id)
    api.checks.identity = OTHER
    halted = await api.books(tenant_id, api_key="key-of-the-other")
    assert (halted["id"], halted["state"], halted["state_reason"]) == (
        first["id"],
        "halted",
        "organization_changed",
    )
    assert halted["pending_organization_id"] == OTHER.organization_id
    assert await secret_of(api, first, "api_key") == "books-key-secret"
    confirmed = (await api.post(f"{PATH}/{first['id']}/confirm-organization")).json()
    assert (confirmed["id"], confirmed["state"]) == (halted["pending_connection_id"], "active")
    assert confirmed["organization_id"] == OTHER.organization_id
    assert await secret_of(api, confirmed, "api_key") == "key-of-the-other"
    assert await states(api, tenant_id) == {
        ORGANIZATION: ("disabled", "organization_replaced"),
        OTHER.organization_id: ("active", None),
    }
    again = await api.post(f"{PATH}/{confirmed['id']}/confirm-organization")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_confirm")


async def test_connecting_the_first_organization_again_ends_the_halt(api: Api) -> None:
    tenant_id = await api.tenant()
    first = await api.books(tenant_id)
    api.checks.identity = OTHER
    await api.books(tenant_id)
    api.checks.identity = OURS
    again = await api.books(tenant_id)
    assert (again["id"], again["state"], again["pending_connection_id"]) == (first["id"], "active", None)
    assert (await states(api, tenant_id))[OTHER.organization_id] == ("disabled", "awaits_confirmation")


async def test_other_books_after_disabled_ones_need_a_confirmation_too(api: Api) -> None:
    tenant_id = await api.tenant()
    first = await api.books(tenant_id)
    await api.post(f"{PATH}/{first['id']}/disable")
    api.checks.identity = OTHER
    second = await api.books(tenant_id)
    assert (second["state"], second["organization_id"]) == ("halted", OTHER.organization_id)
    assert (await api.books(tenant_id))["state"] == "halted"
    assert (await api.post(f"{PATH}/{second['id']}/confirm-organization")).json()["state"] == "active"
    enable = await api.post(f"{PATH}/{first['id']}/enable")
    assert (enable.status_code, enable.json()["code"]) == (409, "books_connection_exists")
    api.checks.identity = OURS
    assert (await api.books(tenant_id))["state"] == "halted"


async def test_an_unconfirmed_organization_cannot_be_enabled_around_the_confirmation(api: Api) -> None:
    tenant_id = await api.tenant()
    first = await api.books(tenant_id)
    api.checks.identity = OTHER
    halted = await api.books(tenant_id)
    for identity in (halted["id"], halted["pending_connection_id"]):
        assert (await api.post(f"{PATH}/{identity}/enable")).status_code == 409
    await api.post(f"{PATH}/{first['id']}/disable")
    enabled = (await api.post(f"{PATH}/{halted['pending_connection_id']}/enable")).json()
    assert enabled["state"] == "halted"


async def test_one_books_connection_at_most_is_in_use_whatever_happens(api: Api) -> None:
    tenant_id = await api.tenant()
    await api.books(tenant_id)
    row = {"kind": "books", "platform": "lexware", "name": "x", "address": "z", "created_at": NOW}
    with pytest.raises(Exception, match=r"(?i)unique"):
        await api.add(ConnectionRow, {"tenant_id": tenant_id, **row})


@pytest.mark.parametrize(
    ("refused_by", "reason"),
    [("credentials", "refused_by_books"), ("contract", "contract_problem"), ("rights", "rights_missing")],
)
async def test_a_refused_access_is_shown_as_in_need_of_a_reconnect_until_it_is_linked_anew(
    api: Api, refused_by: str, reason: str
) -> None:
    tenant_id = await api.tenant()
    books = await api.books(tenant_id)
    said = "http.unauthorized: GET /v1/profile: 401"
    denied = {"state": "open", "failures": 9, "refusals": 9, "refused_by": refused_by, "denied_at": NOW}
    for scope, stands in (("contacts.read", {"state": "open", "failures": 70}), ("vouchers.write", denied)):
        place = CallKind(tenant_id, UUID(books["id"]), scope)
        row = {"breaker_id": place.breaker_id, "connection_id": place.connection_id, "scope": scope}
        await api.add(BreakerRow, {**row, "tenant_id": tenant_id, "last_error": said, **stands})
    shown = (await api.get(f"{PATH}/{books['id']}")).json()
    assert (shown["state"], shown["state_reason"]) == ("reconnect_needed", reason)
    listed = (await api.get(PATH, tenant_id=tenant_id)).json()["items"]
    assert [one["state"] for one in listed] == ["reconnect_needed"]
    (health,) = (await api.get("/api/v1/status", tenant_id=tenant_id)).json()["connections"]
    assert (health["state"], health["failures"]) == ("reconnect_needed", 9)
    assert health["last_error"] == said
    await api.books(tenant_id)
    again = (await api.get(f"{PATH}/{books['id']}")).json()
    assert (again["state"], again["state_reason"]) == ("active", None)


async def test_lost_tokens_are_shown_as_in_need_of_a_reconnect(api: Api) -> None:
    tenant_id = await api.tenant()
    pair = {"access_token": "access-of-pair", "refresh_token": "refresh-of-pair", "expires_in": 3600}
    books = await api.books(tenant_id, api_key=None, oauth=pair)
    store = TokenStore(api.db, secrets_of(api), tenant_id, UUID(books["id"]))
    assert await store.lose(1, "refused")
    assert (await api.get(f"{PATH}/{books['id']}")).json()["state"] == "reconnect_needed"
