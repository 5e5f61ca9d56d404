"""Every shape that a results file has had, value by value as pandas reads it, or a sentence that says what is wrong."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from finetunes import metrics, results, store
from finetunes.models import FineTune
from openai_api.results import decoded

PLAIN = "step,elapsed_tokens,elapsed_examples,training_loss,training_sequence_accuracy,training_token_accuracy"
VALIDATION = ",validation_loss,validation_sequence_accuracy,validation_token_accuracy"
MULTICLASS = ",classification/accuracy,classification/weighted_f1_score"
BINARY = ",classification/accuracy,classification/precision,classification/recall"
BINARY += ",classification/auroc,classification/auprc,classification/f1.0"
CURRENT = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
AZURE = "step,train_loss,train_mean_token_accuracy,valid_loss,validation_mean_token_accuracy"
AZURE += ",full_valid_loss,full_valid_mean_token_accuracy"
REWARDS = "step,train_mean_reward,train_reward_mean,full_valid_mean_reward,train_sample_parse_error_count,train_mean_tokens"
HEADERS = {
    "plain": PLAIN,
    "with validation": PLAIN + VALIDATION,
    "several classes": PLAIN + VALIDATION + MULTICLASS,
    "two classes": PLAIN + VALIDATION + BINARY,
    "two classes, 2021": PLAIN + BINARY + VALIDATION,
    "more betas": PLAIN + VALIDATION + BINARY + ",classification/f0.5,classification/f2.0",
    "current": CURRENT,
    "Azure": AZURE,
    "rewards": REWARDS,
    "Nebius": "step,train_loss,valid_loss",
    "Together": "train/global_step,step,train/loss,train/learning_rate,eval/loss,train/grad_norm",
    "preferences": "step,train_loss,train_rewards_chosen,train_rewards_rejected,train_kl,learning_rate",
}


def table(header: str, rows: int = 40, seed: int = 0, absent: str = "") -> str:
    """Fill a header: validation every eighth row, classification at the end of an epoch, the rest everywhere."""
    chance = np.random.default_rng(seed)
    lines = [header]
    for number in range(1, rows + 1):
        cells = []
        for name in header.split(","):
            late = ("valid" in name and number % 8 != 1) or ("classification" in name and number % 20)
            value = number if name == "step" else number * 9 if "elapsed" in name else chance.random() * 3
            cells.append(absent if late else repr(value) if isinstance(value, float) else str(value))
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def as_pandas_reads(text: str) -> dict[str, dict[int, float]]:
    frame = pd.read_csv(io.StringIO(text))
    found: dict[str, dict[int, float]] = {}
    for column in frame.columns:
        if column in ("step", "train/global_step"):
            continue
        name = metrics.name(column)
        for step, value in zip(frame["step"], pd.to_numeric(frame[column], errors="coerce"), strict=True):
            absent = value == -1 and ("loss" in name or "accuracy" in name or name.startswith("classification/"))
            if math.isfinite(step) and math.isfinite(value) and not absent:
                found.setdefault(name, {})[int(step)] = float(value)
    return found


def as_we_read(content: bytes) -> dict[str, dict[int, float]]:
    found = metrics.parse(decoded(content))
    return {name: dict(zip(one.steps.tolist(), one.values.tolist(), strict=True)) for name, one in found.items()}


def same(content: str, ours: bytes | None = None) -> None:
    assert as_we_read(content.encode() if ours is None else ours) == as_pandas_reads(content)


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
class TestEveryHeader:
    def test_it_is_read_as_pandas_reads_it(self, header: str) -> None:
        same(table(header))

    def test_its_columns_may_stand_in_any_order(self, header: str) -> None:
        names = header.split(",")
        np.random.default_rng(3).shuffle(names)
        same(table(",".join(names)))

    def test_absent_may_be_minus_one(self, header: str) -> None:
        same(table(header, absent="-1"))

    def test_one_row_is_enough(self, header: str) -> None:
        same(table(header, rows=1))

    @pytest.mark.parametrize("wrapped", [False, True], ids=["in one line", "in lines"])
    def test_it_may_be_wrapped_in_base64(self, header: str, wrapped: bool) -> None:
        text = table(header)
        same(text, (base64.encodebytes if wrapped else base64.b64encode)(text.encode()))

    def test_unknown_columns_keep_their_name(self, header: str) -> None:
        same(table(header + ",weight_norm,grad_norm_2,ключ,a b"))

    def test_a_header_alone_has_no_numbers(self, header: str) -> None:
        assert as_we_read(header.encode() + b"\n") == {}
        assert as_we_read(header.encode()) == {}


ODD: dict[str, Callable[[str], str]] = {
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "no end of the last line": lambda text: text.rstrip("\n"),
    "empty lines at the end": lambda text: text + "\n\n",
    "quoted cells": lambda text: "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()),
    "repeated steps": lambda text: text + "3,0.125,0.5,0.25,0.75\n" + "3,0.25,0.5,,\n",
    "out of order": lambda text: "\n".join([text.splitlines()[0], *text.splitlines()[:0:-1]]) + "\n",
    "tiny and huge": lambda text: text + "41,6e-05,1e-300,1E+200,-0.0\n42,123456789012345680000,1e15,.5,5.\n",
    "no numbers": lambda text: text + "41,nan,NaN,inf,-inf\n42,NA,null,,N/A\n",
    "a row without a step": lambda text: text + ",0.5,0.5,0.5,0.5\n",
    "a truncated last row": lambda text: text + "41,0.5",
    "a number cut in two": lambda text: text[:-5],
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_an_odd_file_is_read_as_pandas_reads_it(change: Callable[[str], str]) -> None:
    same(change(table(CURRENT)))


def test_a_byte_order_mark_is_no_part_of_a_name() -> None:
    text = table(AZURE)
    same(text, b"\xef\xbb\xbf" + text.encode())


def test_a_table_of_thousands_of_columns() -> None:
    same(table("step," + ",".join(f"metric_{number}" for number in range(3000)), rows=3))


cell = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**6), 10**6).map(lambda whole: repr(whole / 100_000)),
    st.sampled_from(["", "-1", "-1.0", "0", "6e-05", "nan"]),
)


@given(
    rows=st.lists(st.tuples(st.integers(0, 30), cell, cell, cell), min_size=1, max_size=30),
    header=st.permutations(["train_loss", "valid_mean_token_accuracy", "train_mean_reward"]),
)
def test_any_numbers_are_read_as_pandas_reads_them(rows: list[tuple[object, ...]], header: list[str]) -> None:
    same("\n".join([",".join(["step", *header]), *(",".join(map(str, row)) for row in rows)]) + "\n")


NOTHING = "not a table of steps"
BAD = {
    "empty": b"",
    "blank": b"\n \n",
    "a page of a web server": b"<html><body>Bad gateway</body></html>",
    "an error": b'{"error": {"message": "gone"}}',
    "a table without steps": b"a,b\n1,2\n",
    "noise": bytes(np.random.default_rng(7).integers(0, 256, 5000, dtype=np.uint8)),
    "noise without an end of line": bytes(200_000),
    "base64 of noise": base64.b64encode(bytes(np.random.default_rng(8).integers(0, 256, 5000, dtype=np.uint8))),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_what_is_no_table_is_kept_and_said(content: bytes, fine_tune: FineTune, viewer_client: Client) -> None:
    results.keep_results(fine_tune, {"file-1": content})
    kept = fine_tune.files.get()
    assert NOTHING in kept.problem
    page = viewer_client.get(fine_tune.get_absolute_url()).content.decode()
    assert "so there is nothing to draw. Its original is kept." in page
    original = viewer_client.get(reverse("finetunes:results", args=[fine_tune.pk, kept.pk]), {"original": ""})
    assert original.content == content


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 77])
def test_of_truncated_base64_what_is_whole_is_read(cut: int, fine_tune: FineTune) -> None:
    text = table(CURRENT)
    results.keep_results(fine_tune, {"file-1": base64.b64encode(text.encode())[:-cut]})
    assert "cut off before its end" in fine_tune.files.get().problem
    found = store.read_series(fine_tune)["training_loss"]
    expected = as_pandas_reads(text)["training_loss"]
    assert len(expected) - 2 <= len(found) < len(expected)
    assert dict(zip(found.steps.tolist(), found.values.tolist(), strict=True)).items() <= expected.items()


def test_a_file_reaches_its_charts(fine_tune: FineTune, viewer_client: Client) -> None:
    results.keep_results(fine_tune, {"file-1": table(HEADERS["two classes, 2021"]).encode()})
    page = viewer_client.get(fine_tune.get_absolute_url()).content.decode()
    for key in ("loss", "sequence-accuracy", "token-accuracy", "classification"):
        assert f"/charts/{key}/" in page
    payload = viewer_client.get(reverse("finetunes:chart", args=[fine_tune.pk, "loss"])).json()
    assert payload["steps"] == 40
