"""Jobs that somebody else wrote to the queues: workers run our three jobs, each on its queue, and nothing else."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from rq import Callback, Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import now, utcformat
from rq.webhook import Webhook

from schemas.store.jobs import crawl_queue, enqueue_pages, pages_queue
from schemas.store.keys import ARTICLES_STREAM, CRAWL_JOB, CRAWL_QUEUE, NORMALISE_JOB, PAGES_QUEUE, VISIT_JOB
from tests.workers.pages import page, pend

ROOT = Path(__file__).parents[2]
#: The worker of each queue, as deploy/ starts it.
WORKERS = {PAGES_QUEUE: "workers.worker.PageWorker", CRAWL_QUEUE: "scrapers.worker.CrawlWorker"}


def work(queue: str, url: str) -> str:
    """Run RQ's own command until the queue is empty; return its output."""
    command = [sys.executable, "-m", "rq.cli", "worker", "--burst", "--worker-class", WORKERS[queue], queue]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": url},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


class _Shell:
    """Runs a command when unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (self.command,)


def _ours(queue: str) -> tuple[str, list[object]]:
    return (NORMALISE_JOB, [[]]) if queue == PAGES_QUEUE else (CRAWL_JOB, ["nobody"])


def _function(redis: Redis, queue: str, shell: str) -> None:
    Queue(queue, connection=redis, serializer=JSONSerializer).enqueue_call("os.system", args=(shell,), job_id="bad")


def _job_of_the_other_queue(redis: Redis, queue: str, shell: str) -> None:
    other = VISIT_JOB if queue == PAGES_QUEUE else NORMALISE_JOB
    args = ("nobody",) if queue == PAGES_QUEUE else ([],)
    Queue(queue, connection=redis, serializer=JSONSerializer).enqueue_call(other, args=args, job_id="bad")
    # the job says that it came from the other queue
    redis.hset("rq:job:bad", "origin", CRAWL_QUEUE if queue == PAGES_QUEUE else PAGES_QUEUE)


def _callback(redis: Redis, queue: str, shell: str) -> None:
    function, args = _ours(queue)
    Queue(queue, connection=redis, serializer=JSONSerializer).enqueue_call(
        function, args=args, job_id="bad", on_success=Callback("tests.workers.hostile.touch")
    )


def _failure_callback(redis: Redis, queue: str, shell: str) -> None:
    Queue(queue, connection=redis, serializer=JSONSerializer).enqueue_call(
        "os.system", args=(shell,), job_id="bad", on_failure=Callback("tests.workers.hostile.touch")
    )


def _stopped_callback(redis: Redis, queue: str, shell: str) -> None:
    function, args = _ours(queue)
    Queue(queue, connection=redis, serializer=JSONSerializer).enqueue_call(
        function, args=args, job_id="bad", on_stopped=Callback("tests.workers.hostile.touch")
    )


def _webhook(redis: Redis, queue: str, shell: str) -> None:
    function, args = _ours(queue)
    Queue(queue, connection=redis, serializer=JSONSerializer).enqueue_call(
        function, args=args, job_id="bad", webhooks=[Webhook("http://127.0.0.1:9/", "finished")]
    )


def _raw(redis: Redis, queue: str, data: bytes, **fields: str) -> None:
    redis.hset(
        "rq:job:bad", mapping={"data": data, "created_at": utcformat(now()), "origin": queue, "status": "queued"}
    )
    for field, value in fields.items():
        redis.hset("rq:job:bad", field, value)
    redis.sadd("rq:queues", f"rq:queue:{queue}")
    redis.rpush(f"rq:queue:{queue}", "bad")


def _instance(redis: Redis, queue: str, shell: str) -> None:
    _raw(redis, queue, zlib.compress(json.dumps(["format", "{0.__class__}", [shell], {}]).encode()))


def _instance_of_ours(redis: Redis, queue: str, shell: str) -> None:
    function, args = _ours(queue)
    _raw(redis, queue, zlib.compress(json.dumps([function, {"a": 1}, args, {}]).encode()))


def _pickle(redis: Redis, queue: str, shell: str) -> None:
    _raw(redis, queue, zlib.compress(pickle.dumps(("os.system", None, (shell,), {}))))


def _pickle_that_runs(redis: Redis, queue: str, shell: str) -> None:
    _raw(redis, queue, pickle.dumps(_Shell(shell)))


def _arguments(redis: Redis, queue: str, shell: str) -> None:
    function, _ = _ours(queue)
    args: list[object] = [{"a": 1}] if queue == PAGES_QUEUE else [["a"]]
    _raw(redis, queue, zlib.compress(json.dumps([function, None, args, {}]).encode()))


def _keywords(redis: Redis, queue: str, shell: str) -> None:
    function, args = _ours(queue)
    _raw(redis, queue, zlib.compress(json.dumps([function, None, args, {"x": 1}]).encode()))


def _not_a_call(redis: Redis, queue: str, shell: str) -> None:
    _raw(redis, queue, b"[[[")


def _damaged_fields(redis: Redis, queue: str, shell: str) -> None:
    function, args = _ours(queue)
    data = zlib.compress(json.dumps([function, None, args, {}]).encode())
    _raw(redis, queue, data, status="nonsense", timeout="soon", dependency_ids="{", created_at="yesterday")


HOSTILE = [
    *(_function, _job_of_the_other_queue, _callback, _failure_callback, _stopped_callback, _webhook, _instance),
    *(_instance_of_ours, _pickle, _pickle_that_runs, _arguments, _keywords, _not_a_call, _damaged_fields),
]


@pytest.mark.parametrize("queue", WORKERS)
def test_a_hostile_job_fails_and_runs_nothing(
    queue: str, valkey: Redis, valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "ran"
    monkeypatch.setenv("HOSTILE_MARK", str(mark))
    names = []
    for hostile in HOSTILE:
        hostile(valkey, queue, f"touch {mark}")
        names.append(hostile.__name__.strip("_"))
        valkey.rename("rq:job:bad", f"rq:job:{names[-1]}")
        valkey.lset(f"rq:queue:{queue}", -1, names[-1])
    output = work(queue, valkey_url)
    assert not mark.exists()
    jobs = (pages_queue if queue == PAGES_QUEUE else crawl_queue)(valkey)
    assert jobs.count == 0
    assert sorted(jobs.failed_job_registry.get_job_ids()) == sorted(names)
    for name in names:
        assert f"job {name} on the queue {queue} is refused:" in output
        result = jobs.job_class.fetch(name, connection=valkey).latest_result()
        assert result and "RefusedJobError" in str(result.exc_string)


def test_our_jobs_run_beside_hostile_ones(valkey: Redis, valkey_url: str, tmp_path: Path) -> None:
    _pickle_that_runs(valkey, PAGES_QUEUE, f"touch {tmp_path / 'ran'}")
    valkey.rpush("rq:queue:pages", "no:job", "string")
    valkey.set("rq:job:string", "no hash")
    pend(valkey, page("p1"))
    enqueue_pages(pages_queue(valkey), [["p1"]])
    work(PAGES_QUEUE, valkey_url)
    assert valkey.xlen(ARTICLES_STREAM) == 1
    assert not (tmp_path / "ran").exists()


def test_cleaning_the_registries_calls_nobody_back(
    valkey: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler cleans the list of running jobs; RQ calls the failure callback of an abandoned job there."""
    mark = tmp_path / "ran"
    monkeypatch.setenv("HOSTILE_MARK", str(mark))
    for queue in (pages_queue(valkey), crawl_queue(valkey)):
        data = zlib.compress(json.dumps(["os.system", None, ["true"], {}]).encode())
        _raw(valkey, queue.name, data, status="started", failure_callback_name="tests.workers.hostile.touch")
        valkey.zadd(queue.started_job_registry.key, {"bad:x": 1})
        queue.started_job_registry.cleanup()
        assert not mark.exists()


def test_a_job_of_ours_is_made_as_before(valkey: Redis) -> None:
    enqueue_pages(pages_queue(valkey), [["p1"]])
    (job_id,) = pages_queue(valkey).get_job_ids()
    job = Job.fetch(job_id, connection=valkey, serializer=JSONSerializer)
    assert (job.func_name, job.instance, job.args, job.origin) == (NORMALISE_JOB, None, [["p1"]], PAGES_QUEUE)
