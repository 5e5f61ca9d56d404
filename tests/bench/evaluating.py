"""Start an evaluation in a trainer's own database: `python -m tests.bench.evaluating ADDRESS KEY MODEL FILE`.

The file holds a version's held-out part. It prints the evaluation's number.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(address: str, key: str, model: str, file: str) -> int:
    import django

    django.setup()

    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from connections.models import Connection
    from datasets.models import Dataset, Version
    from evaluations import start
    from evaluations.models import Evaluation
    from finetunes.models import Model
    from teams.models import Organization

    content = Path(file).read_bytes()
    organization, _made = Organization.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    connection, _made = Connection.objects.get_or_create(
        organization=organization, name=address, defaults={"base_url": address, "dialect": "both", "key": key}
    )
    dataset = Dataset.objects.create(organization=organization, name="Held out", filename="rows.jsonl", size=1, sha256="0")
    completions = {json.loads(line)["completion"] for line in content.splitlines()}
    version = Version.objects.create(
        dataset=dataset,
        number=1,
        format="prompt-completion",
        task="classification",
        training="none",
        training_sha256="0",
        training_rows=1,
        evaluation=default_storage.save("datasets/held-out.jsonl", ContentFile(content)),
        evaluation_rows=len(content.splitlines()),
        labels=sorted(completions),
        separator="\n\n###\n\n",
    )
    named = {"organization": organization, "base_model": "ada", "version": version}
    tuned, _made = Model.objects.update_or_create(connection=connection, name=model, defaults=named)
    evaluation = Evaluation.objects.create(
        organization=organization, name="Bench", state=Evaluation.State.DRAFT, version=version, task=version.task
    )
    start.start(evaluation, None, [str(tuned.pk)])
    return evaluation.pk


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
