"""What users did, held against what there is: a pure comparison, and its report."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from runbooks.digest import safe
from tests.faults.contents import Content, Expected
from tests.faults.journal import Journal
from tests.faults.seen import CRASH, Seen
from tests.faults.stories import expected_of

_MORE = "more"
_NAMED = re.compile(r"\d+\. s3\[:\]//[^/]+/(.*)")
_COUNTED = re.compile(r"And [\d,]+ more\.")
"""How a mail names a file, and how it counts those that it does not name."""

LONGEST_AFFIXES_BYTES = len("transcripts/.json")


@dataclass
class Reconciliation:
    """Counts, and a sentence for each thing that must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def found(self, problem: str, key: str, what: str) -> None:
        """Write down what must not be."""
        self.counts[problem] += 1
        self.problems.append(f"{problem}: {key!r}: {what}")

    def __str__(self) -> str:
        rows = [f"  {name:24}{self.counts[name]:>8,}" for name in COUNTED]
        rows += ["faults injected:"]
        rows += [f"  {name:24}{count:>8,}" for name, count in sorted(self.faults.items())]
        return "\n".join(["found:", *rows, *self.problems])


COUNTED = (
    *("uploads", "recordings", "deleted", "transcripts", "failures"),
    *("lost", "both", "wrong", "stale", "unexplained", "unannounced", "strays"),
    *("jobs", "attempts", "crashes", "jobs failed", "duplicates of work", "already there", "superseded"),
    "notices",
)
"""What a report counts. The second row must be zeros."""


def reconcile(
    versions: dict[str, list[Content | None]], uploads: int, seen: Seen, notices: list[str], journal: Journal
) -> Reconciliation:
    """Compare each key's current version with what became of it.

    Args:
        versions: what each key held, the oldest first, None where it was deleted.
        uploads: how many objects were made.
        seen: what is there now.
        notices: what operators were told.
        journal: what was done to the pipeline.
    """
    found = Reconciliation(faults=journal.kinds)
    counts = found.counts
    counts["uploads"] = uploads
    counts["recordings"] = sum(held[-1] is not None for held in versions.values())
    counts["deleted"] = sum(held[-1] is None for held in versions.values())
    counts["jobs"] = len(seen.jobs)
    counts["attempts"] = sum(len(job["attempts"]) for job in seen.jobs)
    counts["jobs failed"] = sum(job["status"] == "FAILED" for job in seen.jobs)
    counts["notices"] = len(notices)
    counts["already there"] = seen.messages["transcript exists"]
    counts["superseded"] = seen.messages["superseded"]
    counts["crashes"] = seen.messages[CRASH]
    told = _told(notices)
    for key, held in versions.items():
        _check_transcript(key, held, seen, found)
        current = held[-1]
        if current is not None:
            _check_outcome(key, current, seen, journal, found)
            if (key, current.etag) in seen.failures and not (_shown(key) in told or _MORE in told):
                found.found("unannounced", key, "no notice names it")
    for job in seen.jobs:
        _check_job(job, versions.get(job["parameters"]["key"], []), journal, found)
    for key in seen.transcripts.keys() - versions.keys():
        found.found("strays", key, "a transcript of what was never uploaded")
    for key in seen.strays:
        found.found("strays", key, "neither result nor failure")
    written = seen.messages["transcript written"] + seen.messages["no speech"]
    needed = len({(key, result.etag) for key, result in seen.transcripts.items()})
    counts["duplicates of work"] = max(0, written - needed)
    return found


def _told(notices: list[str]) -> set[str]:
    """Return the keys that notices name, as they show them, and `_MORE` if one does not name all."""
    lines = [line for notice in notices for line in notice.splitlines()]
    keys = {found[1] for line in lines if (found := _NAMED.fullmatch(line))}
    return keys | {_MORE for line in lines if _COUNTED.match(line)}


def _shown(key: str) -> str:
    return safe(f"/{key}")[1:]


def _check_transcript(key: str, held: list[Content | None], seen: Seen, found: Reconciliation) -> None:
    """Whatever transcript there is has the words of the version that it names."""
    transcript = seen.transcripts.get(key)
    if transcript is None:
        return
    of = {version.etag: version for version in held if version is not None}.get(transcript.etag or "")
    if of is None or transcript.body["source"]["etag"] != transcript.etag:
        found.found("wrong", key, f"a transcript of {transcript.etag}, which was never uploaded there")
    elif not of.is_text(transcript.body["text"]):
        found.found("wrong", key, f"{transcript.body['text']!r} instead of {of.text!r} ({of.kind})")


def _check_outcome(key: str, current: Content, seen: Seen, journal: Journal, found: Reconciliation) -> None:
    """The current version has a transcript or a failure, and one of them only."""
    transcript = seen.transcripts.get(key)
    is_transcribed = transcript is not None and transcript.etag == current.etag
    has_failed = (key, current.etag) in seen.failures
    found.counts["transcripts"] += is_transcribed
    found.counts["failures"] += has_failed
    if is_transcribed and has_failed:
        found.found("both", key, "a transcript and a failure")
    if not is_transcribed and not has_failed:
        ends = "; ".join(_ends(job, journal) for job in seen.jobs if _is_of(job, key, current)) or "no job"
        found.found("lost", key, f"neither transcript nor failure of this version ({current.kind}): {ends}")
    if is_transcribed and seen.subtitles.get(key) != current.etag:
        found.found("wrong", key, "subtitles of another version")
    if is_transcribed:
        for other in (etag for name, etag in seen.failures if name == key and etag != current.etag):
            found.found("stale", key, f"a failure of an older version ({other}) beside the transcript")


def _check_job(
    job: dict[str, Any], held: list[Content | None], journal: Journal, found: Reconciliation
) -> None:
    """An attempt ends badly only where something was done to it, or to its recording, or that is damaged."""
    key = job["parameters"]["key"]
    (current,) = held if len(held) == 1 else (None,)
    touched = current is None or expected_of(key, current, LONGEST_AFFIXES_BYTES) is not Expected.TRANSCRIPT
    for number, attempt in enumerate(job["attempts"], start=1):
        code = attempt["container"].get("exitCode")
        if code and not touched and not journal.explains(job["jobId"], number, attempt):
            found.found("unexplained", key, f"attempt {number} of job {job['jobId']} ended with {code}")


def _is_of(job: dict[str, Any], key: str, content: Content) -> bool:
    return (job["parameters"]["key"], job["parameters"]["etag"]) == (key, content.etag)


def _ends(job: dict[str, Any], journal: Journal) -> str:
    """Say how the attempts of a job ended, and what they had met."""
    return ", ".join(
        f"{attempt['container'].get('exitCode')} after {journal.faults_of(job['jobId'], number) or 'nothing'}"
        for number, attempt in enumerate(job["attempts"], start=1)
    )
