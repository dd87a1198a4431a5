"""The texts of mails about jobs. Pure functions.

Text that an uploader chose is shown so that nobody takes it for the service's own text or clicks on it.
"""

import re
from typing import TypedDict

from transcriber.outcomes import FAILURES_FOLDER

MOST_SHOWN = 20
"""The most files that one mail names. It counts the others."""

LONGEST_REASON = 500
SUBJECT_LIMIT = 100
"""The longest subject that SNS accepts, in ASCII characters."""

LINK_PARTS = re.compile(r"(?<=\S)[.\u3002\uff0e\uff61](?=\S)|@|:(?=//)")
"""What mail programs turn into links: dots within words, also of other scripts; at signs; schemes."""

NO_REPORT = "nothing yet; reconcile finds it"
LEGEND = "Names and reasons hold text of uploaders: [.] is a dot, \\x.. or \\u.... what can't be printed."


class Fact(TypedDict):
    """What is known about a file and its job."""

    uri: str
    job_id: str
    reason: str
    exit_codes: list[int | None]
    """One for each attempt; None if the attempt had none."""

    result: str | None
    """The URI of its failure report or transcript."""

    log: str | None
    """The console address of the log of the last attempt."""

    job: str
    """The console address of the job."""


def safe(text: str) -> str:
    """Return ``text`` on one line, with escapes for characters that cannot be printed, and without links."""
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape", "surrogatepass").decode()
        for each in text
    )
    return LINK_PARTS.sub(lambda found: f"[{found[0]}]", shown)


def failed_mail(facts: list[Fact]) -> tuple[str, str]:
    """Return subject and text of a mail about files without a transcript."""
    title = f"{_files(facts)} {'has' if len(facts) == 1 else 'have'} no transcript"
    lines = [f"{title}.", LEGEND]
    for number, fact in enumerate(facts[:MOST_SHOWN], start=1):
        codes = ", ".join("none" if code is None else str(code) for code in fact["exit_codes"])
        lines += [
            "",
            f"{number}. {safe(fact['uri'])}",
            f"Reason: {safe(fact['reason'][:LONGEST_REASON])}",
            f"Exit codes, one a try: {codes or 'none'}",
            f"Failure report: {safe(fact['result']) if fact['result'] else NO_REPORT}",
            *([f"Log: {fact['log']}"] if fact["log"] else []),
            f"Job: {fact['job']}",
        ]
    return title, _text(
        lines, facts, f"Their failure reports are under {FAILURES_FOLDER} in the output bucket."
    )


def finished_mail(facts: list[Fact]) -> tuple[str, str]:
    """Return subject and text of a mail about files with a transcript."""
    title = f"{_files(facts)} {'was' if len(facts) == 1 else 'were'} transcribed"
    lines = [f"{title}.", LEGEND]
    for number, fact in enumerate(facts[:MOST_SHOWN], start=1):
        lines += ["", f"{number}. {safe(fact['uri'])}", f"Transcript: {safe(fact['result'] or '')}"]
    return title, _text(lines, facts, "Their transcripts are in the output bucket.")


def blocked_mail(facts: list[Fact]) -> tuple[str, str]:
    """Return subject and text of a mail about a queue in which no job starts, from its first job."""
    last = facts[-1]
    lines = [
        f"No transcription can start: {safe(last['reason'][:LONGEST_REASON])}",
        LEGEND,
        "",
        f"First in line: {safe(last['uri'])}",
        f"Job: {last['job']}",
    ]
    return "No transcription can start", "\n".join(lines)


def _files(facts: list[Fact]) -> str:
    return "1 file" if len(facts) == 1 else f"{len(facts):,} files"


def _text(lines: list[str], facts: list[Fact], where: str) -> str:
    more = len(facts) - MOST_SHOWN
    return "\n".join([*lines, "", f"And {more:,} more. {where}"] if more > 0 else lines)
