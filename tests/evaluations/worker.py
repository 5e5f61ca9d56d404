"""A worker that asks at one connection until a run is done: `python -m tests.evaluations.worker CONNECTION RUN`."""

from __future__ import annotations

import sys
import time


def main(connection: int, run: int) -> None:
    import django

    django.setup()

    from evaluations.asking import rounds
    from evaluations.models import Run, Turn

    while Run.objects.get(pk=run).state != Run.State.DONE:
        Turn.objects.free_orphans()
        Run.objects.free_orphans()
        if not rounds.ask(connection):
            time.sleep(0.05)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
