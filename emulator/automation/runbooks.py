"""Execute runbooks of Systems Manager Automation: each script is a process with the runbook's role."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emulator.access import service_headers
from emulator.cloud import LocalCloud
from emulator.events.input_template import Event
from emulator.processes import signal_group

SSM = "ssm.amazonaws.com"
SCRIPT_ACTION = "aws:executeScript"
STEP_PROGRAM = Path(__file__).resolve().parent / "script_step.py"
SCRIPT_MODULE = "runbook_script"
AT_ONCE = 2
STEP_SECONDS = 600
PAUSE_SECONDS = 1.0
REFERENCE = re.compile(r"\{\{\s*([\w:]+)\s*\}\}")
EXECUTION_ID = "automation:EXECUTION_ID"

logger = logging.getLogger(__name__)


class AutomationError(Exception):
    """A runbook can't be started; the message says why."""


@dataclass(frozen=True)
class Execution:
    """One execution of a runbook."""

    id: str
    document: str
    content: Mapping[str, Any]
    parameters: Mapping[str, str]

    def filled_in(self, value: Any) -> Any:
        """Return ``value`` with ``{{ name }}`` replaced by that parameter."""
        if isinstance(value, str):
            return REFERENCE.sub(lambda found: self.parameters[found[1]], value)
        if isinstance(value, Mapping):
            return {name: self.filled_in(item) for name, item in value.items()}
        return [self.filled_in(item) for item in value] if isinstance(value, list) else value


class RunbookExecutor:
    """Executes runbooks, ``AT_ONCE`` at a time. ``publish`` gets an event at the end of each execution."""

    def __init__(self, cloud: LocalCloud, publish: Callable[[Event], None]) -> None:
        self._cloud = cloud
        self._publish = publish
        self._ssm = cloud.client("ssm")
        self._sts = cloud.client("sts")
        self._sts.meta.events.register("before-sign.sts.AssumeRole", self._sign_as_automation)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="automation")
        self._scripts: set[subprocess.Popen[bytes]] = set()
        self._unfinished = 0
        self._is_closed = False
        self._lock = threading.Lock()

    @property
    def unfinished(self) -> int:
        """How many executions have not published their end."""
        return self._unfinished

    def start(self, document: str, given: Mapping[str, list[str]]) -> str:
        """Start the runbook ``document`` and return the id of its execution.

        Args:
            document: its name.
            given: its parameters, each a list with one text.

        Raises:
            AutomationError: it has other parameters, or a step is not a script.
            botocore.exceptions.ClientError: there is no such document.
        """
        content = json.loads(self._ssm.get_document(Name=document)["Content"])
        if actions := {step["action"] for step in content["mainSteps"]} - {SCRIPT_ACTION}:
            raise AutomationError(f"{document}: steps such as {', '.join(actions)} are not available here.")
        execution_id = str(uuid.uuid4())
        parameters = {**_checked(document, content, given), EXECUTION_ID: execution_id}
        execution = Execution(execution_id, document, content, parameters)
        with self._lock:
            self._unfinished += 1
        # An unexpected error is raised in this callback, and the pool logs it.
        self._pool.submit(self._execute, execution).add_done_callback(
            lambda done: done.cancelled() or done.result()
        )
        return execution.id

    def close(self) -> None:
        """End every execution and return when all have ended. Waiting executions do not start."""
        with self._lock:
            self._is_closed = True
            for script in self._scripts:
                signal_group(script, signal.SIGKILL)
        self._pool.shutdown(cancel_futures=True)

    def _execute(self, execution: Execution) -> None:
        status = "Success"
        try:
            for step in execution.content["mainSteps"]:
                self._run_step(execution, step)
        except (BotoCoreError, ClientError, subprocess.SubprocessError) as error:
            status = "Failed"
            said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
            if self._is_closed:
                logger.info("Runbook %s was ended while it ran.", execution.document)
            else:
                logger.warning("Runbook %s failed: %s", execution.document, said)
        self._publish(self._ended(execution, status))
        with self._lock:
            self._unfinished -= 1

    def _run_step(self, execution: Execution, step: Mapping[str, Any]) -> None:
        inputs = execution.filled_in(step["inputs"])
        attempts = int(step.get("maxAttempts", 1))
        for attempt in range(1, attempts + 1):
            try:
                said = self._run_script(inputs, self._credentials(execution), step)
            except (BotoCoreError, ClientError, subprocess.SubprocessError):
                if attempt == attempts or self._is_closed:
                    raise
                time.sleep(PAUSE_SECONDS * attempt)
            else:
                logger.info("Runbook %s: %s", execution.document, said)
                return

    def _run_script(
        self, inputs: Mapping[str, Any], credentials: Mapping[str, str], step: Mapping[str, Any]
    ) -> str:
        with tempfile.TemporaryDirectory(prefix="runbook-") as folder:
            Path(folder, f"{SCRIPT_MODULE}.py").write_text(inputs["Script"])
            command = [sys.executable, str(STEP_PROGRAM), folder, SCRIPT_MODULE, inputs["Handler"]]
            environment = {"PATH": os.environ["PATH"], **self._cloud.environment(), **credentials}
            seconds = float(step.get("timeoutSeconds", STEP_SECONDS))
            return self._run_process(command, environment, json.dumps(inputs["InputPayload"]), seconds)

    def _run_process(
        self, command: list[str], environment: Mapping[str, str], given: str, seconds: float
    ) -> str:
        """Give a process ``given`` as input and return its output. ``close`` kills it.

        Raises:
            subprocess.SubprocessError: it failed, or took longer than ``seconds``.
        """
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, env=dict(environment), start_new_session=True
        ) as process:
            with self._lock:
                self._scripts.add(process)
                if self._is_closed:
                    process.kill()
            try:
                said, error = process.communicate(given.encode(), timeout=seconds)
            finally:
                signal_group(process, signal.SIGKILL)
                with self._lock:
                    self._scripts.discard(process)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command, said, error.decode())
        return said.decode()

    def _credentials(self, execution: Execution) -> dict[str, str]:
        role_arn = execution.filled_in(execution.content["assumeRole"])
        issued = self._sts.assume_role(RoleArn=role_arn, RoleSessionName=execution.id)["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": issued["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": issued["SecretAccessKey"],
            "AWS_SESSION_TOKEN": issued["SessionToken"],
        }

    def _sign_as_automation(self, request: Any, **_rest: Any) -> None:
        request.headers[service_headers.SERVICE] = SSM
        request.headers[service_headers.SOURCE_ARN] = self._arn(
            request.data["RoleArn"], request.data["RoleSessionName"]
        )

    def _arn(self, role_arn: str, execution_id: str) -> str:
        _, partition, _, _, account, _ = role_arn.split(":", 5)
        return f"arn:{partition}:ssm:{self._cloud.region}:{account}:automation-execution/{execution_id}"

    def _ended(self, execution: Execution, status: str) -> Event:
        """Return the event: https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-eventbridge-events.html"""
        arn = self._arn(execution.content["assumeRole"], execution.id)
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "EC2 Automation Execution Status-change Notification",
            "source": "aws.ssm",
            "account": arn.split(":")[4],
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._cloud.region,
            "resources": [arn],
            "detail": {"ExecutionId": execution.id, "Definition": execution.document, "Status": status},
        }


def _checked(document: str, content: Mapping[str, Any], given: Mapping[str, list[str]]) -> dict[str, str]:
    """Check the parameters and return each as one text."""
    known = content.get("parameters", {})
    if given.keys() != known.keys():
        raise AutomationError(
            f"{document} takes the parameters {', '.join(known) or 'none'}, not {', '.join(given) or 'none'}."
        )
    for name, about in known.items():
        if not re.search(about.get("allowedPattern", ""), given[name][0]):
            raise AutomationError(f"{document}: {name} does not match {about['allowedPattern']}.")
    return {name: values[0] for name, values in given.items()}
