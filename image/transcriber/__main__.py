"""``python -m transcriber SOURCE DESTINATION``: run one job and end with its exit code."""

import logging
import os
import sys

from transcriber import job, log, metrics
from transcriber.command_line import parse
from transcriber.errors import FaultError, Terminated, TranscriberError
from transcriber.settings import JobIdentity
from transcriber.termination import raise_when_told_to_stop

FAULT_EXIT_CODE = 1


def main(arguments: list[str]) -> int:
    """Run the job of ``arguments`` and return the exit code; what goes wrong is one line of the log."""
    log.configure()
    identity = JobIdentity.model_construct()
    try:
        with raise_when_told_to_stop():
            identity = JobIdentity.read()
            log.configure(job_id=identity.job_id, attempt=identity.attempt)
            command = parse(arguments)
            log.configure(job_id=identity.job_id, attempt=identity.attempt, source=command.source)
            job.run(command)
    except TranscriberError as error:
        # What the user or the world did wrong is a sentence; only our own faults need to be traced.
        fault = error.__cause__ if isinstance(error, FaultError) else None
        return _fail(str(error), error.exit_code, identity, fault)
    except Terminated as signal:
        return _fail(str(signal), signal.exit_code, identity)
    except Exception as fault:  # noqa: BLE001 - the top: anything unforeseen becomes one line and an exit code
        return _fail(f"Unforeseen: {fault!r}", FAULT_EXIT_CODE, identity, fault)
    return 0


def _fail(message: str, exit_code: int, identity: JobIdentity, fault: BaseException | None = None) -> int:
    if identity.stack:
        log.event("failure counted", **metrics.failed(identity.stack, exit_code))
    log.failure(message, fault=fault, exit_code=exit_code)
    return exit_code


if __name__ == "__main__":
    exit_code = main(sys.argv[1:])
    logging.shutdown()
    # What NeMo and torch do at exit takes seconds, on a machine paid by the second, for nothing.
    os._exit(exit_code)
