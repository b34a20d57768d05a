"""The file of a voucher: attached once, refused for good, or later; never in the voucher's way."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.effects import AttemptRow
from common.effects.effect import Bound
from common.effects.runner import EffectRunner
from common.effects.witness import Witness
from common.later import Later
from common.lexware.client import LexwareClient
from common.lexware.files import file_name
from common.settings import EffectSettings
from invoice_writer.files import (
    MOST_UPLOADS,
    FileAttached,
    FileRefused,
    FileResult,
    VoucherFile,
    VoucherFiles,
)
from sandbox.testing import RunningSandbox
from support.books import PATIENT, Books, DocumentEffect
from support.deciding import requests, run_file_until_decided, vouchers

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SHORT = timedelta(seconds=0.02)
DEFAULT = timedelta(seconds=EffectSettings().first_look)
UPLOAD = "POST /v1/vouchers/{id}/files"


def uploads_of(database: Database, first_look: timedelta = DEFAULT) -> VoucherFiles:
    """What a process begins with that looks so soon for an upload without an answer."""
    settings = EffectSettings().model_copy(update={"first_look": first_look.total_seconds()})
    return VoucherFiles(database, settings, Witness())


@pytest.fixture
async def file(books: Books, client: LexwareClient, database: Database) -> VoucherFile:
    effect = DocumentEffect(client, books.tenant_id, "A/1")
    bound = await EffectRunner(database, PATIENT).ensure(effect)
    assert isinstance(bound, Bound)
    return VoucherFile(
        books.tenant_id, effect.key, bound.external_id, file_name("invoice", effect.number), PDF
    )


def with_content(file: VoucherFile, content: bytes) -> VoucherFile:
    return VoucherFile(file.tenant_id, file.voucher_key, file.voucher_id, file.name, content)


async def files_of(lexware: RunningSandbox) -> list[str]:
    (voucher,) = await vouchers(lexware, "A/1")
    return list(voucher["files"])


async def test_a_file_is_attached_once_with_one_request(
    lexware: RunningSandbox, database: Database, client: LexwareClient, file: VoucherFile
) -> None:
    files = uploads_of(database)
    attached = await files.ensure(client, file)
    assert attached == await files.ensure(client, file)
    (file_id,) = await files_of(lexware)
    assert attached == FileAttached(file_id)
    state = await lexware.lexware.control.state(only="files")
    assert state["requests"] == {"POST /v1/vouchers": 1, UPLOAD: 1}
    assert await client.files.download(file_id) == PDF


@pytest.mark.parametrize(
    ("kind", "params", "uploads"),
    [
        ("timeout_after_commit", {}, 1),
        ("drop_after_commit", {}, 1),
        ("no_id", {}, 1),
        ("truncated_answer", {}, 1),
        ("drop_before_commit", {}, 2),
        ("server_error", {"status": 500}, 2),
        ("not_found_lag", {}, 2),
        ("rate_limited", {}, 2),
    ],
)
async def test_after_a_fault_the_voucher_has_one_file(
    lexware: RunningSandbox,
    database: Database,
    client: LexwareClient,
    file: VoucherFile,
    kind: str,
    params: dict[str, Any],
    uploads: int,
) -> None:
    await lexware.lexware.control.fault("POST", "/v1/vouchers/{id}/files", kind, **params)
    result = await run_file_until_decided(uploads_of(database, SHORT), client, file)
    (file_id,) = await files_of(lexware)
    assert result == FileAttached(file_id)
    assert (await requests(lexware))[UPLOAD] == uploads


@pytest.mark.parametrize(
    ("content", "note"),
    [(b"<html></html>", "not_a_pdf"), (b"", "not_a_pdf"), (b"%PDF" + b"0" * 5 * 1024 * 1024, "too_large")],
    ids=["html", "empty", "large"],
)
async def test_an_unusable_file_is_refused_without_a_request(
    lexware: RunningSandbox,
    database: Database,
    client: LexwareClient,
    file: VoucherFile,
    content: bytes,
    note: str,
) -> None:
    assert await uploads_of(database).ensure(client, with_content(file, content)) == FileRefused(note)
    assert UPLOAD not in await requests(lexware)


async def test_a_file_the_books_do_not_take_is_refused_with_the_issue(
    database: Database, client: LexwareClient, file: VoucherFile
) -> None:
    wrong = VoucherFile(file.tenant_id, file.voucher_key, file.voucher_id, "invoice.exe", PDF)
    refused = await uploads_of(database).ensure(client, wrong)
    assert isinstance(refused, FileRefused)
    assert "inacceptable_file_extension" in refused.note


async def test_trouble_with_the_connection_leaves_the_file_for_later(
    lexware: RunningSandbox, database: Database, client: LexwareClient, file: VoucherFile
) -> None:
    await lexware.lexware.control.fault("POST", "/v1/vouchers/{id}/files", "contract_problem")
    files = uploads_of(database)
    later: FileResult = await files.ensure(client, file)
    assert isinstance(later, Later)
    assert isinstance(await files.ensure(client, file), FileAttached)


async def test_nothing_is_uploaded_after_the_order_to_stop(
    lexware: RunningSandbox, database: Database, client: LexwareClient, file: VoucherFile
) -> None:
    files = uploads_of(database)
    files.stop_arming()
    assert isinstance(await files.ensure(client, file), Later)
    assert await files_of(lexware) == []
    assert isinstance(await uploads_of(database).ensure(client, file), FileAttached)


async def test_uploads_that_never_leave_a_file_rest_longer_and_end_until_a_person_asks(
    lexware: RunningSandbox, database: Database, client: LexwareClient, file: VoucherFile
) -> None:
    await lexware.lexware.control.fault("POST", "/v1/vouchers/{id}/files", "server_error", None)
    files, pauses = uploads_of(database, timedelta()), []
    result: FileResult = Later(timedelta(), "begin")
    while isinstance(result, Later):
        result = await files.ensure(client, file)
        pauses += [result.after] if isinstance(result, Later) else []
    assert result == FileRefused("attempts_used_up")
    assert (await requests(lexware))[UPLOAD] == MOST_UPLOADS
    await lexware.lexware.control.clear_faults()
    assert await files.ensure(client, file) == FileRefused("attempts_used_up")
    assert isinstance(await files.ensure_asked_for(client, file), FileAttached)


async def test_pauses_between_uploads_that_leave_no_file_grow_up_to_an_hour(
    lexware: RunningSandbox, database: Database, client: LexwareClient, file: VoucherFile
) -> None:
    await lexware.lexware.control.fault("POST", "/v1/vouchers/{id}/files", "server_error", None)
    files, pauses = uploads_of(database, SHORT), []
    for _ in range(12):
        result = await files.ensure(client, file)
        assert isinstance(result, Later)
        pauses.append(result.after)
        await asyncio.sleep(SHORT.total_seconds())
    longest = max(pauses)
    assert longest > 8 * SHORT
    assert pauses.index(longest) > len(pauses) // 2


async def test_look_at_a_voucher_that_never_answers_is_repeated_later_and_later(
    lexware: RunningSandbox, database: Database, client: LexwareClient, file: VoucherFile
) -> None:
    await lexware.lexware.control.fault("POST", "/v1/vouchers/{id}/files", "timeout_after_commit")
    await lexware.lexware.control.fault("GET", "/v1/vouchers/{id}", "not_found_lag", None)
    files = uploads_of(database, SHORT)
    assert isinstance(await files.ensure(client, file), Later)
    async with database.sessions.of_all_tenants() as session:
        await session.execute(update(AttemptRow).values(armed_at=db_now(-86_400.0)))
    result = await files.ensure(client, file)
    assert result == Later(timedelta(minutes=5), "voucher_not_visible")
