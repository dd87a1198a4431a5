"""What a reconciliation finds, so that its zeros mean something."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from runbooks.digest import Fact, failed_mail
from tests.faults.contents import Content, Expected
from tests.faults.journal import Journal
from tests.faults.reconciliation import Reconciliation, reconcile
from tests.faults.seen import Result, Seen

KEY = "calls/a.wav"
OLD = Content("wav", b"old", "alpha bravo", Expected.TRANSCRIPT)
NEW = Content("wav", b"new", "charlie delta", Expected.TRANSCRIPT)
TEXT = Content("text", b"text", "", Expected.FAILURE)
NOTHING = Seen({}, {}, {}, [], [], Counter())


def notice_of(*keys: str) -> str:
    """A mail on files without a transcript."""
    facts = [
        Fact(uri=f"s3://bucket/{key}", job_id="1", reason="", exit_codes=[], result=None, log=None, job="")
        for key in keys
    ]
    return failed_mail(facts)[1]


NOTICE = notice_of("other.wav", KEY)


def transcript_of(content: Content, text: str | None = None) -> Result:
    body = {"text": content.text if text is None else text, "source": {"etag": content.etag}}
    return Result(content.etag, body)


def transcribed(content: Content, text: str | None = None) -> Seen:
    return replace(NOTHING, transcripts={KEY: transcript_of(content, text)}, subtitles={KEY: content.etag})


def failed(content: Content, beside: Seen = NOTHING) -> Seen:
    return replace(beside, failures={(KEY, content.etag): Result(content.etag, {})})


def attempts(*exit_codes: int) -> dict[str, Any]:
    return {
        "jobId": "1",
        "status": "FAILED",
        "parameters": {"key": KEY, "etag": NEW.etag},
        "attempts": [
            {"container": {"exitCode": code}, "startedAt": 1, "stoppedAt": 2} for code in exit_codes
        ],
    }


def found(
    held: list[Content | None], seen: Seen, notices: list[str] | None = None, journal: Journal | None = None
) -> Reconciliation:
    return reconcile({KEY: held}, len(held), seen, notices or [], journal or Journal())


def test_a_transcript_of_the_current_version_is_in_order() -> None:
    assert found([OLD, NEW], transcribed(NEW)).problems == []


def test_an_announced_failure_is_in_order_also_beside_the_transcript_of_an_older_version() -> None:
    assert found([OLD, TEXT], failed(TEXT, transcribed(OLD)), [NOTICE]).problems == []


def test_a_mail_that_counts_more_files_than_it_names_may_mean_any() -> None:
    assert found([TEXT], failed(TEXT), [notice_of(*map(str, range(21)))]).problems == []
    assert found([TEXT], failed(TEXT), [notice_of(*map(str, range(20)))]).counts["unannounced"] == 1


def test_nothing_is_expected_of_what_was_deleted() -> None:
    assert found([OLD, None], NOTHING).problems == []
    assert found([OLD, None], transcribed(OLD)).problems == []


@pytest.mark.parametrize(
    ("problem", "held", "seen", "notices"),
    [
        ("lost", [NEW], NOTHING, []),
        ("lost", [OLD, NEW], transcribed(OLD), []),
        ("lost", [OLD, NEW], failed(OLD), [NOTICE]),
        ("both", [NEW], failed(NEW, transcribed(NEW)), [NOTICE]),
        ("wrong", [NEW], transcribed(NEW, OLD.text), []),
        ("wrong", [OLD, None], transcribed(NEW), []),
        ("wrong", [TEXT], transcribed(TEXT), []),
        ("wrong", [OLD, NEW], replace(transcribed(NEW), subtitles={KEY: OLD.etag}), []),
        ("stale", [TEXT, NEW], failed(TEXT, transcribed(NEW)), [NOTICE]),
        ("unannounced", [NEW], failed(NEW), [notice_of(f"other/{KEY}.mp3")]),
        ("strays", [NEW], replace(transcribed(NEW), strays=["transcripts/x"]), []),
        (
            "strays",
            [NEW],
            replace(transcribed(NEW), transcripts={KEY: transcript_of(NEW), "x": transcript_of(OLD)}),
            [],
        ),
    ],
)
def test_what_must_not_be_is_found(
    problem: str, held: list[Content | None], seen: Seen, notices: list[str]
) -> None:
    reconciliation = found(held, seen, notices)
    assert reconciliation.counts[problem] == 1
    assert repr(KEY) in "".join(reconciliation.problems) or problem == "strays"


def test_an_attempt_that_ends_badly_by_itself_is_found() -> None:
    seen = replace(transcribed(NEW), jobs=[attempts(1, 0)])
    assert found([NEW], seen).counts["unexplained"] == 1
    journal = Journal()
    journal.note("killed", "1", 1)
    assert found([NEW], seen, journal=journal).problems == []
    assert found([OLD, NEW], seen).problems == []


def test_the_report_counts_everything() -> None:
    journal = Journal()
    journal.note("killed", "1", 1)
    report = str(found([NEW], NOTHING, journal=journal))
    assert "lost                           1" in report
    assert "killed                         1" in report
    assert f"lost: {KEY!r}" in report
