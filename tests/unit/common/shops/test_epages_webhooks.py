"""Signatures of the platform, and what of a notification is believed."""

from uuid import UUID

import pytest
from pydantic import SecretStr

from common.shops.epages.webhooks import (
    MalformedHint,
    install_signature,
    is_signed,
    read_hint,
    webhook_signature,
)

SECRET = SecretStr("client-secret-for-tests-0001")
ROOT = "https://shop-a.example/rs/shops/ShopA"
BODY = (
    b'{"id":"11111111-2222-3333-4444-555555555555","baseUrl":"https://shop-a.example/rs/shops/ShopA",'
    b'"entityUrl":"https://shop-a.example/rs/shops/ShopA/orders/66666666-0000-0000-0000-000000000001",'
    b'"createdOn":"2025-03-01T09:15:00Z","eventType":"ORDER_UPDATE","entity":{}}'
)
SIGNATURE = "pGVa1rRL+DBGZyuFDjV5wQxFduWnXmyC/ZIpcK2WN2U="
CONNECTION = UUID("6f0c7a3e-52f5-4a0f-9d0e-0c5b8a4f2d12")


def body_with(old: bytes, new: bytes) -> bytes:
    changed = BODY.replace(old, new)
    assert changed != BODY
    return changed


def test_signatures_are_those_of_the_platform() -> None:
    url = f"{ROOT}/token"
    code = "AUTHcode0000000000000000000000001"
    assert install_signature(SECRET, code, url) == "OG1ngVAeo7OdigUlbeyz6254Ehv6GDxwe5UJhDdg0iw="
    assert webhook_signature(SECRET, BODY) == SIGNATURE


def test_white_space_after_a_signature_does_not_matter() -> None:
    assert is_signed(SECRET, BODY, SIGNATURE + " \r\n")


@pytest.mark.parametrize("signature", ["", "x", SIGNATURE[:-1], SIGNATURE.lower(), "ü", SIGNATURE + "="])
def test_another_signature_is_refused(signature: str) -> None:
    assert not is_signed(SECRET, BODY, signature)


def test_one_other_byte_breaks_the_signature() -> None:
    assert not is_signed(SECRET, BODY + b" ", SIGNATURE)
    assert not is_signed(SecretStr("another"), BODY, SIGNATURE)


def test_only_the_order_id_is_taken_from_a_notification() -> None:
    hint = read_hint(BODY, ROOT)
    assert (hint.event_type, hint.order_id) == ("ORDER_UPDATE", "66666666-0000-0000-0000-000000000001")


@pytest.mark.parametrize("spelling", [b"ORDERS_UPDATE", b"order_update", b"ORDER_CREATE", b"ORDERS_CREATE"])
def test_every_spelling_of_an_order_event_is_understood(spelling: bytes) -> None:
    assert read_hint(body_with(b"ORDER_UPDATE", spelling), ROOT).order_id is not None


@pytest.mark.parametrize("event", [b"ORDER_DELETE", b"APP_UNINSTALL", b"PRODUCT_UPDATE", b"SOMETHING_NEW"])
def test_other_events_name_no_order(event: bytes) -> None:
    assert read_hint(body_with(b"ORDER_UPDATE", event), ROOT).order_id is None


@pytest.mark.parametrize(
    "url",
    [
        b"https://evil.example/rs/shops/ShopA/orders/1",
        b"http://shop-a.example/rs/shops/ShopA/orders/1",
        b"https://shop-a.example/rs/shops/ShopB/orders/1",
        b"https://shop-a.example/rs/shops/ShopA/orders/",
        b"https://shop-a.example/rs/shops/ShopA/orders/..",
        b"https://shop-a.example/rs/shops/ShopA/orders/1/documents",
        b"https://shop-a.example/rs/shops/ShopA/orders/%2e%2e",
        b"https://[broken/orders/1",
    ],
)
def test_an_address_outside_the_connections_own_root_names_no_order(url: bytes) -> None:
    original = b"https://shop-a.example/rs/shops/ShopA/orders/66666666-0000-0000-0000-000000000001"
    assert read_hint(body_with(original, url), ROOT).order_id is None


@pytest.mark.parametrize(
    "root",
    [
        b"https://SHOP-A.example",
        b"https://shop-a.example:443",
        b"https://shop-a.example/.",
        b"https://shop-a.example/",
    ],
)
def test_other_spellings_of_the_connections_root_are_its_own(root: bytes) -> None:
    body = body_with(b'"entityUrl":"https://shop-a.example', b'"entityUrl":"' + root)
    assert read_hint(body, ROOT).order_id
    assert read_hint(BODY, root.decode() + "/rs/shops/%53hopA/").order_id


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"entityUrl":"x"}',
        b'{"eventType":7}',
        b'{"eventType":"X","entityUrl":1}',
    ],
)
def test_a_body_that_is_no_notification_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedHint):
        read_hint(body, ROOT)


def test_the_same_notification_is_the_same_command_and_another_is_not() -> None:
    command = read_hint(BODY, ROOT).command_id(CONNECTION)
    later = read_hint(body_with(b"09:15:00Z", b"09:15:01Z"), ROOT)
    assert read_hint(b" " + BODY, ROOT).command_id(CONNECTION) == command
    assert later.command_id(CONNECTION) != command
    assert read_hint(BODY, ROOT).command_id(UUID(int=1)) != command
