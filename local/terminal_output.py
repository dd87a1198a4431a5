"""Print what the commands show: live tables on a terminal, lines elsewhere."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from local.recordings import Result, Transcription
from operations.ignored import IgnoredUploads
from operations.terminal import printable

FIRST_WORDS = 6
FIRST_CHARACTERS = 400
"""How much of a text is printed. An hour of speech has fifty times as much."""

STATES = {
    "": "waiting for its event",
    "SUBMITTED": "submitted",
    "PENDING": "waiting for another job",
    "RUNNABLE": "queued",
    "STARTING": "starting",
    "RUNNING": "transcribing",
    "SUCCEEDED": "transcribed",
    "FAILED": "failed",
}


def show_outputs(console: Console, outputs: dict[str, str]) -> None:
    """Print the stack's exports."""
    table = Table.grid(padding=(0, 2))
    for name, value in outputs.items():
        table.add_row(Text(f"  {name}", style="bold"), Text(printable(str(value)), overflow="fold"))
    console.print(table)


def show_ignored(console: Console, ignored: IgnoredUploads) -> None:
    """Print how many uploads started no job, by suffix; print nothing if there are none."""
    if not ignored.counts:
        return
    console.print("\nIgnored uploads, as their names are not those of recordings:")
    for line in ignored.lines():
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def show_progress(console: Console, looks: Iterable[list[Transcription]]) -> list[Transcription]:
    """Show each of ``looks``, live on a terminal and one line a change elsewhere; return the last."""
    if not console.is_terminal:
        return _print_changes(console, looks)
    last: list[Transcription] = []
    with Live(console=console, refresh_per_second=10, transient=True) as live:
        spinners: dict[str, Spinner] = {}
        for last in looks:
            live.update(_progress_table(console, last, spinners))
    return last


def show_result(console: Console, transcription: Transcription, result: Result) -> None:
    """Print the result of one recording: text and times of the first words, or why it failed."""
    key = printable(transcription.upload.key)
    if result.transcript is None:
        console.print(Text.assemble((f"{_bad(console)} ", "red"), (key, "bold"), ("  no transcript", "red")))
        _print_detail(console, printable(result.failure or ""), style="red")
    else:
        console.print(
            Text.assemble((f"{_good(console)} ", "green"), (key, "bold"), _figures(result.transcript))
        )
        _print_detail(console, printable(_first_text(result.transcript)), style="default")
        if words := _first_words(result.transcript):
            _print_detail(console, printable(words), style="cyan")
    attempts = len(transcription.job.get("attempts", [])) or 1
    path = (" -> " if console.options.ascii_only else " → ").join(transcription.states)
    _print_detail(console, f"{path}, {attempts} attempt{'s' if attempts > 1 else ''}")
    _print_detail(console, printable(result.uri))
    if result.files:
        _print_detail(console, _file_list(result.files))
    if result.not_copied:
        _print_detail(console, printable(result.not_copied), style="red")
    console.print()


def show_jobs(console: Console, jobs: list[dict[str, Any]]) -> None:
    """Print the jobs of the queue, oldest first."""
    table = Table(box=None, padding=(0, 2), header_style="bold")
    for heading in ("recording", "state", "attempts", "ran", "job"):
        table.add_column(heading, overflow="fold")
    for job in jobs:
        style = {"SUCCEEDED": "green", "FAILED": "red"}.get(job["status"], "yellow")
        key = printable(job.get("parameters", {}).get("key", job["jobName"]))
        table.add_row(
            Text(key),
            Text(STATES[job["status"]], style=style),
            str(len(job.get("attempts", []))),
            _duration(job),
            job["jobId"],
        )
    console.print(table)


def _print_changes(console: Console, looks: Iterable[list[Transcription]]) -> list[Transcription]:
    shown: dict[str, str] = {}
    last: list[Transcription] = []
    for last in looks:
        for each in last:
            state = _state(each)
            if shown.get(each.upload.key) != state:
                shown[each.upload.key] = state
                console.print(Text(f"  {printable(each.upload.key)}: {state}"))
    return last


def _progress_table(
    console: Console, transcriptions: list[Transcription], spinners: dict[str, Spinner]
) -> Table:
    table = Table.grid(padding=(0, 2))
    for each in transcriptions:
        key = each.upload.key
        mark: Text | Spinner = (
            Text(_good(console), style="green")
            if each.status == "SUCCEEDED"
            else Text(_bad(console), style="red")
        )
        if not each.ended:
            mark = spinners.setdefault(key, Spinner("line" if console.options.ascii_only else "dots"))
        table.add_row(mark, Text(printable(key), style="bold"), _state(each), _duration(each.job))
    return table


def _state(transcription: Transcription) -> str:
    state = STATES[transcription.status]
    return state if transcription.percent is None else f"{state}, {transcription.percent:.0f} %"


def _good(console: Console) -> str:
    return "+" if console.options.ascii_only else "✔"


def _bad(console: Console) -> str:
    return "x" if console.options.ascii_only else "✘"


def _first_text(transcript: dict[str, Any]) -> str:
    """Return a text, or its beginning and its length if it is long."""
    text = str(transcript["text"]) or "(no speech in it)"
    if len(text) <= FIRST_CHARACTERS:
        return text
    beginning = text[:FIRST_CHARACTERS].rpartition(" ")[0]
    return f"{beginning} ... ({len(text.split()):,} words in all)"


def _duration(job: dict[str, Any]) -> str:
    if "startedAt" not in job or "stoppedAt" not in job:
        return ""
    return f"{(job['stoppedAt'] - job['startedAt']) / 1000:.1f} s"


def _figures(transcript: dict[str, Any]) -> Text:
    duration = transcript["source"]["duration_seconds"]
    processing = transcript["processing"]
    return Text(
        f"  {duration:.1f} s of audio; job {processing['total_seconds']:.1f} s,"
        f" of which recognition {processing['inference_seconds']:.1f} s",
        style="dim",
    )


def _first_words(transcript: dict[str, Any]) -> str:
    words = [word for segment in transcript["segments"] for word in segment["words"]]
    shown = "  ".join(f"{word['start']:.2f} {word['word']}" for word in words[:FIRST_WORDS])
    return f"{shown}  ..." if len(words) > FIRST_WORDS else shown


def _file_list(files: list[Path]) -> str:
    """Return the path of the first file and the suffixes of the others."""
    first, *others = files
    shown = first.relative_to(Path.cwd()) if first.is_relative_to(Path.cwd()) else first
    recording = first.name.removesuffix(first.suffix)
    return printable(" ".join([str(shown), *(other.name.removeprefix(recording) for other in others)]))


def _print_detail(console: Console, text: str, style: str = "dim") -> None:
    console.print(Padding(Text(text, style=style, overflow="fold"), (0, 0, 0, 2), expand=False))
