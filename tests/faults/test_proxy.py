"""Faults on the way to a real service, as its client sees them."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from emulator.aws import Emulator
from tests.faults.faults import CutOff, Refused, Reset, Strike
from tests.faults.proxy import Fault, Proxy, Request, Worker
from tests.faults.worker_faults import BUSY, EXPIRED

BUCKET = "recordings"
KEY = "../a b+c/=1&2 запись\n.mp3"
BODY = bytes(range(256)) * 100


@dataclass
class Next:
    """Lets requests meet one fault after the other, and keeps them."""

    faults: list[Fault | None] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def fault_of(self, request: Request) -> Fault | None:
        self.requests.append(request)
        return self.faults.pop(0) if self.faults else None


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(log_file=tmp_path_factory.mktemp("emulator") / "ministack.log") as emulator:
        yield emulator


@pytest.fixture
def faults(emulator: Emulator) -> Iterator[tuple[Next, Callable[..., Any]]]:
    upcoming = Next()
    with Proxy(emulator.endpoint, upcoming) as proxy:

        def client(tries: int, application: str = "") -> Any:
            return boto3.client(
                "s3",
                endpoint_url=proxy.endpoint,
                region_name="us-east-1",
                aws_access_key_id=emulator.credentials.access_key_id,
                aws_secret_access_key=emulator.credentials.secret_access_key,
                config=Config(
                    s3={"addressing_style": "path"},
                    retries={"mode": "standard", "total_max_attempts": tries},
                    user_agent_extra=application,
                ),
            )

        client(1).create_bucket(Bucket=BUCKET)
        client(1).put_object(Bucket=BUCKET, Key=KEY, Body=BODY)
        yield upcoming, client


def test_without_a_fault_it_changes_nothing(faults: tuple[Next, Callable[..., Any]]) -> None:
    _, client = faults
    s3 = client(1)
    assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == BODY
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["ContentLength"] == len(BODY)
    s3.put_object(Bucket=BUCKET, Key="large", Body=io.BytesIO(BODY * 50))
    assert s3.get_object(Bucket=BUCKET, Key="large", Range="bytes=0-99")["Body"].read() == BODY[:100]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=BUCKET, Key="large", Body=b"", IfNoneMatch="*")
    s3.delete_object(Bucket=BUCKET, Key="large")
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1


def test_it_knows_which_process_of_which_job_a_request_is_of(
    faults: tuple[Next, Callable[..., Any]],
) -> None:
    upcoming, client = faults
    job = "0f8fad5b-d9cb-469f-a165-70867728950e"
    client(1, f"app/{job}.2.4711").head_object(Bucket=BUCKET, Key=KEY)
    assert upcoming.requests[-1].worker == Worker(job, 2, 4711)
    assert upcoming.requests[-1].path == f"/{BUCKET}/{KEY}"
    client(1).put_object(Bucket=BUCKET, Key="new", Body=b"", IfNoneMatch="*")
    assert [(each.worker, each.is_conditional) for each in upcoming.requests[-1:]] == [(None, True)]
    client(1).delete_object(Bucket=BUCKET, Key="new")


def test_refusals_are_errors_of_s3(faults: tuple[Next, Callable[..., Any]]) -> None:
    upcoming, client = faults
    upcoming.faults = [Refused("503", BUSY)]
    with pytest.raises(ClientError, match="SlowDown"):
        client(1).get_object(Bucket=BUCKET, Key=KEY)
    upcoming.faults = [Refused("credentials expired", EXPIRED)]
    with pytest.raises(ClientError, match="ExpiredToken"):
        client(4).get_object(Bucket=BUCKET, Key=KEY)
    upcoming.faults = [Refused("503", BUSY)]
    assert client(2).get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == BODY


def test_a_cut_off_body_ends_before_its_length(faults: tuple[Next, Callable[..., Any]]) -> None:
    upcoming, client = faults
    upcoming.faults = [CutOff(0.5)]
    with pytest.raises(HTTPClientError):
        client(1).get_object(Bucket=BUCKET, Key=KEY)["Body"].read()


def test_a_lost_answer_is_of_a_request_that_arrived(faults: tuple[Next, Callable[..., Any]]) -> None:
    upcoming, client = faults
    upcoming.faults = [Reset(after=False), Reset(after=True)]
    for key in ("before", "after"):
        with pytest.raises(HTTPClientError):
            client(1).put_object(Bucket=BUCKET, Key=key, Body=b"")
    keys = {entry["Key"] for entry in client(1).list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert keys == {KEY, "after"}


def test_a_strike_comes_before_or_after_the_request(faults: tuple[Next, Callable[..., Any]]) -> None:
    upcoming, client = faults
    s3 = client(1)
    seen: list[bool] = []

    def look() -> None:
        seen.append("Contents" in client(1).list_objects_v2(Bucket=BUCKET, Prefix="struck"))

    upcoming.faults = [Strike("killed", look, after=False), None, Strike("killed", look, after=True)]
    for _ in range(2):
        s3.put_object(Bucket=BUCKET, Key="struck", Body=b"")
    assert seen == [False, True]
