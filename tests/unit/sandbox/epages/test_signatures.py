"""Signatures of the simulated shop are the platform's."""

from sandbox.epages.signatures import sign_install, sign_webhook

SECRET = "client-secret-for-tests-0001"


def test_an_install_signature_is_the_platforms() -> None:
    token_url = "https://shop-a.example/rs/shops/ShopA/token"
    signature = sign_install(SECRET, "AUTHcode0000000000000000000000001", token_url)
    assert signature == "OG1ngVAeo7OdigUlbeyz6254Ehv6GDxwe5UJhDdg0iw="


def test_a_webhook_signature_is_the_platforms() -> None:
    body = (
        b'{"id":"11111111-2222-3333-4444-555555555555","baseUrl":"https://shop-a.example/rs/shops/ShopA",'
        b'"entityUrl":"https://shop-a.example/rs/shops/ShopA/orders/66666666-0000-0000-0000-000000000001",'
        b'"createdOn":"2025-03-01T09:15:00Z","eventType":"ORDER_UPDATE","entity":{}}'
    )
    assert sign_webhook(SECRET, body) == "pGVa1rRL+DBGZyuFDjV5wQxFduWnXmyC/ZIpcK2WN2U="
