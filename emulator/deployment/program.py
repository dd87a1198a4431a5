"""Run a Pulumi program in this process, with our monitor in place of the engine."""

import asyncio
import contextlib
import contextvars
import logging
import runpy
from pathlib import Path

import pulumi
from pulumi.runtime.mocks import MockEngine

from emulator.deployment.config import StackConfig
from emulator.deployment.errors import DeploymentError
from emulator.deployment.monitor import Monitor
from emulator.errors import WrongUseError


def run_program(folder: Path, config: StackConfig, monitor: Monitor) -> None:
    """Run ``folder/__main__.py`` as ``pulumi up`` does, until all its resources are created.

    The SDK keeps its state in context variables. Each run has its own context, so one process can run many.

    Raises:
        WrongUseError: there is no program, or it raised ``pulumi.RunError``.
        DeploymentError: a resource could not be created, or the program failed.
    """
    folder = folder.resolve()
    if not (folder / "__main__.py").is_file():
        raise WrongUseError(f"{folder} has no __main__.py.")
    context = contextvars.Context()
    context.run(_configure, folder, config, monitor)
    # The end of this block waits for threads that still create resources.
    with contextlib.chdir(folder), asyncio.Runner(loop_factory=_new_loop) as runner:
        try:
            runner.run(pulumi.runtime.run_in_stack(lambda: _run_main(folder)), context=context)
        except pulumi.RunError as error:
            raise WrongUseError(" ".join(str(error).split())) from error
        except Exception as error:
            raise monitor.failure or DeploymentError(f"The program failed: {_describe(error)}") from error
    if monitor.failure:
        raise monitor.failure


def _run_main(folder: Path) -> None:
    runpy.run_path(str(folder), run_name="__main__")


def _configure(folder: Path, config: StackConfig, monitor: Monitor) -> None:
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=config.project,
            stack=config.stack,
            monitor=monitor,
            engine=MockEngine(logging.getLogger("pulumi")),
            dry_run=False,
            organization="local",
            root_directory=str(folder),
        )
    )
    pulumi.runtime.set_all_config(dict(config.values))


def _new_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    # After a failure the SDK sets the same error in a future for each output of each resource.
    loop.set_exception_handler(lambda _loop, _context: None)
    return loop


def _describe(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
