"""Adapter of RQ: no other module knows RQ by its insides.

RQ's fork worker has no documented hooks for the steps of a line's worker. `HookedWorker` therefore overrides inner
methods of RQ and turns each into a hook with a name of ours. `tests/house/test_adapters.py` names the inner names which
a new RQ lacks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redis import Redis
from rq import Queue
from rq.job import Job
from rq.worker import Worker
from rq.worker_registration import register

#: The inner names of RQ in use here.
INNER_NAMES = (
    "rq.worker:Worker.bootstrap",
    "rq.worker:Worker.execute_job",
    "rq.worker:Worker.get_heartbeat_ttl",
    "rq.worker:Worker.handle_exception",
    "rq.worker:Worker.handle_warm_shutdown_request",
    "rq.worker:Worker.handle_work_horse_killed",
    "rq.worker:Worker.heartbeat",
    "rq.worker:Worker.horse_pid",
    "rq.worker:Worker.kill_horse",
    "rq.worker:Worker.maintain_heartbeats",
    "rq.worker:Worker.run_maintenance_tasks",
    "rq.worker:Worker.serialize",
    "rq.worker:Worker.setup_work_horse_signals",
    "rq.worker_registration:register",
    "rq.cron:CronJob.enqueue",
    "rq.cron:register",
    "rq.cron:CronScheduler.load_config_from_file",
    "rq.cron:CronScheduler.start",
)
#: RQ waits for a job for `worker_ttl` less this number of seconds, and sends no heartbeat during the wait.
WAIT_MARGIN = 15


class HookedWorker(Worker):
    """RQ's fork worker, with a hook for each step of a line's worker.

    A hook does nothing here. `rq worker` and `work()` call the RQ methods; subclasses define hooks only.
    """

    # -- hooks of the worker itself ------------------------------------------------------------------------------------

    def before_work(self) -> None:
        """Prepare the worker before the registration and the first job."""

    def registration_ttl(self, asked: int | None) -> int | None:
        """Return the number of seconds after which this worker counts as gone, where RQ asks for `asked`."""
        return asked

    def after_heartbeat(self) -> None:
        """Follow a heartbeat after the server has received the heartbeat."""

    def maintain(self) -> None:
        """Do the regular cleaning of this line, after RQ has cleaned its registries."""

    def asked_to_stop(self) -> None:
        """Follow the first SIGTERM or SIGINT: RQ finishes the running job and ends."""

    # -- hooks around a job --------------------------------------------------------------------------------------------

    def before_job(self, job: Job) -> None:
        """Prepare for `job`, in the parent, before the child is forked."""

    def in_child(self) -> None:
        """Prepare the child process before the job runs."""

    def while_child_runs(self, job: Job) -> bool:
        """Look after the child, every `look_every` seconds; return whether RQ is to renew the heartbeat of `job`."""
        return True

    def job_ttl(self, default: int) -> int:
        """Return the number of seconds for which a job stays ours after its last heartbeat; RQ's is `default`."""
        return default

    def child_died(self, job: Job, status: int) -> None:
        """Follow the death of the child that ran `job`; `status` is the wait status (waitpid)."""

    def is_fault_of_job(self, job: Job, error: BaseException) -> bool:
        """Return whether `error` makes `job` a failed job."""
        return True

    # -- RQ's methods --------------------------------------------------------------------------------------------------

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        """Call `before_work`, then do as RQ does."""
        self.before_work()
        super().bootstrap(*args, **kwargs)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Send a heartbeat with a registration for `registration_ttl` seconds."""
        super().heartbeat(self.registration_ttl(timeout), pipeline)
        if pipeline is None:
            self.after_heartbeat()

    def run_maintenance_tasks(self) -> None:
        """Do as RQ does, then call `maintain`."""
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        self.maintain()

    def handle_warm_shutdown_request(self) -> None:
        """Do as RQ does, then call `asked_to_stop`."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        self.asked_to_stop()

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Call `before_job`, then do as RQ does."""
        self.before_job(job)
        super().execute_job(job, queue)

    def setup_work_horse_signals(self) -> None:
        """Do as RQ does, then call `in_child`."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        self.in_child()

    def maintain_heartbeats(self, job: Job, execution: Any) -> None:
        """Call `while_child_runs`, and renew the heartbeat of `job` when the hook returns True."""
        if self.while_child_runs(job):
            super().maintain_heartbeats(job, execution)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Return the seconds of `job_ttl`."""
        return self.job_ttl(int(super().get_heartbeat_ttl(job, working_time)))

    def handle_work_horse_killed(self, job: Job, retpid: Any, ret_val: Any, rusage: Any) -> None:
        """Call `child_died`."""
        self.child_died(job, ret_val)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Do as RQ does, unless `is_fault_of_job` acquits the job."""
        if self.is_fault_of_job(job, exc_info[1]):
            super().handle_exception(job, *exc_info)


def stay_registered(worker: Worker) -> None:
    """Put `worker` back on RQ's list of workers when other workers took the silent worker off.

    A worker off the list counts as dead, and its jobs go to other workers while the worker still runs them.
    """
    if not worker.connection.hexists(worker.key, "birth"):
        worker.connection.hset(worker.key, mapping=worker.serialize())
        register(worker)


def call_from_cron(tick: Callable[[Redis], object], *, job: Callable[..., object], queue: str, seconds: int) -> None:
    """Make RQ's cron call `tick` with its connection every `seconds` seconds, in the scheduler's own process.

    RQ's cron makes jobs of a fixed class, without an option, so the class is replaced. `job` and `queue` name the entry
    for RQ's lists; nothing is enqueued for them.
    """
    from rq import cron  # loads croniter, which workers do not need

    class Tick(cron.CronJob):
        """A cron job which calls `tick` and enqueues nothing."""

        def enqueue(self, connection: Redis) -> Any:
            tick(connection)

    cron.CronJob = Tick  # type: ignore[misc]
    cron.register(job, queue, interval=seconds, name="newsline.schedule")
