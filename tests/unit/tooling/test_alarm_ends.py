"""Each kind of alarm has a test that opens it and one that closes it; a new kind fails here without both."""

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from common.domain.alarms import CLOSED_BY_PERSON, AlarmKind

ROOT = Path(__file__).resolve().parents[3]
WRITER, LINE = "tests/integration/invoice_writer", "tests/integration/line"
BY_PERSON = (
    f"{WRITER}/rechecking/test_alarm_endings.py::test_alarm_is_closed_as_seen_just_where_its_text_says_so"
)
RESTING = f"{WRITER}/resting/"
BOUND, LISTS = f"{WRITER}/books_watch/test_bound_vouchers.py::", f"{WRITER}/books_watch/test_list_alarms.py::"
UNUSED = f"{LISTS}test_books_that_are_out_of_use_have_no_alarms_of_their_lists_until_they_are_used_again"
ITEMS = "tests/integration/ingest/orders/test_unreadable_items.py::"
LINKS = "tests/integration/api/connections/test_double_links.py::"

OPENS_AND_CLOSES: Mapping[AlarmKind, tuple[str, ...]] = {
    AlarmKind.DUPLICATE: (
        f"{WRITER}/duplicates/test_duplicates.py::test_document_bound_twice_is_told_and_the_first_binding_stays_r6_r55",
        f"{WRITER}/duplicates/test_duplicates.py::test_deleted_twin_closes_the_alarm_and_its_deletion_raises_nothing_later_r54",
    ),
    AlarmKind.ADOPTED_VOUCHER_DIFFERS: (
        f"{WRITER}/vouchers/test_adoption_by_choice.py::test_voucher_of_another_total_is_adopted_with_an_alarm_that_names_both",
        f"{BOUND}test_alarm_about_an_adopted_voucher_closes_when_it_differs_no_more",
    ),
    AlarmKind.VOUCHER_CHANGED: (
        f"{BOUND}test_change_of_a_voucher_is_told_within_a_quarter_of_an_hour_and_ends_with_it_r54",
        f"{BOUND}test_what_differed_in_a_voucher_is_told_no_more_once_it_is_deleted",
    ),
    AlarmKind.VOUCHER_DELETED: (
        f"{BOUND}test_night_names_vouchers_that_are_gone_and_their_corrections_park_r54",
        f"{BOUND}test_deleted_voucher_that_was_made_again_by_hand_lets_the_correction_go_on_r54",
    ),
    AlarmKind.EINVOICE_DIFFERS: (
        f"{WRITER}/files/test_einvoices.py::test_r49_a_pdf_that_comes_after_the_booking_raises_an_alarm_and_the_booking_stands",
        BY_PERSON,
    ),
    AlarmKind.BOOKS_UNREADABLE: (
        f"{WRITER}/lists/test_unreadable_lists.py::test_after_ten_minutes_the_documents_show_it_and_an_alarm_names_what_was_answered",
        f"{WRITER}/lists/test_unreadable_lists.py::test_list_that_can_be_read_again_lets_all_go_on_and_closes_the_alarm",
        f"{LISTS}test_list_that_no_document_waits_for_is_read_again_and_its_alarm_closes",
        UNUSED,
    ),
    AlarmKind.BOOKS_ROW_UNREADABLE: (
        f"{WRITER}/lists/test_unreadable_rows.py::test_rows_that_do_not_fit_are_told_in_one_alarm_that_closes_with_them",
        f"{LISTS}test_contact_that_was_unreadable_and_is_gone_is_told_no_more",
        UNUSED,
    ),
    AlarmKind.BOOKS_PART_TOO_LONG: (
        f"{WRITER}/lists/test_unreadable_lists.py::test_part_that_is_still_too_long_is_named_and_holds_up_the_documents_of_its_day_only",
        UNUSED,
    ),
    AlarmKind.VAT_ID_VALID_AFTER_BOOKING: (
        f"{WRITER}/vat/test_tax_shown_to_ids.py::test_without_an_answer_in_time_it_books_and_a_late_valid_is_told_once_r52",
        BY_PERSON,
    ),
    AlarmKind.DISPATCHED_IN_OTHER_MONTH: (
        f"{WRITER}/excluding/test_dates.py::test_a_dispatch_in_another_month_is_told_once_and_the_voucher_stays",
        BY_PERSON,
    ),
    AlarmKind.RECONNECT_NEEDED: (
        "tests/integration/lexware/test_oauth_trouble.py::test_a_crash_between_answer_and_store_ends_as_reconnect_with_an_alarm",
        "tests/integration/lexware/test_oauth.py::test_a_revoked_connection_asks_for_a_new_one_and_goes_on_with_it",
    ),
    AlarmKind.OAUTH_MISCONFIGURED: (
        "tests/integration/lexware/test_oauth_trouble.py::test_a_wrong_client_is_an_alarm_for_the_operator",
        f"{RESTING}test_refused_client.py::test_a_client_that_is_known_again_ends_the_alarm_though_nobody_books",
    ),
    AlarmKind.BOOKS_DENY_ACCESS: (
        f"{RESTING}test_kinds_of_calls.py::test_a_key_that_may_read_but_not_write_counts_as_refused_and_another_releases_all",
        f"{RESTING}test_kinds_of_calls.py::test_a_key_that_may_read_but_not_write_counts_as_refused_and_another_releases_all",
    ),
    AlarmKind.BOOKS_UNREACHABLE: (
        f"{RESTING}test_kinds_of_calls.py::test_weather_of_writes_alone_is_told_and_no_document_runs_out_of_attempts",
        f"{RESTING}test_kinds_of_calls.py::test_trouble_of_writes_is_forgotten_when_nothing_is_left_to_be_written",
    ),
    AlarmKind.API_KEY_ENDS: (
        f"{RESTING}test_resting_connections.py::test_a_key_is_warned_of_22_months_after_it_was_stored_until_another_is",
        f"{RESTING}test_resting_connections.py::test_a_key_is_warned_of_22_months_after_it_was_stored_until_another_is",
    ),
    AlarmKind.CLOCK_STEPPED: (
        "tests/integration/effects/test_clock_watch.py::test_clock_that_was_set_is_an_alarm_of_the_installation",
        "tests/integration/effects/test_clock_watch.py::test_alarm_closes_when_the_clocks_kept_their_pace_for_a_trust_time",
    ),
    AlarmKind.WRITE_UNSETTLED: (
        f"{WRITER}/rechecking/test_unsettled.py::test_person_may_leave_it_out_and_the_alarm_ends",
        f"{WRITER}/rechecking/test_unsettled.py::test_doubt_of_released_books_is_told_until_a_person_decides",
    ),
    AlarmKind.WORK_DELAYED: (
        f"{WRITER}/rechecking/test_delayed.py::test_live_document_that_nobody_begins_is_told_and_a_backfill_waits_its_turn",
        f"{WRITER}/rechecking/test_delayed.py::test_document_that_makes_no_progress_says_what_it_waits_for_until_it_does",
    ),
    AlarmKind.FILES_DELAYED: (
        f"{WRITER}/rechecking/test_delayed.py::test_files_that_do_not_arrive_for_a_day_are_told_until_they_do",
        f"{WRITER}/rechecking/test_delayed.py::test_files_that_do_not_arrive_for_a_day_are_told_until_they_do",
    ),
    AlarmKind.SMALL_BUSINESS_TURNOVER: (
        f"{WRITER}/rechecking/test_turnover.py::test_r31_the_alarm_is_raised_once_with_its_evidence",
        f"{WRITER}/rechecking/test_turnover.py::test_r31_the_alarm_closes_when_the_turnover_is_below_the_limit_again",
    ),
    AlarmKind.SHOP_ITEM_UNREADABLE: (
        f"{ITEMS}test_r4_an_unreadable_document_is_kept_and_a_person_is_told_once",
        f"{ITEMS}test_alarm_of_an_unreadable_document_ends_when_it_is_read_or_its_shop_is_out_of_use",
    ),
    AlarmKind.SHOP_UNREADABLE: (
        "tests/integration/ingest/polling/test_foreign_refusals.py::test_pages_of_others_never_disconnect_a_shop_and_an_hour_of_them_is_told_once",
        "tests/integration/ingest/polling/test_foreign_refusals.py::test_the_alarm_of_an_unreadable_shop_ends_with_its_cause",
    ),
    AlarmKind.SERVICE_PART_FAILING: (
        f"{LINE}/test_probes.py::test_a_part_that_fails_for_a_minute_has_an_alarm_until_it_answers",
        f"{LINE}/test_probes.py::test_the_alarm_of_a_process_that_is_gone_is_closed_by_another",
    ),
    AlarmKind.SECRETS_UNREADABLE: (
        f"{LINE}/test_probes.py::test_a_key_that_is_missing_for_some_is_an_alarm_until_it_is_back",
        f"{LINE}/test_probes.py::test_a_key_that_is_missing_for_some_is_an_alarm_until_it_is_back",
    ),
    AlarmKind.TENANT_HALTED: (
        f"{LINE}/test_dead_letters.py::test_dead_letters_of_one_merchant_halt_this_merchant_alone",
        f"{LINE}/test_dead_letters.py::test_a_halted_merchant_goes_on_once_the_letters_are_closed",
    ),
    AlarmKind.WORKER_HALTED: (
        f"{LINE}/test_dead_letters.py::test_too_many_dead_letters_of_several_merchants_stop_the_worker_until_a_restart",
        f"{LINE}/test_dead_letters.py::test_too_many_dead_letters_of_several_merchants_stop_the_worker_until_a_restart",
    ),
    AlarmKind.EVENT_REFUSED: (
        f"{LINE}/transport/test_large_events.py::test_a_refused_row_opens_an_alarm_and_shows_at_its_document_until_it_is_out",
        f"{LINE}/transport/test_large_events.py::test_a_refused_row_opens_an_alarm_and_shows_at_its_document_until_it_is_out",
    ),
    AlarmKind.MESSAGE_BURIED: (
        f"{LINE}/test_buried.py::test_a_record_that_does_not_fit_is_buried_and_its_partition_goes_on",
        f"{LINE}/test_buried.py::test_a_new_start_reads_what_is_buried_again_and_closes_the_alarm",
    ),
    AlarmKind.MESSAGES_MISSED: (
        f"{LINE}/transport/test_gaps.py::test_a_reader_away_longer_than_the_retention_tells_the_gap_and_gets_it_by_command",
        f"{LINE}/transport/test_gaps.py::test_what_the_outbox_has_no_payload_of_is_not_waited_for",
    ),
    AlarmKind.ORDER_GAP: (
        f"{LINE}/test_holds.py::test_a_gap_is_given_up_with_an_alarm_that_closes_when_it_comes",
        f"{LINE}/test_holds.py::test_a_gap_is_given_up_with_an_alarm_that_closes_when_it_comes",
    ),
    AlarmKind.SHOP_LINKED_TWICE: (
        f"{LINKS}test_an_order_in_common_tells_but_only_by_an_id_of_the_platform",
        f"{LINKS}test_an_order_in_common_tells_but_only_by_an_id_of_the_platform",
    ),
    AlarmKind.ORGANIZATION_LINKED_TWICE: (
        f"{LINKS}test_an_organization_of_two_tenants_is_named_to_operators_and_hinted_at_to_each",
        f"{LINKS}test_an_organization_of_two_tenants_is_named_to_operators_and_hinted_at_to_each",
    ),
}


@pytest.mark.parametrize("kind", AlarmKind)
def test_every_kind_of_alarm_is_opened_and_closed_by_a_test(kind: AlarmKind) -> None:
    assert len(OPENS_AND_CLOSES.get(kind, ())) >= 2, f"{kind.value}: which test opens, which closes it?"
    for named in OPENS_AND_CLOSES[kind]:
        path, _, name = named.partition("::")
        source = (ROOT / path).read_text("utf-8")
        found = [node for node in ast.walk(ast.parse(source)) if getattr(node, "name", None) == name]
        assert found, f"{named} is not there"
        is_all = named in (BY_PERSON, UNUSED)
        assert is_all or kind.value in source or kind.name in source, f"{path} says nothing of {kind.value}"


def test_a_kind_that_only_a_person_ends_says_so() -> None:
    left_to_people = {kind for kind, named in OPENS_AND_CLOSES.items() if named[-1] == BY_PERSON}
    assert left_to_people <= CLOSED_BY_PERSON
