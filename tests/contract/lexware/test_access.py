"""Keys, scopes, OAuth with PKCE, rotation, revocation, and what a connection learns of its organization."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from contract.lexware.office import Office, voucher

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_challenge_is_the_published_one() -> None:
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == CHALLENGE


async def authorize(office: Office, **changes: str | None) -> httpx.Response:
    query = {
        "client_id": office.entry["client_id"],
        "redirect_uri": office.entry["redirect_uri"],
        "response_type": "code",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "s t/a+te",
        **changes,
    }
    return await office.get("/oauth2/authorize", **{key: value for key, value in query.items() if value})


async def token(office: Office, **form: str) -> httpx.Response:
    client = (office.entry["client_id"], office.entry["client_secret"])
    return await office.http.post("/oauth2/token", data=form, auth=client)


async def redeem(office: Office, code: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": office.entry["redirect_uri"],
        "code_verifier": VERIFIER,
    }
    return await token(office, **{**form, **changes})


async def new_code(office: Office) -> str:
    response = await authorize(office)
    return returned(response)["code"]


def returned(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 302, response.text
    query = parse_qs(urlsplit(response.headers["location"]).query)
    return {key: values[0] for key, values in query.items()}


async def status_with(office: Office, bearer: str) -> int:
    seen = office.with_token(bearer)
    response = await seen.get("/v1/ping")
    await seen.http.aclose()
    return response.status_code


async def test_without_a_good_token_the_gateway_refuses(office: Office) -> None:
    for header in ({"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}, {"Authorization": ""}):
        response = await office.http.get("/v1/profile", headers=header)
        assert response.status_code == 401
        assert response.json() == {"message": "Unauthorized"}
        assert response.headers["x-amzn-errortype"] == "UnauthorizedException"


async def test_a_key_reaches_only_what_its_scopes_allow(office: Office) -> None:
    key = (await office.control.post("api-keys", {"scopes": ["vouchers.read", "vouchers.write"]}))["api_key"]
    narrow = office.with_token(key)
    voucher_id = await narrow.created(voucher())
    response = await narrow.upload(voucher_id, b"%PDF-1.4")
    assert (response.status_code, response.json()) == (403, {"message": "Forbidden"})
    assert (await narrow.get("/v1/profile")).status_code == 403
    assert (await narrow.get("/v1/countries")).status_code == 200
    await narrow.http.aclose()


async def test_a_contract_problem_stops_every_call(office: Office) -> None:
    await office.control.post(f"organizations/{office.entry['organization_id']}", {"contractProblem": True})
    assert (await office.get("/v1/ping")).status_code == 402


async def test_a_code_becomes_a_pair_of_tokens(office: Office) -> None:
    answer = returned(await authorize(office))
    assert answer["state"] == "s t/a+te"
    assert len(answer["code"]) == 128
    response = await redeem(office, answer["code"])
    tokens = response.json()
    assert response.status_code == 200
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 14399)
    assert len(tokens["refresh_token"]) == 128
    assert tokens["access_token"].count(".") == 2
    assert await status_with(office, tokens["access_token"]) == 200
    assert await status_with(office, tokens["refresh_token"]) == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"connection_name": "shop <1>"}, "invalid_request"),
    ],
)
async def test_a_wrong_authorization_request_is_sent_back_with_its_error(
    office: Office, changes: dict[str, str | None], error: str
) -> None:
    answer = returned(await authorize(office, **changes))
    assert (answer["error"], answer["state"]) == (error, "s t/a+te")
    assert "code" not in answer


@pytest.mark.parametrize(
    "changes", [{"client_id": "unknown"}, {"redirect_uri": "http://127.0.0.1:8080/oauth"}]
)
async def test_an_unknown_client_or_address_is_never_sent_back(
    office: Office, changes: dict[str, str]
) -> None:
    response = await authorize(office, **changes)
    assert response.status_code == 400
    assert "location" not in response.headers


async def test_a_user_can_say_no(office: Office) -> None:
    await office.control.settings(consent=False)
    assert returned(await authorize(office))["error"] == "access_denied"


@pytest.mark.parametrize(
    "changes", [{"code_verifier": VERIFIER + "x"}, {"redirect_uri": "http://127.0.0.1:8080/other"}]
)
async def test_a_mismatch_consumes_the_code(office: Office, changes: dict[str, str]) -> None:
    code = await new_code(office)
    wrong = await redeem(office, code, **changes)
    assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_grant"})
    assert (await redeem(office, code)).json() == {"error": "invalid_grant"}


async def test_a_second_redemption_ends_the_whole_authorization(office: Office) -> None:
    code = await new_code(office)
    tokens = (await redeem(office, code)).json()
    assert (await redeem(office, code)).json() == {"error": "invalid_grant"}
    assert await status_with(office, tokens["access_token"]) == 401
    refreshed = await token(office, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.json() == {"error": "invalid_grant"}


async def test_a_code_ends_after_its_time(office: Office) -> None:
    await office.control.settings(code_lifetime=0)
    assert (await redeem(office, await new_code(office))).json() == {"error": "invalid_grant"}


async def test_an_access_token_ends_after_its_time(office: Office) -> None:
    await office.control.settings(access_token_lifetime=0)
    grant = await office.control.post("oauth-grants")
    assert await status_with(office, grant["access_token"]) == 401


async def test_a_refresh_rotates_both_tokens_and_ends_the_old_ones(office: Office) -> None:
    old = await office.control.post("oauth-grants")
    new = (await token(office, grant_type="refresh_token", refresh_token=old["refresh_token"])).json()
    assert {new["access_token"], new["refresh_token"]} & {old["access_token"], old["refresh_token"]} == set()
    assert await status_with(office, old["access_token"]) == 401
    assert await status_with(office, new["access_token"]) == 200
    again = await token(office, grant_type="refresh_token", refresh_token=old["refresh_token"])
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert await status_with(office, new["access_token"]) == 200


async def test_an_early_end_of_the_access_token_leaves_the_refresh_token_good(office: Office) -> None:
    grant = await office.control.post("oauth-grants")
    await office.control.post("expire-access-token", {"access_token": grant["access_token"]})
    assert await status_with(office, grant["access_token"]) == 401
    refreshed = await token(office, grant_type="refresh_token", refresh_token=grant["refresh_token"])
    assert await status_with(office, refreshed.json()["access_token"]) == 200


async def test_revoking_the_refresh_token_ends_everything(office: Office) -> None:
    grant = await office.control.post("oauth-grants")
    client = (grant["client_id"], grant["client_secret"])
    response = await office.http.post("/oauth2/revoke", data={"token": grant["refresh_token"]}, auth=client)
    assert response.status_code == 200
    assert await status_with(office, grant["access_token"]) == 401
    refreshed = await token(office, grant_type="refresh_token", refresh_token=grant["refresh_token"])
    assert refreshed.json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("name", ["api_key", "token"])
async def test_a_revoked_key_is_refused(office: Office, name: str) -> None:
    key = (await office.control.post("api-keys"))["api_key"]
    await office.control.post("revoke", {name: key})
    assert await status_with(office, key) == 401
    assert await status_with(office, office.entry["api_key"]) == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_request"),
    ],
)
async def test_a_wrong_token_request_is_refused(office: Office, form: dict[str, str], error: str) -> None:
    response = await token(office, **{"unused": "1", **form})
    assert (response.status_code, response.json()) == (400, {"error": error})


async def test_wrong_client_credentials_are_refused(office: Office) -> None:
    for auth in ((office.entry["client_id"], "wrong"), ("wrong", office.entry["client_secret"])):
        response = await office.http.post("/oauth2/token", data={"grant_type": "x"}, auth=auth)
        assert (response.status_code, response.json()) == (400, {"error": "invalid_client"})


async def test_a_deactivated_client_is_unauthorized(office: Office) -> None:
    client = {"client_id": office.entry["client_id"], "active": False}
    await office.control.post("oauth-clients", client)
    response = await token(office, grant_type="refresh_token", refresh_token="x")
    assert (response.status_code, response.json()) == (400, {"error": "unauthorized_client"})


async def test_consent_can_come_from_another_organization(office: Office) -> None:
    other = (await office.control.post("organizations"))["organization_id"]
    await office.control.settings(consent_organization=other)
    tokens = (await redeem(office, await new_code(office))).json()
    seen = office.with_token(tokens["access_token"])
    assert (await seen.read("/v1/profile"))["organizationId"] == other
    await seen.http.aclose()


async def test_the_profile_tells_how_the_organization_books(office: Office) -> None:
    profile = await office.read("/v1/profile")
    assert (profile["taxType"], profile["smallBusiness"]) == ("gross", False)
    assert "BOOKKEEPING" in profile["businessFeatures"]
    assert "distanceSalesPrinciple" not in profile
    options = {"smallBusiness": True, "distanceSalesPrinciple": "ORIGIN", "businessFeatures": ["INVOICING"]}
    other = office.with_token((await office.control.post("organizations", options))["api_key"])
    assert {key: (await other.read("/v1/profile"))[key] for key in options} == options
    assert (await other.read("/v1/ping"))["userEmail"]
    await other.http.aclose()


async def test_categories_and_countries_are_bare_arrays_of_realistic_length(office: Office) -> None:
    categories = (await office.get("/v1/posting-categories")).json()
    kinds = [one["type"] for one in categories]
    assert (len(kinds), kinds.count("income"), kinds.count("outgo")) == (231, 62, 169)
    assert sum(one["contactRequired"] for one in categories) == 12
    countries = {
        one["countryCode"]: one["taxClassification"] for one in (await office.get("/v1/countries")).json()
    }
    assert len(countries) == 257
    assert (countries["DE"], countries["AT"], countries["CH"]) == (
        "de",
        "intraCommunity",
        "thirdPartyCountry",
    )


async def test_routes_nobody_knows_are_not_found(office: Office) -> None:
    for method, path in (("GET", "/v1/nothing"), ("PATCH", "/v1/vouchers"), ("DELETE", "/v1/contacts/x")):
        response = await office.http.request(method, path, json={})
        assert (response.status_code, response.json()) == (404, {"message": "Not Found"})


async def test_links_into_the_web_application_show_what_was_booked(office: Office) -> None:
    voucher_id = await office.created(voucher("R<1>"))
    response = await office.get(f"/permalink/vouchers/view/{voucher_id}")
    assert response.status_code == 200
    assert "R&lt;1&gt;" in response.text
    assert (await office.get("/permalink/vouchers/view/unknown")).status_code == 404
