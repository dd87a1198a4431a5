"""The worker with the stand-in recogniser: a process a job, forked from one that has imported everything.

All of `transcriber.__main__` runs as in the image (settings, storage, audio, results, signals, exit codes),
but for `load`, which gives `ToneModel`. Imports, the language detector's tables and what boto3 reads of its
own files are there from before the fork, so that hundreds of jobs take no longer than a test may.

`python -m tests.faults.worker SOCKET` serves what `program.py` asks for.
"""

import functools
import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from botocore import session

from tests.faults.program import RECEIVED_BYTES, TERMINATE
from tests.faults.tones import load_tone_model
from transcriber import __main__ as worker
from transcriber.recognition import loading
from transcriber.recognition.language import LanguageDetector
from transcriber.storage.s3 import create_client

WAITING = 128
STANDARD_STREAMS = (1, 2)


class ForkServer:
    """Forks a worker for each connection, and tells it how the worker ended.

    A connection that is closed had its process killed, and so is the worker.
    """

    def __init__(self, path: Path) -> None:
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(WAITING)
        self._selector.register(self._listener, selectors.EVENT_READ, self._fork)

    def serve(self) -> None:
        """Serve until the process is ended."""
        while True:
            for key, _events in self._selector.select():
                # What came earlier in this round may have closed it.
                if key.fileobj in self._selector.get_map():
                    key.data()

    def _fork(self) -> None:
        connection, _address = self._listener.accept()
        text, streams, _flags, _peer = socket.recv_fds(connection, RECEIVED_BYTES, len(STANDARD_STREAMS))
        if not text:
            connection.close()
            return
        child = os.fork()
        if child == 0:
            _become_worker(json.loads(text), streams)
        for stream in streams:
            os.close(stream)
        ended = os.pidfd_open(child)

        def pass_on() -> None:
            received = connection.recv(1)
            signal.pidfd_send_signal(ended, signal.SIGTERM if received == TERMINATE else signal.SIGKILL)
            if not received:
                self._selector.unregister(connection)

        def report() -> None:
            _pid, status = os.waitpid(child, 0)
            self._selector.unregister(ended)
            os.close(ended)
            if connection in self._selector.get_map():
                self._selector.unregister(connection)
                try:
                    connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
                except BrokenPipeError:
                    print(f"nobody waits for {child} any more", file=sys.stderr)
            connection.close()

        self._selector.register(connection, selectors.EVENT_READ, pass_on)
        self._selector.register(ended, selectors.EVENT_READ, report)


def _become_worker(job: dict[str, Any], streams: list[int]) -> None:
    """Run the job of a connection in this new process, and end it."""
    for stream, standard in zip(streams, STANDARD_STREAMS, strict=True):
        os.dup2(stream, standard)
    os.closerange(max(STANDARD_STREAMS) + 1, max(streams) + 1)
    os.environ.clear()
    os.environ.update(job["environment"])
    os.environ["AWS_SDK_UA_APP_ID"] = f"{job['name']}.{os.getpid()}"
    os.chdir(job["folder"])
    tempfile.tempdir = None
    os._exit(worker.main(job["arguments"], load_tone_model))


def main(path: Path) -> None:
    """Import what a job needs and serve."""
    session.create_loader = functools.cache(session.create_loader)
    create_client()
    detector = LanguageDetector()
    loading.LanguageDetector = lambda: detector  # type: ignore[assignment, misc]
    server = ForkServer(path)
    gc.freeze()
    server.serve()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
