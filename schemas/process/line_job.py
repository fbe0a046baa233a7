"""The closed vocabulary of jobs: three functions, each on its queue, and nothing else.

RQ imports and calls any name that a job in Valkey carries, as function or callback, and sends any webhook. A worker of
this line reads jobs as PageJob or CrawlJob, which refuse a job with

1. a function that is not in the queue's table, or an instance to call the function on;
2. arguments of another form than the function takes;
3. a callback or a webhook;
4. data that is not JSON (pickled data is never unpickled), or another damaged field.

A refused job fails with the reason, is not tried again, and runs nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from redis import Redis
from redis.exceptions import ResponseError
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus, parse_job_id
from rq.serializers import JSONSerializer
from rq.utils import import_attribute

from schemas.store.keys import CRAWL_JOB, CRAWL_QUEUE, NORMALISE_JOB, PAGES_QUEUE, VISIT_JOB

logger = logging.getLogger(__name__)

#: Longest part of a stranger's text in a message (characters).
_SHOWN = 200
#: Time limit (s) of a refused job, which only fails.
_REFUSED_TIMEOUT = 60
#: Arguments of a refused job: those who look for the job's pages find none.
_NO_ARGUMENTS: list[Any] = [[]]


class RefusedJobError(RuntimeError):
    """A job that this line does not run."""


class LineJob(Job):
    """A job of a queue of this line, read from Valkey with distrust."""

    #: The queue of these jobs.
    queue_name: ClassVar[str]
    #: The functions of the queue, each with a check of its arguments.
    functions: ClassVar[Mapping[str, Callable[[list[Any]], bool]]]
    #: The reason why this job is refused; empty for a job to run.
    refusal = ""

    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, serializer: Any = None) -> Job:
        """Read the job as RQ does; a job whose id or key RQ cannot read does not exist.

        Raises:
            NoSuchJobError: there is no job with this id.
        """
        try:
            return super().fetch(id, connection, JSONSerializer)
        except (ValueError, TypeError) as error:
            raise NoSuchJobError(f"no id of a job: {_shown(id)}") from error
        except ResponseError as error:
            if _is_wrong_type(error):
                raise NoSuchJobError(f"the key of the job {_shown(id)} holds no job") from error
            raise

    @classmethod
    def fetch_many(cls, job_ids: Iterable[str], connection: Redis, serializer: Any = None) -> list[Job | None]:
        """Read jobs in a single round trip as RQ does; None stands for a job that does not exist or cannot be read."""
        ids = [parse_job_id(job_id) for job_id in job_ids]
        with connection.pipeline(transaction=False) as pipe:
            for job_id in ids:
                pipe.hgetall(cls.key_for(job_id))
            answers = pipe.execute(raise_on_error=False)
        return [cls._restored(job_id, fields, connection) for job_id, fields in zip(ids, answers, strict=True)]

    @classmethod
    def _restored(cls, job_id: str, fields: Any, connection: Redis) -> Job | None:
        """Return the job of a hash's fields; None for no hash or no id."""
        if isinstance(fields, Exception) and not _is_wrong_type(fields):
            raise fields
        if not fields or isinstance(fields, Exception):
            return None
        with suppress(ValueError, TypeError, NoSuchJobError):
            job = cls(job_id, connection=connection, serializer=JSONSerializer)
            job.restore(fields)
            return job
        return None

    def restore(self, raw_data: Any) -> None:
        """Read the fields of the job as RQ does, and refuse the job when a field is not ours.

        Raises:
            NoSuchJobError: the job has no data.
        """
        try:
            super().restore(raw_data)
            self.refusal = self._reason_to_refuse()
        except NoSuchJobError:
            raise
        except Exception as error:
            self.refusal = f"its fields cannot be read ({type(error).__name__}: {_shown(error)})"
        self.origin = self.queue_name
        if self.refusal:
            self._disarm()

    def _reason_to_refuse(self) -> str:
        """Return why this job must not run, or an empty text."""
        if self._success_callback_name or self._failure_callback_name or self._stopped_callback_name:
            return "jobs here have no callbacks"
        if self.webhooks:
            return "jobs here have no webhooks"
        call = self.serializer.loads(self.data)
        if not isinstance(call, list) or len(call) != 4:
            return "its data is no call of a function"
        function, instance, args, kwargs = call
        if not isinstance(function, str) or function not in self.functions:
            return f"{_shown(function)} is not among its functions {', '.join(self.functions)}"
        if instance is not None or kwargs != {} or not isinstance(args, list) or not self.functions[function](args):
            return f"{function} does not take these arguments"
        return ""

    def _disarm(self) -> None:
        """Leave nothing in this job for RQ to call, send, try again or print."""
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []
        self.data = self.serializer.dumps(["refused", None, _NO_ARGUMENTS, {}])
        self.description = "refused"
        self.timeout = _REFUSED_TIMEOUT
        self.retries_left = self.repeats_left = None
        if not isinstance(self._status, JobStatus):
            self._status = JobStatus.QUEUED

    @property
    def func(self) -> Any:
        """The function, which stands in the queue's table.

        Raises:
            RefusedJobError: this job is refused.
        """
        name = self.func_name or ""
        if self.refusal or name not in self.functions:
            raise RefusedJobError(
                self.refusal or f"{_shown(name)} is not among its functions {', '.join(self.functions)}"
            )
        return import_attribute(name)

    @property
    def success_callback(self) -> None:
        """None: jobs here have no callbacks."""
        return

    @property
    def failure_callback(self) -> None:
        """None: jobs here have no callbacks."""
        return

    @property
    def stopped_callback(self) -> None:
        """None: jobs here have no callbacks."""
        return


def _is_wrong_type(error: Exception) -> bool:
    return isinstance(error, ResponseError) and "WRONGTYPE" in str(error)


def _shown(value: object) -> str:
    """Return a stranger's value for a message: short, and without control characters."""
    return ascii(value)[:_SHOWN]


def _is_page_ids(args: list[Any]) -> bool:
    return len(args) == 1 and isinstance(args[0], list) and all(isinstance(page_id, str) for page_id in args[0])


def _is_source_id(args: list[Any]) -> bool:
    return len(args) == 1 and isinstance(args[0], str)


class PageJob(LineJob):
    """A job on PAGES_QUEUE."""

    queue_name = PAGES_QUEUE
    functions = {NORMALISE_JOB: _is_page_ids}


class CrawlJob(LineJob):
    """A job on CRAWL_QUEUE."""

    queue_name = CRAWL_QUEUE
    functions = {CRAWL_JOB: _is_source_id, VISIT_JOB: _is_source_id}


#: The class of the jobs on each queue.
JOB_CLASSES: Mapping[str, type[LineJob]] = {job.queue_name: job for job in (PageJob, CrawlJob)}
