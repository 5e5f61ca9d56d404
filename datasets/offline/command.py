"""`manage.py prepare FILE`: the conversation of a preparation on the command line.

Exit codes: 0 the file is ready, 1 it cannot be used, 2 the command was written wrongly, 3 with --strict, some rows could
not be used.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from datasets.checks import Finding
from datasets.examine import Report
from datasets.formats import Options
from datasets.infer import CLASSIFICATION
from datasets.mapping import CHAT, PROMPT_COMPLETION, Mapping
from datasets.offline.preparation import Preparation
from datasets.offline.source import opened
from datasets.offline.talk import Console, decide_each, done, next_steps, result
from datasets.offline.write import chosen_names, divide, free_names, put, write_bad
from datasets.split import SEED, SHARE
from datasets.words import Refused
from datasets.words import gettext_noop as _

ROUNDS = 5
ALL = ("too-long", "prompt-case", "completion-case", "prompt-prefix", "completion-prefix")  # beside the safe ones
READY, UNUSABLE, SOME_BAD = 0, 1, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help=".csv, .tsv, .xlsx, .json, .jsonl or .txt, each also gzipped")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--yes", action="store_true", help="accept every fix that loses nothing, ask nothing")
    how.add_argument(
        "--all", action="store_true", help="accept also what shortens: long rows out, shared prefixes off, lower case"
    )
    parser.add_argument("--out", type=Path, help="where to write, instead of FILE_prepared.jsonl beside the file")
    parser.add_argument(
        "--split", type=_part_of_one, nargs="?", const=SHARE, metavar="SHARE", help="keep a share for validation"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="draws the same split again (default: %(default)s)")
    parser.add_argument("--no-tokens", action="store_true", help="do not count tokens, which takes most of the time")
    parser.add_argument("--near", action="store_true", help="look also for rows that ask nearly the same")
    parser.add_argument("--strict", action="store_true", help="exit with 3 if some rows could not be used")
    parser.add_argument("--prompt", default="", metavar="COLUMN", help="the column of the prompts")
    parser.add_argument("--completion", default="", metavar="COLUMN", help="the column of the completions")
    parser.add_argument("--messages", default="", metavar="COLUMN", help="the column of whole conversations")
    parser.add_argument("--sheet", default="", help="the sheet of a workbook")
    parser.add_argument("--delimiter", default="", help="what stands between the cells of a .csv")
    parser.add_argument("--encoding", default="", help="the encoding of the file")
    parser.add_argument("--processes", type=int, default=2, help="processes to work in (default: %(default)s)")


def _part_of_one(text: str) -> float:
    share = float(text)
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError("a share is more than 0 and less than 1")
    return share


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("manage.py prepare", description=(__doc__ or "").splitlines()[0])
    add_arguments(parser)
    return run(parser.parse_args(arguments))


def run(options: argparse.Namespace, console: Console | None = None) -> int:
    """Prepare a file as the options say; returns the exit code."""
    try:
        with tempfile.TemporaryDirectory(prefix=".prepare-", dir=(options.out or options.file).parent) as folder:
            return _prepared(options, Path(folder), console or Console(print, input))
    except Refused as refused:
        return _refused(str(refused))
    except OSError as error:
        return _refused(f"{error.filename or options.file}: {error.strerror}.")
    except (EOFError, KeyboardInterrupt):
        return _refused("Stopped without an answer. Nothing was written; --yes asks nothing.")


def _refused(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return UNUSABLE


def _prepared(options: argparse.Namespace, folder: Path, console: Console) -> int:
    wanted = Options(sheet=options.sheet, delimiter=options.delimiter, encoding=options.encoding)
    with opened(options.file, wanted, _mapping(options), max(1, options.processes), folder) as source:
        for note in source.notes:
            console.say(str(note))
        preparation = Preparation(source, count_tokens=not options.no_tokens, near=options.near)
        made = folder / "prepared"
        report = _accepted(options, preparation, made, console)
        if not report.facts.rows:
            raise Refused(_("After the accepted fixes no row is left."))
        console.say(result(report, preparation))
        _write(options, preparation, report, made, console)
    return SOME_BAD if options.strict and preparation.bad else READY


def _mapping(options: argparse.Namespace) -> Mapping | None:
    if options.messages:
        return Mapping(format=CHAT, messages=options.messages)
    if options.completion:
        return Mapping(format=PROMPT_COMPLETION, prompt=options.prompt, completion=options.completion)
    return None


def _accepted(options: argparse.Namespace, preparation: Preparation, made: Path, console: Console) -> Report:
    """Accept fixes, write the rows that they leave to `made`, and say what is found in these."""
    if not _silent(options):
        return preparation.finish(made, decide_each(preparation, console))
    for _round in range(ROUNDS):
        for finding in preparation.accept_safe():
            console.say(done(finding))
        if options.all and any(one.fix and one.code in ALL for one in preparation.others):
            _accept_more(preparation, console)
        report = preparation.finish(made)
        if not any(one.fix and (one.fix.recommended or (options.all and one.code in ALL)) for one in report.findings):
            break
    return report


def _accept_more(preparation: Preparation, console: Console) -> None:
    def found() -> Finding | None:
        return next((one for one in preparation.report().findings if one.fix and one.code in ALL), None)

    while finding := found():
        preparation.accept(finding)
        console.say(done(finding))


def _silent(options: argparse.Namespace) -> bool:
    return bool(options.yes or options.all)


def _write(options: argparse.Namespace, preparation: Preparation, report: Report, made: Path, console: Console) -> None:
    share = _share(options, report, console)
    if not (share or options.out or preparation.changed):
        console.say("\nThere is nothing to do: the file is ready as it is.")
        console.say(next_steps([options.file], report))
        return
    targets = chosen_names(options.out, split=bool(share)) if options.out else free_names(options.file, split=bool(share))
    if not (_silent(options) or console.yes(f"\nWrite {' and '.join(map(str, targets))}?", default=True)):
        console.say("Nothing was written.")
        return
    for side, target in zip(divide(made, report.facts.task, share, options.seed) if share else [made], targets, strict=True):
        put(side, target)
        console.say(f"Wrote {target}")
    if preparation.bad:
        console.say(f"Wrote {write_bad(preparation.bad, beside=targets[0])}")
    console.say(next_steps(targets, report))


def _share(options: argparse.Namespace, report: Report, console: Console) -> float:
    """The share that is kept for validation; the old tool proposed that for classifiers."""
    if options.split is not None or options.yes or report.facts.task != CLASSIFICATION:
        return float(options.split or 0)
    return SHARE if options.all or console.yes("\nSplit into a training and a validation file?", default=True) else 0.0
