"""What a preparation says and asks on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.checks import BY_CODE, Finding
from datasets.examine import Report
from datasets.infer import CHAT, CLASSIFICATION
from datasets.offline.preparation import Preparation


@dataclass(frozen=True)
class Console:
    say: Callable[[str], None]
    ask: Callable[[str], str]

    def yes(self, question: str, *, default: bool) -> bool:
        answer = self.ask(f"{question} [{'Y/n' if default else 'y/N'}] ").strip().lower()
        return default if not answer else answer.startswith("y")


def decide_each(preparation: Preparation, console: Console) -> set[str]:
    """Ask about one finding after the other, each looked for in what the answers before have left; tell what was skipped."""
    preparation.in_one_process()
    told: set[str] = set()
    skipped: set[str] = set()
    while True:
        findings = preparation.report().findings
        for finding in findings:
            if not finding.fix and finding.code not in told:
                console.say(f"\n{finding.title}\n  {finding.why}")
                told.add(finding.code)
        asked = next((one for one in findings if one.fix and one.code not in skipped), None)
        if asked is None:
            return skipped
        _show(asked, console)
        if asked.fix and console.yes(f"  {asked.fix.label}?", default=asked.fix.recommended):
            preparation.accept(asked)
        else:
            skipped.add(asked.code)


def _show(finding: Finding, console: Console) -> None:
    console.say(f"\n{finding.title}\n  {finding.why}")
    for sample in finding.samples[:1]:
        if "other" in sample:
            _show_pair(sample, console)
            continue
        for text in sample["texts"]:
            before, after = _text(text["before"]), _text(text["after"] or ())
            becomes = f"\n    becomes {after!r}" if text["after"] and not sample["dropped"] else ""
            console.say(f"  line {sample['line']}, {text['key']}: {before!r}{becomes}")


def _show_pair(sample: dict[str, Any], console: Console) -> None:
    for text in sample["texts"]:
        for line, side in ((sample["line"], text["before"]), (sample["other"], text["after"])):
            console.say(f"  line {line}, {text['key']}: {_text(side)!r}")


def _text(parts: Sequence[Sequence[object]]) -> str:
    return "".join(str(part[0]) for part in parts)


def done(finding: Finding) -> str:
    """An accepted fix in words."""
    said = BY_CODE[finding.code].said(finding.fix.params) if finding.fix else ""
    return f"- {finding.title}: {said}"


def result(report: Report, preparation: Preparation) -> str:
    """What the rows are now, and what is left to know of them."""
    facts = report.facts
    classes = f", {len(facts.labels):,} classes" if facts.labels else ""
    lines = [f"\n{facts.rows:,} rows, {facts.task}{classes}."]
    if report.tokens:
        lines.append(f"{report.tokens:,} tokens by {facts.encoding}, the longest row {report.longest:,} of {facts.limit:,}.")
    lines += [f"- {finding.title}. {finding.why}" for finding in report.findings]
    if preparation.bad:
        first = preparation.bad[0]
        lines.append(f"- {len(preparation.bad):,} rows could not be used, the first in line {first.line}: {first.reason}")
    return "\n".join(lines)


def next_steps(files: Sequence[Path], report: Report) -> str:
    """How to go on with the files, as the old tool told it."""
    if report.facts.task == CHAT:
        return "\nNow start a fine-tune of it in Tunedeck, or upload it with the purpose fine-tune."
    valid = f' -v "{files[1]}"' if len(files) > 1 else ""
    lines = [
        "\nNow start a fine-tune of it in Tunedeck, or:",
        f'> openai api fine_tunes.create -t "{files[0]}"{valid}{_classes(report)}',
    ]
    if report.separator:
        lines.append(f"Prompts of the model then have to end with {_quoted(report.separator)}, as they do in the file.")
    if report.ending:
        lines.append(f"Ask with stop=[{_quoted(report.ending)}], so that answers end where they should.")
    return "\n".join(lines)


def _classes(report: Report) -> str:
    labels = list(report.facts.labels)
    if report.facts.task != CLASSIFICATION:
        return ""
    two = len(labels) == 2
    how = f'--classification_positive_class "{labels[0]}"' if two else f"--classification_n_classes {len(labels)}"
    return f" --compute_classification_metrics {how}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\n", "\\n").replace("\t", "\\t") + '"'
