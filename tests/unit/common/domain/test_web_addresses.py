"""R55: an address has one spelling, and what a server may read in two ways is none."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.web_addresses import (
    NoWebAddress,
    authority_of,
    loopback_roots,
    one_spelling,
    root_of,
    storefront_of,
)

USUAL = "https://shop.example/rs/shops/ShopA"
SEGMENT = st.from_regex(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,8}", fullmatch=True)
NOISE = st.sampled_from(["", ".", "%2e", "%2E"])


@pytest.mark.parametrize(
    "other",
    [
        "HTTPS://SHOP.example/rs/shops/ShopA",
        "https://shop.example:443/rs/shops/ShopA",
        "https://shop.example:/rs/shops/ShopA",
        "https://shop.example./rs/shops/ShopA",
        "https://sho%70.exampl%65/rs/shops/ShopA",
        "https://shop.example/rs/shops/ShopA/",
        "https://shop.example/rs/shops/ShopA/.",
        "https://shop.example/./rs/shops/ShopA",
        "https://shop.example/rs/shops/%53hopA",
        "https://shop.example//rs///shops/ShopA//",
        "https://shop.example/rs/shops/Other/../ShopA",
        "https://shop.example/rs/shops/Other/%2E%2e/ShopA/%2e",
        "https://shop.example/../rs/shops/ShopA",
        "https://shop.example/rs/shops/ShopA?",
        "https://shop.example/rs/shops/ShopA#",
        "  https://shop.example/rs/shops/ShopA ",
    ],
)
def test_other_spellings_of_an_address_become_the_usual_one(other: str) -> None:
    assert one_spelling(other) == USUAL
    assert root_of(other) == "shop.example/rs/shops/ShopA"


@pytest.mark.parametrize(
    ("given_url", "spelled"),
    [
        ("http://127.0.0.1:9101/a", "http://127.0.0.1:9101/a"),
        ("http://127.0.0.1.:80/a", "http://127.0.0.1/a"),
        ("https://[0:0::0:1]:8443/a", "https://[::1]:8443/a"),
        ("https://[2001:DB8::0a]/a", "https://[2001:db8::a]/a"),
        ("http://[::ffff:127.0.0.1]:9101/a", "http://127.0.0.1:9101/a"),
        ("http://[::FFFF:7f00:1]:9101/a", "http://127.0.0.1:9101/a"),
        ("https://Küche.example/a", "https://xn--kche-0ra.example/a"),
        ("https://k%C3%BCche.example/a", "https://xn--kche-0ra.example/a"),
        ("https://XN--KCHE-0RA.example/a", "https://xn--kche-0ra.example/a"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://shop。example/a", "https://shop.example/a"),
    ],
)
def test_hosts_have_one_spelling(given_url: str, spelled: str) -> None:
    assert one_spelling(given_url) == spelled
    assert one_spelling(spelled) == spelled


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/rs",
        "ftp://shop.example/rs",
        "https://",
        "https:///rs",
        "https://user@shop.example/rs",
        "https://user:secret@shop.example/rs",
        "https://shop.example%40elsewhere.example/rs",
        "https://shop.example/rs?x=1",
        "https://shop.example/rs#x",
        "https://shop.example:0/rs",
        "https://shop.example:99999/rs",
        "https://shop..example/rs",
        "https://-shop.example/rs",
        "https://shop.example%2Frs",
        "https://shop.example\\rs",
        "https://shop.example/rs;a=b",
        "https://shop.example/rs/a%2Fb",
        "https://shop.example/rs/a%5Cb",
        "https://shop.example/rs/%252e%252e",
        "https://shop.example/rs/%00",
        "https://shop.example/rs/%FF",
        "https://shop.example/rs/a b",
        "http://2130706433/rs",
        "http://127.1/rs",
        "http://0x7f.0.0.1/rs",
        "http://0177.0.0.1/rs",
        "http://127.0.0.256/rs",
        "https://[fe80::1%25eth0]/rs",
        "https://[v1.a]/rs",
        "https://[::1/rs",
        f"https://{'a' * 254}/rs",
    ],
)
def test_what_may_be_read_in_two_ways_is_no_address(url: str) -> None:
    with pytest.raises(NoWebAddress):
        one_spelling(url)


def test_scheme_and_default_port_tell_no_two_shops_apart_but_another_port_does() -> None:
    assert root_of("http://shop.example:80/a") == root_of("https://shop.example/a")
    assert root_of("https://shop.example:8443/a") != root_of("https://shop.example/a")
    assert root_of("https://shop.example/rs/shops/A") != root_of("https://shop.example/rs/shops/a")


def test_names_of_this_machine_are_known_but_are_not_one_place() -> None:
    assert loopback_roots("localhost:1/a") == {"127.0.0.1:1/a", "[::1]:1/a"}
    assert loopback_roots("127.0.0.1") == {"localhost", "[::1]"}
    for other in ("localhost.example/a", "127.0.0.10/a", "shop.example/localhost"):
        assert loopback_roots(other) == frozenset()


@pytest.mark.parametrize(
    ("url", "storefront"),
    [
        ("https://Shop.example:443/A.sf/?ObjectPath=/Shops/A", "shop.example/A.sf?ObjectPath=%2FShops%2FA"),
        ("http://shop.example/A.sf?ObjectPath=%2FShops%2FA#top", "shop.example/A.sf?ObjectPath=%2FShops%2FA"),
        ("https://shop.example/?b=2&a=", "shop.example?a=&b=2"),
        ("https://www.küche.example", "www.xn--kche-0ra.example"),
        ("https://shop.example/Bücher und mehr/", "shop.example/B%C3%BCcher%20und%20mehr"),
        ("/epages/A.sf", None),
        ("https://shop.example/" + "a" * 3000, None),
        ("https://shop.example/?a=" + "ü" * 500, None),
        ("mailto:shop@shop.example", None),
        ("", None),
        (None, None),
    ],
)
def test_a_storefront_is_known_by_host_path_and_query(url: str | None, storefront: str | None) -> None:
    assert storefront_of(url) == storefront


@given(st.lists(st.tuples(SEGMENT, NOISE), min_size=1, max_size=5), st.data())
def test_noise_in_the_path_changes_nothing(parts: list[tuple[str, str]], data: st.DataObject) -> None:
    plain = "https://shop.example/" + "/".join(segment for segment, _ in parts)
    encoded = (
        "".join(f"%{ord(letter):02X}" if data.draw(st.booleans()) else letter for letter in segment)
        for segment, _ in parts
    )
    noisy = "https://shop.example/" + "/".join(
        f"{segment}/{noise}" for segment, (_, noise) in zip(encoded, parts, strict=True)
    )
    assert one_spelling(noisy) == one_spelling(plain) == plain


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_refused_or_has_a_spelling_that_stays(host: str, path: str) -> None:
    for url in (f"https://{host}/{path}", f"https://{host}/{quote(path)}", host + path):
        try:
            spelled = one_spelling(url)
        except NoWebAddress:
            continue
        assert spelled.isascii()
        assert one_spelling(spelled) == spelled
        assert authority_of(spelled) == root_of(spelled).partition("/")[0]
