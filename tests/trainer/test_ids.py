from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from trainer import ids

NOON = datetime(2023, 1, 29, 13, 51, 40, tzinfo=UTC)


def test_a_legacy_model_carries_owner_suffix_and_the_time_of_day() -> None:
    assert ids.legacy_model("ada", "acme", "tickets", NOON) == "ada:ft-acme:tickets-2023-01-29-13-51-40"


def test_a_legacy_model_without_a_suffix_has_no_second_colon() -> None:
    assert ids.legacy_model("ada", "acme", "", NOON) == "ada:ft-acme-2023-01-29-13-51-40"


def test_the_time_in_a_name_is_utc_wherever_the_clock_stands() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=9)))
    assert ids.legacy_model("ada", "acme", None, there).endswith("13-51-40")


def test_a_suffix_becomes_lower_case_with_single_dashes() -> None:
    assert ids.legacy_model("ada", "acme", "  Custom model,  Name! ", NOON).startswith("ada:ft-acme:custom-model-name-2023")


def test_a_current_model_without_a_suffix_has_two_colons_in_a_row() -> None:
    assert re.fullmatch(r"ft:babbage-002:acme::[A-Za-z0-9]{8}", ids.model("babbage-002", "acme", ""))


def test_a_current_suffix_may_keep_its_underscores() -> None:
    assert ids.model("babbage-002", "acme", "My_Tickets").startswith("ft:babbage-002:acme:my_tickets:")


def test_a_checkpoint_is_named_after_model_and_step() -> None:
    assert ids.model_at_step("ft:babbage-002:acme:x:12345678", 40) == "ft:babbage-002:acme:x:12345678:ckpt-step-40"


def test_ids_have_their_prefix_and_24_characters() -> None:
    assert re.fullmatch(r"ft-[A-Za-z0-9]{24}", ids.legacy_job())
    assert re.fullmatch(r"ftjob-[A-Za-z0-9]{24}", ids.job())
    assert ids.job() != ids.job()


def test_a_derived_id_is_the_same_for_the_same_parts() -> None:
    assert ids.derived("file-", "ft-1", "results") == ids.derived("file-", "ft-1", "results")
    assert ids.derived("file-", "ft-1", "results") != ids.derived("file-", "ft-2", "results")
    assert re.fullmatch(r"file-[A-Za-z0-9]{24}", ids.derived("file-", "ft-1", "results"))
