"""The VAT Information Exchange System of the European Commission, which is often out of order."""

from datetime import timedelta
from typing import Any

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError
from pydantic.alias_generators import to_camel

from common.errors import ConnectorError, RefusedError, TransientError
from common.http.client import ApiClient, RequestLimit
from common.http.errors import (
    OutcomeLost,
    PageInstead,
    RateLimited,
    ServerTrouble,
    Unreachable,
    UnreadableAnswer,
)
from common.http.health import Call
from common.http.retry import retry_after
from common.http.transport import Network, Response
from common.settings import ViesSettings
from common.vat.base import VatAnswer
from common.vat.form import WireVatId, to_wire

log = structlog.get_logger(__name__)

PATH = "/check-vat-number"
VIES, FORM = "vies", "form"
LARGEST_PROOF = 64 * 1024
NO_ERRORS = frozenset({"", "VALID", "INVALID"})
BLOCKED = frozenset({"VAT_BLOCKED", "IP_BLOCKED"})


class ViesSilent(TransientError):
    """VIES or the member state behind it gave no answer; that says nothing about the id."""

    code = "vies.silent"

    def __init__(self, error: str, *, retry_after: timedelta | None = None) -> None:
        self.error = error
        super().__init__(f"VIES: {error}", retry_after=retry_after)


class ViesBlocked(RefusedError):
    """VIES does not answer this installation; an operator must act."""

    code = "vies.blocked"


class RequesterRefused(RefusedError):
    """VIES does not know the VAT id of the one who asks."""

    code = "vies.requester_refused"


class InputRefused(RefusedError):
    """VIES says that what was asked about cannot be a VAT id at all; `proof` are its words."""

    code = "vies.input_refused"

    def __init__(self, proof: bytes) -> None:
        self.proof = proof
        super().__init__("VIES: the id cannot be one")


class _Problem(BaseModel):
    error: str = ""


class _Answer(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", validate_by_name=True, validate_by_alias=True
    )

    action_succeed: bool = True
    error_wrappers: tuple[_Problem, ...] = ()
    user_error: str | None = None
    valid: StrictBool | None = None
    country_code: str | None = None
    vat_number: str | None = None
    request_identifier: str | None = Field(default=None, max_length=200)

    @property
    def error(self) -> str | None:
        """The error code when this is no answer to the question."""
        codes = [*(problem.error for problem in self.error_wrappers), self.user_error or ""]
        named = next((code for code in codes if code.upper() not in NO_ERRORS), None)
        return named or (None if self.action_succeed else "UNKNOWN")


class ViesChecker:
    """Checks VAT ids with the REST interface of VIES."""

    def __init__(
        self, network: Network, settings: ViesSettings, *, limit: RequestLimit | None = None
    ) -> None:
        self._api = ApiClient(
            network,
            settings.api_url,
            error_for=_refusal,
            timeout=settings.timeout_seconds,
            limit=limit,
        )

    async def check(self, vat_id: str, *, asked_by: str | None = None) -> VatAnswer:
        """See `VatIdChecker.check`; an id of wrong form is answered without asking."""
        wanted = to_wire(vat_id)
        if wanted is None:
            return VatAnswer(vat_id, is_valid=False, proof=b"", source=FORM)
        requester = to_wire(asked_by) if asked_by else None
        try:
            return await self._ask(vat_id, wanted, requester)
        except RequesterRefused:
            log.warning("vies.requester_refused")
            return await self._ask(vat_id, wanted, None)

    async def _ask(self, vat_id: str, wanted: WireVatId, requester: WireVatId | None) -> VatAnswer:
        question = {"countryCode": wanted.country, "vatNumber": wanted.number}
        if requester is not None:
            question |= {"requesterMemberStateCode": requester.country, "requesterNumber": requester.number}
        try:
            response = await self._api.post(PATH, orjson.dumps(question), "application/json")
            answer = _read(response)
        except InputRefused as refused:
            return VatAnswer(vat_id, is_valid=False, proof=refused.proof, source=VIES)
        except PageInstead as page:
            raise UnreadableAnswer(str(page)) from page
        except OutcomeLost as lost:  # asking changes nothing there, so it may be repeated
            raise Unreachable(str(lost)) from lost
        if answer.valid is None or not _is_about(answer, wanted):
            raise UnreadableAnswer("VIES did not answer the question")
        return VatAnswer(vat_id, answer.valid, response.content, VIES, answer.request_identifier or None)


def _is_about(answer: _Answer, wanted: WireVatId) -> bool:
    """An answer about another id must not count."""
    number = (answer.vat_number or wanted.number).replace(" ", "").upper()
    return (answer.country_code or wanted.country).upper() == wanted.country and number == wanted.number


def _read(response: Response) -> _Answer:
    if len(response.content) > LARGEST_PROOF:
        raise UnreadableAnswer("VIES answered with too much")
    answer = _parsed(response.content)
    if answer is None:
        raise UnreadableAnswer("VIES answered something unreadable")
    if answer.error is not None:
        raise _trouble(answer.error, response)
    return answer


def _refusal(call: Call, response: Response) -> ConnectorError:
    """What a status other than 2xx means: what the codes in the body say, and without any it is weather."""
    answer = _parsed(response.content) if len(response.content) <= LARGEST_PROOF else None
    if answer is not None and answer.error not in (None, "UNKNOWN"):
        return _trouble(answer.error or "", response)
    if response.status == 429:
        return RateLimited(retry_after=retry_after(response))
    return ServerTrouble(f"VIES: {response.status}", retry_after=retry_after(response))


def _trouble(error: str, response: Response) -> ConnectorError:
    match error.upper():
        case "INVALID_INPUT":
            return InputRefused(response.content)
        case "INVALID_REQUESTER_INFO":
            return RequesterRefused(f"VIES: {error[:60]}")
        case code if code in BLOCKED:
            return ViesBlocked(f"VIES: {code}")
        case _:
            return ViesSilent(error[:60], retry_after=retry_after(response))


def _parsed(content: bytes) -> _Answer | None:
    try:
        document: Any = orjson.loads(content)
        return _Answer.model_validate(document)
    except (orjson.JSONDecodeError, ValidationError, RecursionError):
        return None
