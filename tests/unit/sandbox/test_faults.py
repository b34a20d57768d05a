"""Faults: which request each is meant for and when it is used up."""

import pytest

from sandbox.faults import EVER, Fault, Faults, UnknownFaultKind, fault_from_json


def faults_of(*faults: Fault) -> Faults:
    waiting = Faults()
    for fault in faults:
        waiting.add(fault)
    return waiting


@pytest.mark.parametrize(
    ("fault", "fits"),
    [
        (Fault("POST", "/v1/vouchers/{id}/files", "slow"), True),
        (Fault("POST", "/v1/vouchers/17/files", "slow"), True),
        (Fault("POST", "/v1/vouchers/*", "slow"), True),
        (Fault("*", "*", "slow"), True),
        (Fault("GET", "/v1/vouchers/{id}/files", "slow"), False),
        (Fault("POST", "/v1/vouchers", "slow"), False),
        (Fault("POST", "/v1/contacts*", "slow"), False),
        (Fault("POST", "*", "slow", params={"match": "S-17"}), True),
        (Fault("POST", "*", "slow", params={"match": "S-18"}), False),
        (Fault("POST", "*", "slow", params={"query": "voucherNumber="}), True),
        (Fault("POST", "*", "slow", params={"query": "contactName="}), False),
    ],
)
def test_a_fault_is_taken_by_method_path_body_and_query(fault: Fault, fits: bool) -> None:
    taken = faults_of(fault).take(
        "POST",
        "/v1/vouchers/17/files",
        template="/v1/vouchers/{id}/files",
        body=b'{"number": "S-17"}',
        query=b"voucherNumber=S-17",
    )
    assert (taken is fault) is fits


def test_a_fault_is_used_up_after_its_times() -> None:
    waiting = faults_of(Fault("GET", "*", "slow", times=2))
    assert [waiting.take("GET", "/x") is not None for _ in range(3)] == [True, True, False]
    assert len(waiting) == 0


def test_a_fault_for_ever_stays_until_it_is_cleared() -> None:
    waiting = faults_of(Fault("GET", "*", "slow", times=EVER))
    assert all(waiting.take("GET", "/x") for _ in range(5))
    assert waiting.as_json() == [{"method": "GET", "path": "*", "kind": "slow", "times": None}]
    waiting.clear()
    assert waiting.take("GET", "/x") is None


def test_the_oldest_fault_comes_first() -> None:
    waiting = faults_of(Fault("GET", "*", "slow"), Fault("GET", "*", "unauthorized"))
    kinds = [taken.kind for taken in (waiting.take("GET", "/x"), waiting.take("GET", "/x")) if taken]
    assert kinds == ["slow", "unauthorized"]


def test_only_the_asked_kinds_are_taken() -> None:
    waiting = faults_of(Fault("GET", "*", "slow"), Fault("GET", "*", "unauthorized"))
    taken = waiting.take("GET", "/x", {"unauthorized"})
    assert taken is not None
    assert taken.kind == "unauthorized"
    assert len(waiting) == 1


def test_a_control_request_becomes_a_fault_with_its_parameters() -> None:
    asked = {"path": "/v1/vouchers", "method": "post", "kind": "slow", "times": 3, "delay": 7}
    assert fault_from_json(asked, {"slow"}) == Fault("POST", "/v1/vouchers", "slow", 3, {"delay": 7})
    assert fault_from_json({"kind": "slow", "times": None}, {"slow"}).times == EVER


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownFaultKind):
        fault_from_json({"path": "*", "kind": "earthquake"}, {"slow"})


@pytest.mark.parametrize(
    "field",
    [
        {"times": 0},
        {"times": "2"},
        {"times": True},
        {"path": 3},
        {"method": None},
        {"delay": "7"},
        {"delay": -1},
        {"delay": float("inf")},
        {"reset_seconds": None},
        {"status": "503"},
        {"status": 99},
        {"status": 600},
    ],
)
def test_an_unusable_field_is_refused(field: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        fault_from_json({"kind": "slow", **field}, {"slow"})


@pytest.mark.parametrize("asked", [None, "slow", 5, ["kind"]])
def test_a_fault_is_an_object(asked: object) -> None:
    with pytest.raises(ValueError, match="must be a JSON object"):
        fault_from_json(asked, {"slow"})
