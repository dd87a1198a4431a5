import io
import json
import logging
import warnings

import pytest

from transcriber.reporting import log


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_each_event_is_a_json_line() -> None:
    stream = io.StringIO()
    log.configure(stream, job_id="j-1", attempt=None)
    log.event("audio opened", uri="s3://bucket/a\nb.mp3", seconds=1.5)
    log.warn("careful")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["message"] == "audio opened"
    assert (first["uri"], first["seconds"]) == ("s3://bucket/a\nb.mp3", 1.5)
    assert (first["level"], second["level"]) == ("info", "warning")
    assert first["job_id"] == second["job_id"] == "j-1"
    assert "attempt" not in first


def test_a_traceback_is_a_field_of_the_line() -> None:
    stream = io.StringIO()
    log.configure(stream)
    try:
        raise ValueError("inside")
    except ValueError as error:
        log.failure("It failed.", fault=error)
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["message"] == "It failed."
    assert "ValueError: inside" in json.loads(line)["traceback"]


def test_a_person_at_a_terminal_reads_sentences_without_tracebacks() -> None:
    stream = Terminal()
    log.configure(stream, job_id="j-1")
    log.event("audio opened", seconds=1.5)
    try:
        raise ValueError("inside")
    except ValueError as error:
        log.failure("It failed.", fault=error)
    first, second = stream.getvalue().splitlines()
    assert first.endswith("audio opened  seconds=1.5")
    assert second.endswith("error: It failed.")


ACTING = "calls/\x1b[2J\x9b2J\x7f\u202egnp.\u2066\u200f\u2028\ufeff\U000e0041é.mp3"


def test_what_a_terminal_or_reader_would_obey_is_escaped_in_every_line() -> None:
    lines = io.StringIO()
    log.configure(lines, source=ACTING)
    log.event(ACTING, uri=ACTING)
    (line,) = lines.getvalue().splitlines()
    assert line.isprintable()
    assert [json.loads(line)[field] for field in ("message", "uri", "source")] == [ACTING] * 3
    shown = Terminal()
    log.configure(shown)
    log.event(ACTING)
    (line,) = shown.getvalue().splitlines()
    assert line.isprintable()
    assert "calls/\\x1b[2J\\x9b2J\\x7f\\u202egnp." in line


def test_libraries_are_silent(capfd: pytest.CaptureFixture[str]) -> None:
    log.configure()
    logging.getLogger("some.library").error("noise")
    warnings.warn("more noise", stacklevel=1)
    assert capfd.readouterr() == ("", "")
