"""Against emulated S3 over HTTP, with IAM enforced."""

import io
import json
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from emulator.cloud import LocalCloud
from transcriber.errors import FaultError, TemporaryFailureError, UnusableInputError, UsageError
from transcriber.storage import (
    NOTHING,
    ConditionFailedError,
    SourceVersion,
    Storage,
    open_destination,
    open_source,
)
from transcriber.storage.range_prefetch import CHUNK_BYTES

KEYS = [
    "plain.mp3",
    "with space.mp3",
    "a+b=c&d.mp3",
    "quote'\"`.mp3",
    "-dash.mp3",
    "Grüße/日本語 🎙.mp3",
    "percent%20%2F.mp3",
    "question?mark#hash;semi,comma.mp3",
    "back\\slash{}[]^|~<>*$@!.mp3",
    "k" * 1024,
    "/leading slash.mp3",
    "double//slash.mp3",
    "../up/./and/../down.mp3",
]


@pytest.mark.parametrize("key", KEYS)
def test_any_legal_key_is_read_and_written(key: str, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=b"12345")
    source = open_source(f"s3://{bucket}/{key}")
    version = source.version()
    assert source.name == key
    assert version.size_bytes == 5
    with source.open(version) as file:
        assert file.read() == b"12345"
    destination = open_destination(f"s3://{bucket}")
    destination.write(key, io.BytesIO(b"result"), "text/plain", version.etag, destination.look(key))
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"result"
    assert destination.look(key).source_etag == version.etag


def test_a_large_object_is_read_in_ranges_from_anywhere(s3: Any, bucket: str) -> None:
    content = bytes(range(256)) * (CHUNK_BYTES // 256) + b"the end"
    s3.put_object(Bucket=bucket, Key="a", Body=content)
    source = open_source(f"s3://{bucket}/a")
    with source.open(source.version()) as file:
        assert file.seek(-7, io.SEEK_END) == CHUNK_BYTES
        assert file.read() == b"the end"
        assert file.read() == b""
        file.seek(1000)
        assert file.read(300) == content[1000:1300]
        file.seek(0)
        assert file.read() == content
        with pytest.raises(OSError, match="before the start"):
            file.seek(-1)


def test_an_object_that_is_replaced_while_it_is_read_is_not_mixed_up(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x" * (CHUNK_BYTES + 10))
    source = open_source(f"s3://{bucket}/a")
    with source.open(source.version()) as file:
        file.read(10)
        s3.put_object(Bucket=bucket, Key="a", Body=b"y" * (CHUNK_BYTES + 10))
        with pytest.raises(TemporaryFailureError, match="replaced"):
            file.read()


def test_an_object_that_is_gone_can_never_be_transcribed(s3: Any, bucket: str) -> None:
    with pytest.raises(
        UnusableInputError, match=f"s3://{bucket}/gone.mp3: there is no such object; was it del"
    ):
        open_source(f"s3://{bucket}/gone.mp3").version()
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    source = open_source(f"s3://{bucket}/a")
    version = source.version()
    s3.delete_object(Bucket=bucket, Key="a")
    with source.open(version) as file, pytest.raises(UnusableInputError, match="no such object"):
        file.read()


def test_a_result_says_what_it_is_and_what_it_was_made_from(s3: Any, bucket: str) -> None:
    destination = open_destination(f"s3://{bucket}/transcripts/")
    destination.prepare()
    assert destination.look("calls/a.mp3.json").source_etag is None
    destination.write("calls/a.mp3.json", io.BytesIO(b"{}"), "application/json", "abc", NOTHING)
    assert destination.look("calls/a.mp3.json").source_etag == "abc"
    assert destination.uri("calls/a.mp3.json") == f"s3://{bucket}/transcripts/calls/a.mp3.json"
    head = s3.head_object(Bucket=bucket, Key="transcripts/calls/a.mp3.json")
    assert head["ContentType"] == "application/json"
    assert head["Metadata"] == {"source-etag": "abc"}


def test_a_destination_is_a_folder_with_or_without_a_slash() -> None:
    assert open_destination("s3://bucket/out").uri("a.json") == "s3://bucket/out/a.json"
    assert open_destination("s3://bucket").uri("/a.json") == "s3://bucket//a.json"


def test_a_key_with_prefix_has_1024_bytes_at_most() -> None:
    destination = open_destination("s3://bucket/out/")
    assert destination.fits("é" * 510)
    assert not destination.fits("é" * 510 + "a")


@pytest.mark.usefixtures("s3")
def test_a_missing_bucket_for_results_is_wrong_use() -> None:
    destination = open_destination(f"s3://missing-{uuid.uuid4()}/")
    with pytest.raises(UsageError, match="no such bucket"):
        destination.prepare()
    with pytest.raises(UsageError, match="no such bucket"):
        destination.write("a.json", io.BytesIO(b"{}"), "application/json", "abc", NOTHING)


@pytest.mark.usefixtures("s3")
def test_what_is_no_bucket_name_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="not a place in S3"):
        open_source("s3://not a bucket/key").version()


def test_denied_access_is_a_fault_that_names_the_permission(
    cloud: LocalCloud, bucket: str, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    iam, name = cloud.client("iam"), f"user-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    allowed = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=name, PolicyName="list", PolicyDocument=policy)
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    source = open_source(f"s3://{bucket}/a")
    with source.open(source.version()) as file, pytest.raises(FaultError, match="role needs s3:GetObject"):
        file.read()
    with pytest.raises(FaultError, match="access denied; the job's role needs s3:PutObject"):
        open_destination(f"s3://{bucket}/out/").write(
            "a.json", io.BytesIO(b"{}"), "application/json", "abc", NOTHING
        )


def test_no_credentials_are_a_fault(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", "/nonexistent")
    with pytest.raises(FaultError, match="no AWS credentials"):
        open_source("s3://bucket/a").version()


def test_an_endpoint_that_does_not_answer_may_answer_later(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(TemporaryFailureError, match="s3://bucket/a: S3 can't be reached"):
            open_source("s3://bucket/a").version()


def test_an_endpoint_that_is_no_url_is_wrong_use(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    with pytest.raises(UsageError, match="AWS_ENDPOINT_URL"):
        open_source("s3://bucket/a")


class CutOff(BaseHTTPRequestHandler):
    """S3 with one object, whose answers end after ``most_bytes`` though they promise more."""

    content = bytes(range(256)) * 4096
    most_bytes = len(content)
    ranges: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.ranges.append(asked)
        first, last = (int(number) for number in asked.removeprefix("bytes=").split("-"))
        self.send_response(206)
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(self.content[first : last + 1][: self.most_bytes])

    def log_message(self, format: str, *arguments: object) -> None:
        return


class Expired(BaseHTTPRequestHandler):
    """S3 as it answers old credentials."""

    def do_GET(self) -> None:
        body = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
        self.send_response(400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        return


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        yield
        server.shutdown()
        thread.join()


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[CutOff]]:
    CutOff.ranges.clear()
    with serving(CutOff, monkeypatch):
        yield CutOff


def test_expired_credentials_may_be_new_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serving(Expired, monkeypatch),
        open_source("s3://recordings/a").open(SourceVersion("e", 1)) as file,
        pytest.raises(TemporaryFailureError, match="credentials have expired"),
    ):
        file.read()


def test_an_answer_that_breaks_off_is_taken_up_where_it_ended(cut_off: type[CutOff]) -> None:
    cut_off.most_bytes = 600_000
    size = len(cut_off.content)
    with open_source("s3://recordings/a").open(SourceVersion("e", size)) as file:
        assert file.read() == cut_off.content
    assert cut_off.ranges == [f"bytes=0-{size - 1}", f"bytes=600000-{size - 1}"]


def test_answers_that_always_break_off_may_not_later(cut_off: type[CutOff]) -> None:
    cut_off.most_bytes = 1000
    source = open_source("s3://recordings/a").open(SourceVersion("e", len(cut_off.content)))
    with source as file, pytest.raises(TemporaryFailureError, match="S3 can't be reached"):
        file.read()
    assert len(cut_off.ranges) == 3


def test_conditions_hold_for_each_thread_that_shares_the_client(s3: Any, bucket: str) -> None:
    names = [f"{number}.json" for number in range(64)]
    there = set(names[::2])
    for name in there:
        s3.put_object(Bucket=bucket, Key=name, Body=b"another one")
    destination = Storage().destination(f"s3://{bucket}/")

    def refused(name: str) -> bool:
        try:
            destination.write(name, io.BytesIO(b"{}"), "application/json", "e", NOTHING)
        except ConditionFailedError:
            return True
        return False

    with ThreadPoolExecutor(8) as pool:
        assert {name for name, each in zip(names, pool.map(refused, names), strict=True) if each} == there
