"""The function that collects uploads, called directly, on emulated SQS, S3 and Batch."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emulator.aws import Emulator
from emulator.batch.service import BatchService
from runbooks import collect
from runbooks.manifests import Upload, split
from tests.emulator.waiting import wait_for
from tests.runbooks.collection import Collection, batch_beside

KEY = 'Grüße/a b+&%41 \' "x".mp3'


@pytest.fixture(scope="module")
def batch(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BatchService]:
    with batch_beside(emulator, tmp_path_factory.mktemp("image")) as batch:
        yield batch


@pytest.fixture
def collection(batch: BatchService, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Collection]:
    for name, value in batch.cloud.client_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(collect, "SUBMIT_SECONDS", 0)
    return lambda **changes: Collection(batch, **changes)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([1] * 5, [2, 2, 1]),
        ([6, 4, 1, 20, 1], [2, 1, 1, 1]),
        ([], []),
        ([30], [1]),
    ],
)
def test_a_list_has_at_most_so_many_files_and_bytes(sizes: list[int], expected: list[int]) -> None:
    given = [Upload("b", str(number), "e", size) for number, size in enumerate(sizes)]
    found = list(split(given, 2, 10))
    assert [len(each) for each in found] == expected
    assert [upload for each in found for upload in each] == given


def test_uploads_become_lists_and_an_event_twice_is_one_line(collection: Callable[..., Collection]) -> None:
    found = collection(list_files=5)
    for number in range(9):
        found.upload(f"{number}.mp3")
    found.upload(KEY)
    found.upload(KEY)
    assert found.collect() == {"messages": 11, "lists": 2, "singles": 0, "ended_lists": 0, "errors": 0}
    assert found.waiting() == 0
    lists = found.lists()
    assert sorted(map(len, lists)) == [5, 5]
    lines = [line for each in lists for line in each]
    assert {line["key"] for line in lines} == {KEY, *(f"{number}.mp3" for number in range(9))}
    assert {"bucket": "recordings", "key": KEY, "etag": "e1", "size": 10} in lines
    assert all(job["status"] == "SUCCEEDED" for job in found.ended())


def test_one_upload_gets_the_job_that_it_gets_without_the_collector(
    collection: Callable[..., Collection],
) -> None:
    found = collection()
    found.upload(KEY)
    found.collect()
    (job,) = found.jobs()
    assert job["jobName"] == "transcribe"
    assert job["parameters"] == {"bucket": "recordings", "key": KEY, "etag": "e1"}
    assert "Contents" not in found.s3.list_objects_v2(Bucket=found.settings.output_bucket)


def test_what_a_list_leaves_over_gets_jobs_of_its_own(collection: Callable[..., Collection]) -> None:
    found = collection()
    for key in ("good.mp3", "bad.mp3", "fine.mp3", "bad too.mp3"):
        found.upload(key)
    found.collect()
    assert found.return_failed_lists(set()) == 1
    assert found.collect() == {"messages": 1, "lists": 0, "singles": 2, "ended_lists": 1, "errors": 0}
    assert found.singles() == {"bad.mp3", "bad too.mp3"}
    assert found.waiting() == 0


def test_the_transcript_of_an_older_upload_does_not_count(collection: Callable[..., Collection]) -> None:
    found = collection()
    found.upload("bad.mp3", etag="new")
    found.upload("other bad.mp3")
    found.s3.put_object(
        Bucket=found.settings.output_bucket,
        Key="transcripts/bad.mp3.json",
        Body=b"{}",
        Metadata={"source-etag": "old"},
    )
    found.s3.put_object(
        Bucket=found.settings.output_bucket,
        Key="transcripts/other bad.mp3.json",
        Body=b"{}",
        Metadata={"source-etag": "e1"},
    )
    found.collect()
    found.return_failed_lists(set())
    found.collect()
    assert found.singles() == {"bad.mp3"}


def test_a_recording_that_crashes_the_worker_ends_alone(
    collection: Callable[..., Collection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "SMALL_LIST_FILES", 4)
    found, told = collection(), set[str]()
    for number in range(16):
        found.upload(f"{'crash' if number == 5 else number}.mp3", size=number + 1)
    found.collect()
    while found.return_failed_lists(told):
        found.collect()
    stored = found.s3.list_objects_v2(Bucket=found.settings.output_bucket, Prefix="transcripts/")
    transcribed = {each["Key"] for each in stored["Contents"]}
    assert "crash.mp3" in found.singles()
    assert len(found.singles()) <= 4
    everything = {f"{'crash' if number == 5 else number}.mp3" for number in range(16)}
    assert found.singles() | {key[12:-5] for key in transcribed} == everything
    assert found.names()["transcribe-list"] <= 5


def test_what_batch_refuses_waits_for_the_next_run(collection: Callable[..., Collection]) -> None:
    found = collection()
    for key in ("a.mp3", "b.mp3"):
        found.upload(key)
    assert found.collect(job_queue="missing")["errors"] == 1
    assert found.waiting() == 2
    wait_for(lambda: found.collect()["lists"], 30)
    assert found.waiting() == 0
    assert len(found.lists()) == 1


def test_a_strange_message_keeps_no_upload_from_its_job(
    collection: Callable[..., Collection], capsys: pytest.CaptureFixture[str]
) -> None:
    found = collection()
    for body in ("no json", "[]", '{"detail": {"object": {"key": "a"}}}', '{"detail": {"jobId": "1"}}'):
        found.send(body)
    found.upload("a.mp3")
    counts = found.collect()
    assert counts["errors"] >= 4
    assert found.singles() == {"a.mp3"}
    assert found.waiting() == 4
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["level"] for line in lines} == {"error", "info"}


def test_a_lost_answer_makes_the_same_manifest_again(collection: Callable[..., Collection]) -> None:
    found = collection()
    for _ in range(2):
        for key in ("b.mp3", "a.mp3"):
            found.upload(key)
        found.collect()
    jobs: list[dict[str, Any]] = found.jobs()
    assert len(jobs) == 2
    assert len({job["parameters"]["manifest"] for job in jobs}) == 1


def test_the_handler_reads_its_settings_and_minds_the_time(
    collection: Callable[..., Collection], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Context:
        def __init__(self, milliseconds: int) -> None:
            self.milliseconds = milliseconds

        def get_remaining_time_in_millis(self) -> int:
            return self.milliseconds

    found = collection()
    for name, value in found.settings.environment().items():
        monkeypatch.setenv(name, value)
    found.upload("a.mp3")
    assert collect.handler({}, Context(-1000))["messages"] == 0
    wait_for(lambda: collect.handler({}, Context(60_000))["singles"], 30)
    assert found.singles() == {"a.mp3"}
