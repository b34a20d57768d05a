"""Problems are told apart by code and say no more than their kind; amounts and links are written one way."""

import pytest

from api.presenters.amounts import amount, voucher_link
from api.problems import (
    AddressRefused,
    Problem,
    kinds,
    problems,
)
from common.settings import LexwareSettings


def test_every_kind_of_problem_has_a_code_of_its_own() -> None:
    classes = Problem.__subclasses__()
    assert len({kind.code for kind in classes}) == len(classes) == len(kinds())
    for kind in classes:
        assert 400 <= kind.status < 600
        assert kind.title
        assert kind.__doc__


def test_a_problem_says_its_kind_and_no_more() -> None:
    assert AddressRefused("Why.").body("r") == {
        "type": "/problems/address_refused",
        "title": "The address is not allowed",
        "status": 422,
        "code": "address_refused",
        "request_id": "r",
        "detail": "Why.",
    }


def test_what_every_route_can_answer_is_declared_for_each() -> None:
    assert set(problems()) == {400, 401, 403, 422, 500, 503}
    assert set(problems(token=False)) == {400, 500, 503}
    [examples] = [
        answer["content"].values() for status, answer in problems(AddressRefused).items() if status == 422
    ]
    assert {code for content in examples for code in content["examples"]} == {
        "invalid_request",
        "address_refused",
    }


@pytest.mark.parametrize(("minor", "text"), [(6750, "67.50"), (5, "0.05"), (-100, "-1.00"), (0, "0.00")])
def test_amounts_have_two_decimals(minor: int, text: str) -> None:
    assert amount(minor) == text


def test_vouchers_are_found_in_the_books_application() -> None:
    app_url = LexwareSettings().app_url
    assert voucher_link(app_url, "v", "edit") == "https://app.lexware.de/permalink/vouchers/edit/v"
    assert voucher_link(f"{app_url}/", "v", "view") == "https://app.lexware.de/permalink/vouchers/view/v"
    assert voucher_link(app_url, None, "view") is None
