"""What each process counts and times, in Prometheus's families. Labels are bounded: names of routes, tasks and verbs
and the ids of connections; never a name, a model or an address."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry(auto_describe=True)
QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)

REQUESTS = Histogram(
    "tunedeck_request_seconds",
    "Requests answered, up to the first byte of the answer.",
    ["route", "method", "status"],
    buckets=QUICK,
    registry=REGISTRY,
)
CALLS = Histogram(
    "tunedeck_provider_call_seconds",
    "Requests to providers, up to the last byte of the answer; status is a number or what went wrong.",
    ["connection", "verb", "status"],
    buckets=SLOW,
    registry=REGISTRY,
)
TASKS = Histogram(
    "tunedeck_task_seconds",
    "Celery tasks by name and by how they ended.",
    ["task", "outcome"],
    buckets=SLOW,
    registry=REGISTRY,
)
