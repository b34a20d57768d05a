"""A resource is a class and one line in its simulator: everything around it applies to it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

import httpx
import pytest

from sandbox.clock import Clock
from sandbox.control import control_object
from sandbox.faults import Fault, Faults
from sandbox.http import Answer, Call, Handler, json_answer
from sandbox.lexware.books import Books
from sandbox.lexware.errors import legacy_not_found
from sandbox.lexware.simulator import LexwareSimulator
from sandbox.lexware.switches import LexwareSwitches
from sandbox.misbehaviour import Play, Played
from sandbox.resource import ApiRoute, ControlRoute, Resource, StatePart, united
from sandbox.store import Store

ACCOUNTS = "/v1/test/accounts"


async def account_locked(simulator: Played, fault: Fault, call: Call, handler: Handler) -> Answer:
    """The account is being reconciled by somebody else."""
    return json_answer(423, {"message": "locked"})


class Accounts(Resource):
    """Accounts of an organization, all that a resource can bring in one class."""

    plays: ClassVar[Mapping[str, Play]] = {"account_locked": account_locked}

    def __init__(self, books: Books) -> None:
        self._books, self._accounts = books, books.lagged("accounts")
        self.resumed = self.forgotten = 0

    def routes(self) -> Sequence[ApiRoute]:
        """Return the routes of all accounts and of one."""
        return [
            ApiRoute(ACCOUNTS, {"POST": self._create}, {"POST": ("test.write",)}),
            ApiRoute(f"{ACCOUNTS}/{{id}}", {"GET": self._read}, {"GET": ("test.read",)}),
        ]

    def control_routes(self) -> Sequence[ControlRoute]:
        """Return the one order."""
        return [ControlRoute("/_control/test-accounts", {"POST": self._add})]

    def state(self, query: Mapping[str, str]) -> Mapping[str, StatePart]:
        """Return the accounts."""
        return {"accounts": self._accounts.values}

    def resume(self) -> None:
        """Count."""
        self.resumed += 1

    def forget(self) -> None:
        """Count."""
        self.forgotten += 1

    def _create(self, call: Call) -> Answer:
        self._accounts.put("one", {"id": "one", "organizationId": call.identity["organizationId"]})
        return json_answer(201, {"id": "one"})

    def _read(self, call: Call) -> Answer:
        account = self._accounts.as_of(call.params["id"], self._books.switches.read_lag)
        if account is None:
            raise legacy_not_found()
        return json_answer(200, account)

    def _add(self, call: Call) -> Answer:
        account = {"id": "by-hand", **control_object(call)}
        self._accounts.put(account["id"], account)
        return json_answer(201, account)


class WithAccounts(LexwareSimulator):
    """The books with one more resource."""

    def build_resources(self) -> Sequence[Resource]:
        """Return all resources: here is the one line."""
        return [*super().build_resources(), Accounts(self.books)]


@pytest.fixture
def simulator() -> WithAccounts:
    switches = LexwareSwitches(read_lag=0.0, rate=0.001)
    return WithAccounts(switches, Store(None), Clock(), Faults())


@pytest.fixture
async def http(simulator: WithAccounts) -> AsyncIterator[httpx.AsyncClient]:
    await simulator.startup()
    key = simulator.directory_entry("")["api_key"]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(simulator.app),
        base_url="http://books",
        headers={"Authorization": f"Bearer {key}"},
    ) as client:
        yield client
    await simulator.shutdown()


async def test_a_resource_is_routed_and_its_refusals_are_those_of_the_gateway(
    http: httpx.AsyncClient,
) -> None:
    created = await http.post(ACCOUNTS, json={})
    assert (created.status_code, created.json()) == (201, {"id": "one"})
    assert "x-amzn-requestid" in created.headers
    assert (await http.get(f"{ACCOUNTS}/one")).status_code == 200
    assert (await http.delete(f"{ACCOUNTS}/one")).json() == {"message": "Not Found"}
    strange = await http.post(ACCOUNTS, content=b"a=1", headers={"Content-Type": "text/plain"})
    assert strange.status_code == 415


async def test_its_scopes_are_offered_and_asked_for(http: httpx.AsyncClient) -> None:
    made = (await http.post("/_control/api-keys", json={"scopes": ["test.read"]})).json()
    http.headers["Authorization"] = f"Bearer {made['api_key']}"
    assert (await http.post(ACCOUNTS, json={})).status_code == 403
    assert (await http.get(f"{ACCOUNTS}/none")).status_code == 404
    state = (await http.get("/_control/state?only=connections")).json()
    demo, narrowed = state["connections"]
    assert {"test.read", "test.write"} <= set(demo["scopes"])
    assert narrowed["scopes"] == ["test.read"]


async def test_it_shares_the_rate_limit_of_its_connection(http: httpx.AsyncClient) -> None:
    answers = [(await http.get("/v1/ping")).status_code for _ in range(3)]
    answers += [(await http.get(f"{ACCOUNTS}/none")).status_code for _ in range(2)]
    assert answers == [200, 200, 200, 404, 429]


async def test_its_readers_see_the_past_as_long_as_the_switch_says(
    http: httpx.AsyncClient, simulator: WithAccounts
) -> None:
    await http.post("/_control/settings", json={"read_lag": 1000})
    await http.post(ACCOUNTS, json={})
    assert (await http.get(f"{ACCOUNTS}/one")).status_code == 404
    simulator.switches.read_lag = 0.0
    assert (await http.get(f"{ACCOUNTS}/one")).status_code == 200


async def test_it_suffers_the_faults_of_all_and_those_of_its_own(http: httpx.AsyncClient) -> None:
    for kind in ("timeout_after_commit", "account_locked"):
        fault = {"method": "POST", "path": ACCOUNTS, "kind": kind}
        assert (await http.post("/_control/faults", json=fault)).status_code == 201
    assert (await http.post(ACCOUNTS, json={})).status_code == 504
    assert (await http.get(f"{ACCOUNTS}/one")).status_code == 200
    assert (await http.post(ACCOUNTS, json={})).status_code == 423


async def test_its_control_calls_state_and_reset_are_part_of_the_simulator(
    http: httpx.AsyncClient, simulator: WithAccounts
) -> None:
    made = await http.post("/_control/test-accounts", json={"name": "till"})
    assert made.status_code == 201
    state = (await http.get("/_control/state")).json()
    assert state["accounts"] == [{"id": "by-hand", "name": "till"}]
    await http.post("/_control/reset")
    assert (await http.get("/_control/state?only=accounts")).json()["accounts"] == []
    accounts = simulator.resources[-1]
    assert isinstance(accounts, Accounts)
    assert (accounts.resumed, accounts.forgotten) == (1, 1)


def test_two_resources_may_share_a_path_but_no_method_of_it() -> None:
    def answer(call: Call) -> Answer:
        return Answer(204)

    read, write = ApiRoute("/x", {"GET": answer}, {"GET": ("r",)}), ApiRoute("/x", {"PUT": answer})
    (route,) = united([read, write])
    assert (set(route.handlers), route.scopes) == ({"GET", "PUT"}, {"GET": ("r",)})
    with pytest.raises(ValueError, match="/x"):
        united([read, read, ApiRoute("/x", {"GET": answer})])


def test_without_further_resources_the_scopes_are_those_of_the_vendor() -> None:
    plain: Any = LexwareSimulator(LexwareSwitches(), Store(None), Clock(), Faults())
    plain.seed()
    (client,) = plain.books.clients.values()
    assert client["scopes"] == [
        "contacts.read",
        "contacts.write",
        "files.read",
        "files.status",
        "files.write",
        "finance.delete",
        "finance.read",
        "finance.write",
        "organization.read",
        "payments.read",
        "profile.read",
        "transaction-assignment-hint.write",
        "voucherlist.read",
        "vouchers.read",
        "vouchers.write",
    ]
