"""Run by the interpreter of the old SDK: prepares files as `openai tools fine_tunes.prepare_data -q` does, in one process.

Reads paths from the command line, writes one JSON object a line: the file and the names of what was written, or why not.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
from pathlib import Path

from openai.cli import FineTune  # type: ignore[import-not-found]


def prepared(path: Path) -> dict[str, object]:
    before = set(path.parent.iterdir())
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            FineTune.prepare_data(argparse.Namespace(file=str(path), quiet=True))
    except BaseException as error:  # the old tool leaves by sys.exit, and falls in many ways
        return {"file": path.name, "written": [], "error": repr(error), "said": said.getvalue()[-2000:]}
    written = sorted(made.name for made in set(path.parent.iterdir()) - before)
    return {"file": path.name, "written": written, "error": "", "said": said.getvalue()[-2000:]}


for name in sys.argv[1:]:
    print(json.dumps(prepared(Path(name))))
