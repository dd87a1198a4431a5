"""Write the job's log to standard error: JSON lines, or text on a terminal. Libraries stay silent."""

import json
import logging
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

from transcriber.reporting.printable import printable, printable_json

LOGGER_NAME = "transcriber"

_source: ContextVar[str | None] = ContextVar("source", default=None)


def configure(stream: TextIO | None = None, **constant_fields: str | int | None) -> None:
    """Send events of this package to ``stream`` (standard error) and silence every other logger.

    Args:
        stream: where lines go; a terminal gets readable lines, everything else JSON.
        constant_fields: fields of every JSON line, such as the job's id; None leaves one out.
    """
    stream = stream or sys.stderr
    handler: logging.StreamHandler[TextIO]
    if stream.isatty():
        handler = _TerminalHandler(stream)
        handler.setFormatter(_ReadableFormatter())
    else:
        handler = logging.StreamHandler(stream)
        fields = {name: value for name, value in constant_fields.items() if value is not None}
        handler.setFormatter(_JsonFormatter(fields))
    logger = logging.getLogger(LOGGER_NAME)
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logging.getLogger().handlers = [logging.NullHandler()]
    warnings.simplefilter("ignore")


def terminal() -> TextIO | None:
    """Return the terminal that the log goes to; None if it goes elsewhere."""
    handlers = logging.getLogger(LOGGER_NAME).handlers
    return next((each.stream for each in handlers if isinstance(each, _TerminalHandler)), None)


@contextmanager
def about(source: str) -> Iterator[None]:
    """Add the field ``source`` to the JSON lines that this thread logs in the block."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


def event(message: str, **fields: Any) -> None:
    """Log an event with its fields."""
    logging.getLogger(LOGGER_NAME).info(message, extra={"fields": fields})


def warn(message: str, **fields: Any) -> None:
    """Log a problem that did not stop the job."""
    logging.getLogger(LOGGER_NAME).warning(message, extra={"fields": fields})


def failure(message: str, *, fault: BaseException | None = None, **fields: Any) -> None:
    """Log why the job failed. The traceback of ``fault`` is in the JSON line, not on a terminal."""
    logging.getLogger(LOGGER_NAME).error(message, exc_info=fault, extra={"fields": fields})


class _TerminalHandler(logging.StreamHandler[TextIO]):
    """Writes lines above the progress bar, if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        if "tqdm" not in sys.modules:
            super().emit(record)
            return
        from tqdm import tqdm

        tqdm.write(self.format(record), file=self.stream)


class _JsonFormatter(logging.Formatter):
    def __init__(self, constant_fields: dict[str, str | int]) -> None:
        super().__init__()
        self._constant_fields = constant_fields

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **self._constant_fields,
            **({} if (source := _source.get()) is None else {"source": source}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return printable_json(json.dumps(line, default=str))


class _ReadableFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        fields = "".join(f"  {name}={value}" for name, value in getattr(record, "fields", {}).items())
        return printable(f"{clock} {level}{record.getMessage()}{fields}")
