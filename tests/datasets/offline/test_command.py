from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from datasets.offline.command import add_arguments, main, run
from datasets.offline.talk import Console
from tests.datasets.made import TICKETS, csv_of, jsonl_of
from tests.datasets.workbooks import workbook

MESSY = [*TICKETS, TICKETS[0], ("no answer", ""), ("odd\nlines", "billing")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    path.write_bytes(csv_of(MESSY))
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def answered(path: Path, answers: str, *more: str) -> tuple[int, str]:
    """Run it with a person who answers with these letters, one each question; returns the code and what was said."""
    said: list[str] = []
    given: Iterator[str] = iter(answers)

    def ask(question: str) -> str:
        said.append(question)
        return next(given).replace("_", "")

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    code = run(parser.parse_args([str(path), "--no-tokens", *more]), Console(said.append, ask))
    assert next(given, "") == "", "not all answers were asked for"
    return code, "\n".join(said)


def test_yes_accepts_what_loses_nothing_and_writes_beside_the_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file), "--yes"]) == 0
    made = lines(file.with_name("tickets_prepared.jsonl"))
    assert len(made) == len(MESSY) - 2
    assert all(row["prompt"].endswith("\n\n###\n\n") and row["completion"].startswith(" ") for row in made)
    said = capsys.readouterr().out
    assert "1 row is an exact duplicate: Exact duplicates were removed" in said
    assert f'> openai api fine_tunes.create -t "{file.with_name("tickets_prepared.jsonl")}" --compute_classification' in said
    assert 'have to end with "\\n\\n###\\n\\n"' in said
    assert "tokens by r50k_base" in said
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_names_that_are_taken_get_a_number_together(file: Path) -> None:
    for name in ("tickets_prepared_train.jsonl", "tickets_prepared_valid (1).jsonl"):
        file.with_name(name).write_text("mine")
    assert main([str(file), "--all", "--no-tokens"]) == 0
    assert file.with_name("tickets_prepared_train.jsonl").read_text() == "mine"
    sides = [lines(file.with_name(f"tickets_prepared_{side} (2).jsonl")) for side in ("train", "valid")]
    assert sum(map(len, sides)) == len(MESSY) - 2
    assert all(sides)


def test_the_same_seed_splits_the_same_and_prompts_stay_together(file: Path) -> None:
    file.write_bytes(csv_of([(f"q {number // 2}", f"a {number}") for number in range(60)]))
    for name in ("one", "two"):
        assert (
            main([str(file), "--yes", "--split", "0.3", "--seed", "7", "--out", str(file.with_name(f"{name}.jsonl"))]) == 0
        )
    training, validation = (file.with_name(f"one_{side}.jsonl") for side in ("train", "valid"))
    assert training.read_bytes() == file.with_name("two_train.jsonl").read_bytes()
    assert len(lines(validation)) == 18
    assert not {row["prompt"] for row in lines(training)} & {row["prompt"] for row in lines(validation)}


def test_all_takes_what_the_old_tool_took_unasked(tmp_path: Path) -> None:
    file = tmp_path / "loud.jsonl"
    file.write_bytes(
        jsonl_of([{"prompt": f"ANSWER THIS PLEASE: {n} {'ABC'[n % 3]}", "completion": f"{n} x{n}"} for n in range(9)])
    )
    assert main([str(file), "--all", "--no-tokens"]) == 0
    assert lines(tmp_path / "loud_prepared.jsonl")[1] == {"prompt": "1 b ->", "completion": " 1 x1\n"}


def test_a_person_is_asked_about_each_finding_and_about_the_file(file: Path) -> None:
    code, said = answered(file, "_yynny")  # of two removals, the separator, the space, the split and the file
    assert code == 0
    assert "Remove 1 row? [Y/n]" in said
    assert "becomes " in said
    made = lines(file.with_name("tickets_prepared.jsonl"))
    assert not any(row["completion"].startswith(" ") for row in made)
    assert len(made) == len(MESSY) - 2


def test_what_a_person_declines_is_not_written(file: Path) -> None:
    code, said = answered(file, "yyyynn")
    assert (code, said.splitlines()[-1]) == (0, "Nothing was written.")
    assert [path.name for path in file.parent.iterdir()] == ["tickets.csv"]


def test_an_end_of_input_writes_nothing(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: (_ for _ in ()).throw(EOFError))
    assert main([str(file)]) == 1
    assert "--yes asks nothing" in capsys.readouterr().err
    assert [path.name for path in file.parent.iterdir()] == ["tickets.csv"]


def test_a_file_that_is_right_is_left_as_it_is(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "right.jsonl"
    file.write_bytes(jsonl_of([{"prompt": f"{n} ->", "completion": (" yes", " no")[n % 2]} for n in range(20)]))
    assert main([str(file), "--yes"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["right.jsonl"]
    said = capsys.readouterr().out
    assert "ready as it is" in said
    assert f'-t "{file}"' in said


def test_bad_rows_are_listed_apart_and_make_a_strict_run_fail(tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    good = jsonl_of([{"prompt": f"{n} x", "completion": f"{n}"} for n in range(9)])
    file.write_bytes(good.strip() + b"\n{broken\n[1]\n")
    assert main([str(file), "--yes", "--strict"]) == 3
    bad = lines(tmp_path / "some_prepared_bad_rows.jsonl")
    assert [row["line"] for row in bad] == [10, 11]
    assert len(lines(tmp_path / "some_prepared.jsonl")) == 9
    assert main([str(file), "--yes"]) == 0


@pytest.mark.parametrize("name", ["t.xlsx", "t.json", "t.tsv", "t.txt", "t.csv.gz", "t.jsonl.gz"])
def test_every_kind_of_file_is_prepared(tmp_path: Path, name: str) -> None:
    objects = [{"prompt": f"{n} question", "completion": f"{n} x{n}"} for n in range(30)]
    pairs = [(row["prompt"], row["completion"]) for row in objects]
    content = {
        "t.xlsx": lambda: workbook([["prompt", "completion"], *map(list, pairs)]),
        "t.json": lambda: json.dumps(objects).encode(),
        "t.tsv": lambda: csv_of(pairs).replace(b",", b"\t"),
        "t.txt": lambda: b"\n".join(completion.encode() for _prompt, completion in pairs),
        "t.csv.gz": lambda: gzip.compress(csv_of(pairs)),
        "t.jsonl.gz": lambda: gzip.compress(jsonl_of(objects)),
    }[name]()
    (tmp_path / name).write_bytes(content)
    assert main([str(tmp_path / name), "--yes", "--no-tokens"]) == 0
    made = lines(tmp_path / "t_prepared.jsonl")
    assert len(made) == 30
    assert made[3]["completion"].startswith(" 3 x3")


def test_columns_are_chosen_by_their_names(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(csv_of(TICKETS, header="question,answer"))
    assert main([str(file), "--yes"]) == 1
    assert "--prompt COLUMN --completion COLUMN. The file has question, answer." in capsys.readouterr().err
    assert main([str(file), "--yes", "--prompt", "question", "--completion", "reply"]) == 1
    assert "no column “reply”" in capsys.readouterr().err
    assert main([str(file), "--yes", "--prompt", "question", "--completion", "answer"]) == 0


def test_conversations_are_prepared(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "chat.jsonl"
    said = [[{"role": "user", "content": f"Hi {n}"}, {"role": "assistant", "content": "Hello"}] for n in range(12)]
    file.write_bytes(jsonl_of([{"messages": messages} for messages in [*said, said[0]]]))
    assert main([str(file), "--yes"]) == 0
    assert len(lines(tmp_path / "chat_prepared.jsonl")) == 12
    assert "purpose fine-tune" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x.pdf", b"%PDF", "PDF files are not read"),
        ("x.csv", b"", "The file is empty"),
        ("x.csv", b"prompt,completion\n", "no row"),
        ("x.csv", b"prompt,completion\na, \n", "no row is left"),
        ("x.jsonl.gz", b"\x1f\x8b\x08broken", "damaged"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    tmp_path: Path, capsys: Any, name: str, content: bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main([str(tmp_path / name), "--yes"]) == 1
    assert why in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path: Path, capsys: Any) -> None:
    assert main([str(tmp_path / "none.csv"), "--yes"]) == 1
    assert "none.csv: No such file or directory." in capsys.readouterr().err
    assert main([str(tmp_path), "--yes"]) == 1
    assert main([str(tmp_path / "no" / "x.csv"), "--yes"]) == 1


@pytest.mark.parametrize("arguments", [[], ["x.csv", "--yes", "--all"], ["x.csv", "--split", "2"], ["x.csv", "--nonsense"]])
def test_a_command_that_is_written_wrongly_ends_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_it_is_a_command_of_manage_py_and_needs_no_database(file: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "TUNEDECK_DATA": str(tmp_path / "never"), "DATABASE_URL": "postgres://nobody@nowhere/none"}
    command = [sys.executable, str(settings.ROOT / "manage.py"), "prepare", str(file), "--yes"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "never").exists()


def test_other_programs_may_call_it(file: Path, capsys: Any) -> None:
    call_command("prepare", str(file), "--yes", "--no-tokens")
    assert "Wrote" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("prepare", str(file.with_name("none.csv")), "--yes")
