"""MiniStack with our additions, as a process that only this machine can reach."""

import http.client
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from emulator.access.credentials import Credentials
from emulator.access.signing import signed_headers
from emulator.errors import StartError
from emulator.processes import free_port, spawn, stop

PROJECT = Path(__file__).resolve().parents[1]
HEALTH_PATH = "/_ministack/health"
POLL_SECONDS = 0.05
STOP_GRACE_SECONDS = 5.0


class Emulator:
    """Serves all services but Batch on ``127.0.0.1``: S3, IAM, EventBridge, SQS, SNS, CloudWatch and more.

    Requests must be signed. The account's own ``credentials`` are made anew for each emulator and may do
    everything. Keys of IAM and STS may do what their policies allow, unless ``authorize`` is false. State is
    in memory and lost after ``stop``; with a ``state_folder`` it is kept there for the next ``start``.

    The process ends with the thread that calls ``start``.
    """

    def __init__(
        self,
        log_file: Path,
        *,
        port: int = 0,
        region: str = "us-east-1",
        authorize: bool = True,
        start_seconds: float = 30.0,
        state_folder: Path | None = None,
    ) -> None:
        self.port = port or free_port()
        self.credentials = Credentials.make()
        self._log_file = log_file
        self._region = region
        self._authorize = authorize
        self._start_seconds = start_seconds
        self._state_folder = state_folder
        self._process: subprocess.Popen[bytes] | None = None
        self._resources = ExitStack()

    @property
    def endpoint(self) -> str:
        """The URL of every service."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start MiniStack and return once it answers.

        Raises:
            StartError: the port is taken, the process ended, or it did not answer in time.
        """
        if _answers(self.port):
            raise StartError(f"Port {self.port} is taken: stop what listens there or choose another port.")
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(self._resources.enter_context(tempfile.TemporaryDirectory(prefix="ministack-")))
        log = self._resources.enter_context(self._log_file.open("wb"))
        self._process = spawn(
            [sys.executable, "-m", "emulator.ministack"],
            environment=self._environment(scratch),
            working_directory=scratch,
            output=log,
        )
        try:
            self._wait_until_healthy(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End MiniStack; nothing happens if it does not run."""
        if self._process:
            stop(self._process, STOP_GRACE_SECONDS)
            self._process = None
        self._resources.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _environment(self, scratch: Path) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(PROJECT),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": self._region,
            **self.credentials.environment(),
            "AUTH": "true" if self._authorize else "false",
            # Nothing here uses these services, which listen on fixed ports.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            **self._persistence(),
        }

    def _persistence(self) -> dict[str, str]:
        if self._state_folder is None:
            return {}
        return {
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._state_folder / "services"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self._state_folder / "objects"),
        }

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._start_seconds
        while not self._is_healthy():
            if process.poll() is not None:
                raise StartError(
                    f"MiniStack ended with status {process.returncode} as it started: "
                    f"{_last_line(self._log_file)} (whole log: {self._log_file})"
                )
            if time.monotonic() > deadline:
                raise StartError(
                    f"MiniStack did not answer on port {self.port} within {self._start_seconds:g} s "
                    f"(log: {self._log_file})."
                )
            time.sleep(POLL_SECONDS)

    def _is_healthy(self) -> bool:
        headers = signed_headers("GET", self.endpoint + HEALTH_PATH, b"", self.credentials)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", HEALTH_PATH, headers=headers)
            response = connection.getresponse()
            return response.status == http.client.OK and "services" in json.load(response)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return False
        finally:
            connection.close()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def _last_line(log_file: Path) -> str:
    lines = [line.strip() for line in log_file.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it wrote no log"
