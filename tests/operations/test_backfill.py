"""Recordings that exist already become jobs: each once, and none that has an outcome."""

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import pytest

from emulator.cloud import LocalCloud
from operations.backfill.capacity import Capacity
from operations.backfill.estimate import Amounts, Estimate
from operations.backfill.pace import Pace
from operations.backfill.progress import PROGRESS_FOLDER
from operations.backfill.run import submit_all
from operations.backfill.sources import BucketListing, Selection
from operations.backfill.submitters import ListJobs
from operations.backfill.verdicts import MOST_LIST_REQUESTS, Verdict, list_existing
from operations.outcomes import ResultFolder
from operations.stack import Stack
from tests.emulator.batch_account import BatchAccount, python, unique
from tests.operations.commands import run_command

AWKWARD = "calls/it's \x1b[2J é +&%.mp3"


@dataclass
class Place:
    """A stack with lists, its buckets and what was submitted."""

    cloud: LocalCloud
    account: BatchAccount
    outputs: dict[str, str]
    etags: dict[str, str] = field(default_factory=dict)

    @property
    def s3(self) -> Any:
        return self.cloud.client("s3")

    def put(self, *keys: str, bucket: str = "inputBucket") -> None:
        for key in keys:
            etag = self.s3.put_object(Bucket=self.outputs[bucket], Key=key, Body=key.encode())["ETag"]
            self.etags[key] = etag.strip('"')

    def put_result(self, name: str, etag: str) -> None:
        metadata = {"source-etag": etag}
        self.s3.put_object(Bucket=self.outputs["outputBucket"], Key=name, Body=b"{}", Metadata=metadata)

    def run(self, *options: str, exit_code: int = 0, **outputs: str) -> str:
        ended = run_command(
            "operations.backfill",
            *options,
            given={**self.outputs, **outputs},
            environment=self.cloud.client_environment(),
        )
        assert ended.returncode == exit_code, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        return ended.stdout + ended.stderr

    def submitted(self) -> Counter[str]:
        """How often each key was submitted, by itself or in a manifest."""
        jobs = [self.account.job(each["jobId"]) for each in self.account.jobs(self.outputs["jobQueue"])]
        keys: Counter[str] = Counter()
        for parameters in (job["parameters"] for job in jobs):
            if "manifest" in parameters:
                keys.update(line["key"] for line in self.manifest(parameters["manifest"]))
            else:
                keys[parameters["key"]] += 1
        return keys

    def manifest(self, uri: str) -> list[dict[str, Any]]:
        place = ResultFolder.from_uri(uri)
        body = self.s3.get_object(Bucket=place.bucket, Key=place.prefix)["Body"].read()
        return [json.loads(line) for line in body.splitlines()]

    def kept_positions(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.outputs["outputBucket"], Prefix=PROGRESS_FOLDER)
        return [each["Key"] for each in listed.get("Contents", [])]


def counted(printed: str, label: str) -> int:
    """What the last line with ``label`` counts."""
    *_, line = (line for line in printed.splitlines() if line.startswith(f"{label}  "))
    return int(line[16:28].replace(",", ""))


@pytest.fixture
def place(cloud: LocalCloud) -> Iterator[Place]:
    account, s3 = BatchAccount(cloud), cloud.client("s3")
    buckets = {name: unique(name.lower()) for name in ("inputBucket", "outputBucket", "extraInputBuckets")}
    for bucket in buckets.values():
        s3.create_bucket(Bucket=bucket)
    environment = {
        "TRANSCRIBER_FAILURES": f"s3://{buckets['outputBucket']}/failures/",
        "TRANSCRIBER_FORMATS": "json",
        "TRANSCRIBER_MODE": "auto",
    }
    container = {"environment": [{"name": name, "value": value} for name, value in environment.items()]}
    command = [*python("pass"), f"s3://{buckets['outputBucket']}/transcripts/"]
    place = Place(
        cloud,
        account,
        {
            **buckets,
            "deadLetterQueue": "none",
            "jobQueue": account.queue(),
            "jobDefinition": account.definition(command, container=container),
            "listJobDefinition": account.definition(python("pass")),
        },
    )
    yield place
    for each in account.jobs(place.outputs["jobQueue"]):
        account.finished(each["jobId"])


def test_recordings_become_lists_and_those_with_an_outcome_are_left_out(place: Place) -> None:
    place.put("calls/a.mp3", "calls/a.mp3-2.wav", AWKWARD, "calls/done.mp3", "calls/changed.mp3")
    place.put("calls/failed.mp3", "calls/notes.txt", "other/b.mp3")
    place.put_result("transcripts/calls/done.mp3.json", place.etags["calls/done.mp3"])
    place.put_result("transcripts/calls/changed.mp3.json", "0a")
    place.put_result("failures/calls/failed.mp3.json", place.etags["calls/failed.mp3"])

    printed = place.run("--prefix", "calls/", "--dry-run")
    assert counted(printed, "to submit") == 4
    assert "1 on 2 instances at most" in printed
    assert place.submitted() == Counter()

    printed = place.run("--prefix", "calls/")
    due = ["calls/a.mp3", "calls/a.mp3-2.wav", AWKWARD, "calls/changed.mp3"]
    assert place.submitted() == Counter(due)
    assert [counted(printed, label) for label in ("submitted", "jobs", "transcribed", "failed before")] == [
        *(4, 1, 1, 1)
    ]
    assert "\x1b" not in printed
    (job,) = place.account.jobs(place.outputs["jobQueue"])
    lines = place.manifest(place.account.job(job["jobId"])["parameters"]["manifest"])
    assert {line["key"]: line["etag"] for line in lines} == {key: place.etags[key] for key in due}
    assert {line["bucket"] for line in lines} == {place.outputs["inputBucket"]}
    assert {line["key"]: line["size"] for line in lines} == {key: len(key.encode()) for key in due}
    assert place.kept_positions() == []


def test_a_stack_without_lists_gets_a_job_for_each(place: Place) -> None:
    place.put("a.mp3", "b.mp3")
    printed = place.run(listJobDefinition="")
    assert place.submitted() == Counter(["a.mp3", "b.mp3"])
    assert counted(printed, "jobs") == 2


def test_what_is_under_way_in_a_list_or_alone_is_left_out(place: Place) -> None:
    place.put("listed.mp3", "alone.mp3", "due.mp3")
    waiting = place.account.definition(python("import signal; signal.pause()"))
    recording = {"bucket": place.outputs["inputBucket"], "key": "listed.mp3"}
    line = {**recording, "etag": place.etags["listed.mp3"], "size": 10}
    place.s3.put_object(
        Bucket=place.outputs["outputBucket"], Key="manifests/x.jsonl", Body=json.dumps(line).encode()
    )
    parameters: list[Mapping[str, str]] = [
        {"manifest": f"s3://{place.outputs['outputBucket']}/manifests/x.jsonl"},
        {"manifest": f"s3://{place.outputs['outputBucket']}/manifests/expired.jsonl"},
        {**recording, "key": "alone.mp3", "etag": place.etags["alone.mp3"]},
    ]
    jobs = [place.account.submit(place.outputs["jobQueue"], waiting, parameters=each) for each in parameters]
    printed = place.run("--dry-run")
    for job in jobs:
        place.account.client.terminate_job(jobId=job, reason="the test ends")
        place.account.finished(job)
    assert (counted(printed, "under way"), counted(printed, "to submit")) == (2, 1)


def test_another_bucket_is_read_where_the_stack_allows_it(place: Place) -> None:
    place.put("old/a.mp3", "old/b.mp3", "old/taken.mp3", bucket="extraInputBuckets")
    place.put_result("transcripts/old/taken.mp3.json", "0b")
    other = place.outputs["extraInputBuckets"]
    printed = place.run("--bucket", other, extraInputBuckets="", exit_code=2)
    assert f"pulumi config set extraInputBuckets {other}" in printed
    printed = place.run("--bucket", other)
    assert (counted(printed, "submitted"), counted(printed, "name taken")) == (2, 1)
    assert place.submitted() == Counter(["old/a.mp3", "old/b.mp3"])


def test_a_limit_stops_it_and_the_same_command_goes_on(place: Place) -> None:
    keys = [f"{number:04}.mp3" for number in range(25)]
    place.put(*keys)
    printed = place.run("--limit", "10")
    assert "the same command goes on" in printed
    assert place.submitted() == Counter(keys[:10])
    assert len(place.kept_positions()) == 1
    printed = place.run("--rate", "50")
    assert "goes on after 0009.mp3" in printed
    assert place.submitted() == Counter(keys)
    assert place.kept_positions() == []


def test_an_inventory_is_read_in_place_of_the_bucket(place: Place) -> None:
    place.put(AWKWARD, "calls/b.mp3", "other/c.mp3", "calls/frozen.mp3")
    bucket, s3 = place.outputs["inputBucket"], place.s3
    columns = (
        "Bucket",
        "Key",
        "Size",
        "LastModifiedDate",
        "ETag",
        "IsLatest",
        "IsDeleteMarker",
        "StorageClass",
    )
    state = ("2026-01-01T00:00:00.000Z", "true", "false", "STANDARD")

    def row(key: str, time: str, latest: str, marker: str, kept: str) -> tuple[str, ...]:
        return (bucket, quote_plus(key), "7", time, place.etags[key], latest, marker, kept)

    files = [
        [row(AWKWARD, *state), row("calls/b.mp3", "2020-01-01T00:00:00.000Z", *state[1:])],
        [
            row("calls/b.mp3", state[0], "false", "false", "STANDARD"),
            row("calls/b.mp3", *state),
            row("calls/frozen.mp3", *state[:3], "DEEP_ARCHIVE"),
            row("other/c.mp3", *state),
        ],
    ]
    for number, rows in enumerate(files):
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
        s3.put_object(Bucket=bucket, Key=f"inv/{number}.csv.gz", Body=gzip.compress(text.getvalue().encode()))
    manifest = {
        "sourceBucket": bucket,
        "destinationBucket": f"arn:aws:s3:::{bucket}",
        "fileFormat": "CSV",
        "fileSchema": ", ".join(columns),
        "files": [{"key": f"inv/{number}.csv.gz", "size": 1} for number in range(2)],
    }
    s3.put_object(Bucket=bucket, Key="inv/manifest.json", Body=json.dumps(manifest).encode())
    options = ("--inventory", f"s3://{bucket}/inv/manifest.json", "--newer-than", "2025-01-01")
    printed = place.run(*options, "--prefix", "calls/", "--limit", "1")
    assert place.submitted() == Counter([AWKWARD])
    printed = place.run(*options, "--prefix", "calls/")
    assert "goes on after 0:0" in printed
    assert counted(printed, "archived") == 1
    assert place.submitted() == Counter([AWKWARD, "calls/b.mp3"])

    s3.put_object(Bucket=bucket, Key="inv/manifest.json", Body=b"[]")
    assert "is not the manifest of an S3 Inventory" in place.run(*options, exit_code=2)
    manifest["fileSchema"] = "Bucket, Key"
    s3.put_object(Bucket=bucket, Key="inv/manifest.json", Body=json.dumps(manifest).encode())
    assert "lacks Size, ETag" in place.run(*options, exit_code=2)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--rate", "51"), "above 0 and up to 50"),
        (("--rate", "nan"), "above 0 and up to 50"),
        (("--limit", "0"), "not a whole number from 1 on"),
        (("--newer-than", "soon"), "'soon' is not a date"),
    ],
)
def test_wrong_options_are_refused(option: tuple[str, str], message: str) -> None:
    ended = run_command("operations.backfill", *option, given="", environment={})
    assert ended.returncode == 2
    assert message in ended.stderr


def test_a_run_that_breaks_keeps_its_position_and_leaves_none_out(place: Place) -> None:
    keys = [f"{number:03}.mp3" for number in range(12)]
    place.put(*keys)

    class BrokenError(Exception):
        pass

    class Breaking:
        """Ends after two lists, as Ctrl-C or a lost connection would."""

        most_files = 4

        def __init__(self) -> None:
            self.groups: list[list[str]] = []
            self.most = 2

        def submit(self, group: Any) -> str:
            if len(self.groups) == self.most:
                raise BrokenError
            self.groups.append([each.recording.key for each in group])
            return "job"

    class Kept:
        position = ""

        def keep(self, position: str) -> None:
            self.position = position

        def remove(self) -> None:
            self.position = ""

    class AllDue:
        def look(self, page: Any) -> list[Any]:
            return [Verdict.DUE] * len(page)

    submitter, kept = Breaking(), Kept()
    source = BucketListing(place.s3, place.outputs["inputBucket"], "")

    def go_on() -> None:
        pace = Pace(50, 1000, lambda _most: 0, clock=lambda: 0.0, sleep=lambda _seconds: None)
        selection, looker = Selection("", (".mp3",)), AllDue()
        submit_all(
            source,
            selection,
            looker,
            submitter,
            pace,
            kept,  # type: ignore[arg-type]
            after=kept.position,
            limit=None,
            say=lambda _line: None,
        )

    with pytest.raises(BrokenError):
        go_on()
    assert kept.position == "007.mp3"
    submitter.most = 9
    go_on()
    assert [key for group in submitter.groups for key in group] == keys
    assert kept.position == ""


def test_jobs_wait_for_their_turn_and_for_room_in_the_queue() -> None:
    now = 0.0
    slept: list[float] = []
    waiting = iter([3, 3, 1])

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    pace = Pace(10, 3, lambda _most: next(waiting), clock=lambda: now, sleep=sleep)
    pace.wait()
    assert slept == [15, 15]
    pace.wait()
    assert slept[2:] == [pytest.approx(0.1)]


def test_results_are_found_by_listing_or_not_at_all(place: Place) -> None:
    folder = ResultFolder(place.outputs["outputBucket"], "t/")
    place.put_result("t/a.mp3.json", "1")
    place.put_result("t/a.mp3.srt", "1")
    place.put_result("t/a.mp3-2.wav.json", "1")
    names = ["a.mp3.json", "a.mp3-2.wav.json", "a.mp3-1.wav.json"]
    assert list_existing(place.s3, folder, names) == {"a.mp3.json", "a.mp3-2.wav.json"}
    assert list_existing(place.s3, folder, []) == frozenset()


class ManyResults:
    """A listing that never comes to the last name."""

    def get_paginator(self, _name: str) -> "ManyResults":
        return self

    def paginate(self, **_options: str) -> Iterator[dict[str, Any]]:
        self.requests = 0
        while True:
            self.requests += 1
            yield {"Contents": [{"Key": "t/b"}]}


def test_too_many_other_results_end_the_listing() -> None:
    s3 = ManyResults()
    assert list_existing(s3, ResultFolder("out", "t/"), ["a", "z"]) is None
    assert s3.requests == MOST_LIST_REQUESTS


def test_an_estimate_follows_from_sizes_and_the_limits_of_the_stack() -> None:
    amounts = Amounts()
    for _ in range(1000):
        amounts.add("calls/a.MP3", 12_000 * 180)
    lists, singles = Estimate.of(amounts, 500), Estimate.of(amounts, 1)
    assert (lists.files, lists.audio_hours, lists.jobs, singles.jobs) == (1000, 50, 5, 1000)
    assert singles.job_hours > 5 * lists.job_hours
    capacity = Capacity(64, "g6.xlarge", is_spot=False)
    assert capacity.instances_at_once == 16
    cheap = Capacity(64, "g6.xlarge", is_spot=True)
    assert (lists.usd(cheap) or 0) < (lists.usd(capacity) or 0) < (singles.usd(capacity) or 0)
    assert lists.usd(Capacity(64, "p5.48xlarge", is_spot=False)) is None
    slow = singles.wall_hours(Capacity(10_000, "g6.xlarge", is_spot=False), jobs_per_second=1)
    assert slow > 1000 / 3600
    assert Estimate.of(Amounts(), 500).wall_hours(capacity, 25) == 0


def test_lists_name_their_manifest_by_its_content(place: Place) -> None:
    place.put("a.mp3", "b.mp3")
    jobs = ListJobs(
        place.s3,
        place.account.client,
        Stack.from_outputs(place.outputs),
        place.outputs["listJobDefinition"],
        place.outputs["outputBucket"],
    )
    (page,) = BucketListing(place.s3, place.outputs["inputBucket"], "").pages("")
    for _ in range(2):
        jobs.submit(page)
    listed = place.s3.list_objects_v2(Bucket=place.outputs["outputBucket"], Prefix="manifests/")["Contents"]
    assert len(listed) == 1
