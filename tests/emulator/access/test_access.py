"""Who gets into the services of this machine: what attackers and web pages send to both ports is refused."""

import hashlib
import hmac
import http.client
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotoCredentials
from botocore.exceptions import ClientError

from emulator.access.credentials import Credentials
from emulator.aws import Emulator
from emulator.cloud import LocalCloud
from tests.emulator.batch_account import IMAGE, RESOURCES, BatchAccount, python, unique

LONG_BYTES = 200 << 20
PAGE = "https://evil.example"
JSON = "application/x-amz-json-1.1"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
IDENTITY = "Action=GetCallerIdentity&Version=2011-06-15"


@dataclass(frozen=True)
class Port:
    """A service, and a request that it answers when it is signed."""

    service: str
    endpoint: str
    path: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture(params=["aws", "batch", "health"])
def port(request: pytest.FixtureRequest, cloud: LocalCloud) -> Port:
    """Each port, and what MiniStack answers before it looks at who asks."""
    return {
        "aws": Port("sts", cloud.aws_endpoint, "/", IDENTITY, FORM),
        "batch": Port("batch", cloud.batch_endpoint, "/v1/describejobqueues", "{}"),
        "health": Port("s3", cloud.aws_endpoint, "/_ministack/health", ""),
    }[request.param]


def signed(
    port: Port, credentials: Credentials, at: datetime | None = None, token: str | None = None
) -> dict[str, str]:
    """The headers of the port's request, signed by botocore."""
    request = AWSRequest("POST", port.endpoint + port.path, headers=dict(port.headers), data=port.body)
    keys = BotoCredentials(credentials.access_key_id, credentials.secret_access_key, token)
    signer = SigV4Auth(keys, port.service, "us-east-1")
    request.context["timestamp"] = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(request)
    canonical = signer.canonical_request(request)
    signer._inject_signature_to_request(
        request, signer.signature(signer.string_to_sign(request, canonical), request)
    )
    return dict(request.headers.items())


def send(
    port: Port, headers: Mapping[str, str], body: str | None = None, method: str = "POST"
) -> tuple[int, Mapping[str, str], bytes]:
    """Send exactly these headers, and a host's name if there is none among them."""
    connection = http.client.HTTPConnection(urlsplit(port.endpoint).netloc, timeout=30)
    connection.request(method, port.path, (port.body if body is None else body).encode(), dict(headers))
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, content


def test_a_signed_request_is_answered(port: Port, cloud: LocalCloud) -> None:
    status, _, content = send(port, signed(port, cloud.credentials))
    assert status == 200, content


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": PAGE, "Content-Type": "text/plain"}, id="a form of a page"),
        pytest.param({"Origin": "null", "Content-Type": "text/plain"}, id="a page in a file or frame"),
        pytest.param(
            {"Origin": PAGE, "Content-Type": JSON, "X-Amz-Target": "AmazonSSM.GetDocument"}, id="fetch"
        ),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, id="an image or script"),
        pytest.param({"Host": "evil.example"}, id="DNS rebinding"),
        pytest.param({"Host": "127.0.0.1.evil.example:80"}, id="a name that starts like this machine"),
        pytest.param({"Host": "localhost@evil.example"}, id="a user's name in the host"),
        pytest.param({"Host": "0.0.0.0"}, id="another name of this machine"),
        pytest.param({}, id="not signed"),
        pytest.param({"Authorization": "Bearer test"}, id="another way to prove who one is"),
        pytest.param({"Authorization": "AWS test:c2lnbmF0dXJl"}, id="Signature Version 2"),
        pytest.param({"Authorization": "AWS4-HMAC-SHA256 Credential=test/x"}, id="half a signature"),
    ],
)
def test_what_a_browser_or_a_stranger_sends_is_refused(port: Port, headers: dict[str, str]) -> None:
    status, answered, _ = send(port, headers)
    assert status in (400, 403)
    assert not [name for name in answered if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "headers", [{"Origin": PAGE}, {"Sec-Fetch-Site": "same-origin"}, {"Host": "evil.example"}]
)
def test_a_signature_does_not_let_a_page_in(port: Port, headers: dict[str, str], cloud: LocalCloud) -> None:
    assert send(port, signed(port, cloud.credentials) | headers)[0] == 403


@pytest.mark.parametrize("origin", [{}, {"Origin": PAGE}])
def test_preflights_get_no_permission(port: Port, origin: dict[str, str]) -> None:
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-amz-target",
        "Access-Control-Request-Private-Network": "true",
    }
    status, answered, _ = send(port, origin | asked, "", "OPTIONS")
    assert status == 403
    assert not [name for name in answered if name.startswith("access-control-")]


@pytest.mark.parametrize("names", ["LOCALHOST", "[::1]:80", "000000000000.localhost:4566", "localhost:1"])
def test_every_name_of_this_machine_is_its_host(names: str, cloud: LocalCloud) -> None:
    port = Port("sts", cloud.aws_endpoint, "/", IDENTITY, FORM | {"Host": names})
    # S3 Control answers at the account's name: not this question, but an answer it is.
    assert send(port, signed(port, cloud.credentials))[0] in (200, 405)


@pytest.mark.parametrize(
    "key", [Credentials("test", "test"), Credentials("000000000000", "test"), Credentials.make()]
)
def test_a_key_that_the_account_did_not_give_is_refused(port: Port, key: Credentials) -> None:
    assert send(port, signed(port, key))[0] == 403


def test_a_wrong_secret_is_refused(port: Port, cloud: LocalCloud) -> None:
    wrong = Credentials(cloud.credentials.access_key_id, Credentials.make().secret_access_key)
    assert send(port, signed(port, wrong))[0] == 403


@pytest.mark.parametrize("age", [timedelta(minutes=20), timedelta(minutes=-20), timedelta(days=400)])
def test_a_signature_is_good_for_minutes(port: Port, cloud: LocalCloud, age: timedelta) -> None:
    assert send(port, signed(port, cloud.credentials, datetime.now(UTC) - age))[0] == 403


def test_a_signature_is_of_one_body(port: Port, cloud: LocalCloud) -> None:
    headers = signed(port, cloud.credentials)
    assert send(port, headers, port.body + " ")[0] == 403
    told = {"X-Amz-Content-SHA256": hashlib.sha256(port.body.encode()).hexdigest()}
    assert send(port, headers | told, port.body + " ")[0] == 403
    assert send(port, headers | {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}, port.body + " ")[0] == 403


def test_a_signature_is_of_one_path_and_query(port: Port, cloud: LocalCloud) -> None:
    headers = signed(port, cloud.credentials)
    for path in (f"{port.path}?x=1", "/v1/canceljob", "/_ministack/reset"):
        elsewhere = Port(port.service, port.endpoint, path, port.body)
        assert send(elsewhere, headers)[0] == 403


def test_headers_that_say_what_is_asked_for_must_be_signed(port: Port, cloud: LocalCloud) -> None:
    headers = signed(port, cloud.credentials)
    for added in ("X-Amz-Target", "X-Amz-Copy-Source", "X-Local-Service"):
        assert send(port, headers | {added: "AmazonSSM.StartAutomationExecution"})[0] == 403


def test_two_signatures_are_no_signature(cloud: LocalCloud) -> None:
    port = Port("sts", cloud.aws_endpoint, "/?X-Amz-Credential=test/20260101/us-east-1/s3/aws4_request", "")
    assert send(port, signed(port, cloud.credentials))[0] == 403


def test_only_services_of_this_machine_may_ask_what_others_may_do(batch: BatchAccount) -> None:
    session = session_of(batch, [{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    port = Port("local", batch.cloud.aws_endpoint, "/_local/authorize", "{}")
    key = Credentials(session["AccessKeyId"], session["SecretAccessKey"])
    _, _, content = send(port, signed(port, key, token=session["SessionToken"]))
    assert json.loads(content)["code"] == "AccessDenied"


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config", "/_ministack/sqs/messages"])
def test_only_the_own_key_may_use_what_aws_does_not_have(batch: BatchAccount, path: str) -> None:
    session = session_of(batch, [{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    key = Credentials(session["AccessKeyId"], session["SecretAccessKey"])
    port = Port("s3", batch.cloud.aws_endpoint, path, "{}")
    status, _, content = send(port, signed(port, key, token=session["SessionToken"]))
    assert (status, json.loads(content)["code"]) == (403, "AccessDenied")
    assert batch.client.describe_job_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("field", ["jobRoleArn", "executionRoleArn"])
def test_a_job_gets_no_role_that_its_caller_may_not_pass(batch: BatchAccount, field: str) -> None:
    role = batch.role("ecs-tasks.amazonaws.com", [{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    register = {"Effect": "Allow", "Action": "batch:RegisterJobDefinition", "Resource": "*"}
    passing = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": role,
        "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    }
    definition: dict[str, Any] = {
        "jobDefinitionName": unique("definition"),
        "type": "container",
        "containerProperties": {"image": IMAGE, "resourceRequirements": RESOURCES, field: role},
    }
    without = client(batch.cloud, "batch", session_of(batch, [register]))
    with pytest.raises(ClientError, match=r"AccessDenied.*iam:PassRole on resource: arn:aws:iam::"):
        without.register_job_definition(**definition)
    elsewhere = passing | {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
    with pytest.raises(ClientError, match="AccessDenied"):
        client(batch.cloud, "batch", session_of(batch, [register, elsewhere])).register_job_definition(
            **definition
        )
    allowed = client(batch.cloud, "batch", session_of(batch, [register, passing]))
    assert allowed.register_job_definition(**definition)["revision"] == 1


@pytest.mark.parametrize(
    "lines", ["Transfer-Encoding: chunked\r\nContent-Length: 6", "Content-Length: 6\r\nContent-Length: 0"]
)
def test_what_follows_an_unclear_end_of_a_request_is_not_read(cloud: LocalCloud, lines: str) -> None:
    host = urlsplit(cloud.batch_endpoint)
    rest = "0\r\n\r\n_GET /v1/describejobqueues HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection((host.hostname, host.port), timeout=30) as connection:
        sent = f"POST /v1/describejobqueues HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n{rest}"
        connection.sendall(sent.encode())
        answers = connection.makefile("rb").read()
    assert answers.startswith(b"HTTP/1.1 400 ")
    assert answers.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("length", ["-1", "many", "99999999999"])
def test_a_body_without_a_usable_length_is_refused(cloud: LocalCloud, length: str) -> None:
    port = Port("batch", cloud.batch_endpoint, "/v1/describejobs", "")
    assert send(port, {"Content-Length": length})[0] == 400


def session_of(batch: BatchAccount, statements: list[dict[str, Any]]) -> dict[str, str]:
    """Credentials of a session of a role that allows ``statements``."""
    role = batch.role("lambda.amazonaws.com", statements)
    account = "arn:aws:iam::000000000000:root"
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    batch.cloud.client("iam").update_assume_role_policy(
        RoleName=role.rsplit("/", 1)[-1],
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    assumed = batch.cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="session")
    return dict(assumed["Credentials"])


def client(cloud: LocalCloud, service: str, key: Mapping[str, str], **config: Any) -> Any:
    """A client with a key of a session or a user."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=cloud.batch_endpoint if service == "batch" else cloud.aws_endpoint,
        region_name=cloud.region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


def test_batch_holds_callers_to_their_policies(batch: BatchAccount, queue: str) -> None:
    definition = batch.definition(python("pass"))
    look = {"Effect": "Allow", "Action": ["batch:Describe*"], "Resource": "*"}
    here = f"arn:aws:batch:us-east-1:000000000000:job-queue/{queue}"
    submit = {"Effect": "Allow", "Action": "batch:SubmitJob", "Resource": [here, definition]}
    job = {"jobName": "job", "jobQueue": queue, "jobDefinition": definition}
    looker = client(batch.cloud, "batch", session_of(batch, [look]))
    assert looker.describe_job_queues(jobQueues=[queue])["jobQueues"]
    with pytest.raises(ClientError, match=r"AccessDenied.*batch:SubmitJob on resource: arn:aws:batch:.*"):
        looker.submit_job(**job)
    submitter = client(batch.cloud, "batch", session_of(batch, [look, submit]))
    assert batch.finished(submitter.submit_job(**job)["jobId"])["status"] == "SUCCEEDED"
    with pytest.raises(ClientError, match="AccessDenied"):
        submitter.submit_job(**job | {"jobQueue": batch.queue()})
    with pytest.raises(ClientError, match=r"AccessDenied.*batch:TerminateJob"):
        submitter.terminate_job(jobId="any", reason="any")


@pytest.mark.parametrize("change", [{"SecretAccessKey": "wrong"}, {"SessionToken": "wrong"}])
@pytest.mark.parametrize("api", ["batch", "s3"])
def test_a_session_needs_its_secret_and_its_token(
    batch: BatchAccount, api: str, change: dict[str, str]
) -> None:
    session = session_of(batch, [{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    calls: dict[str, Callable[[Any], Any]] = {
        "batch": lambda client: client.describe_job_queues(),
        "s3": lambda client: client.list_buckets(),
    }
    calls[api](client(batch.cloud, api, session))
    with pytest.raises(ClientError):
        calls[api](client(batch.cloud, api, session | change))


def test_presigned_urls_are_good_for_one_object_and_time(cloud: LocalCloud) -> None:
    s3, bucket = cloud.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a b+ü.mp3", Body=b"audio")
    s3.put_object(Bucket=bucket, Key="other", Body=b"other")

    def url(method: str, key: str, seconds: int = 60) -> str:
        parameters = {"Bucket": bucket, "Key": key}
        return str(s4(cloud).generate_presigned_url(method, Params=parameters, ExpiresIn=seconds))

    with urlopen(url("get_object", "a b+ü.mp3")) as answer:
        assert answer.read() == b"audio"
    with urlopen(Request(url("put_object", "new"), data=b"new", method="PUT")) as answer:
        assert answer.status == 200
    wrong = [
        Request(url("get_object", "other").replace("/other?", "/new?")),
        Request(url("get_object", "other"), method="DELETE"),
        Request(url("get_object", "other").replace("X-Amz-Expires=60", "X-Amz-Expires=600")),
        Request(url("get_object", "other", 604_801)),
        Request(url("get_object", "other"), headers={"Origin": PAGE}),
        Request(f"{cloud.aws_endpoint}/{bucket}/other"),
    ]
    for request in wrong:
        with pytest.raises(HTTPError, match="HTTP Error 403"):
            urlopen(request)


def s4(cloud: LocalCloud) -> Any:
    """An S3 client whose URLs are signed by Signature Version 4."""
    key = {
        "AccessKeyId": cloud.credentials.access_key_id,
        "SecretAccessKey": cloud.credentials.secret_access_key,
    }
    return client(cloud, "s3", key, signature_version="s3v4", s3={"addressing_style": "path"})


def chunks(body: bytes, secret: str, seed: str, at: str, trailer: bytes = b"") -> bytes:
    """The body in chunks, each with its signature (S3 API reference, "Chunked upload")."""
    scope = f"{at[:8]}/us-east-1/s3/aws4_request"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    previous, sent = seed, b""
    for chunk in (body[:70_000], body[70_000:], b""):
        empty, content = hashlib.sha256(b"").hexdigest(), hashlib.sha256(chunk).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", at, scope, previous, empty, content])
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        sent += (
            f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + chunk + (b"\r\n" if chunk else b"")
        )
    return sent + trailer + b"\r\n"


@pytest.mark.parametrize("tampered", [False, True])
def test_chunks_are_checked_by_their_signatures(cloud: LocalCloud, *, tampered: bool) -> None:
    s3, bucket, body = cloud.client("s3"), unique("bucket"), bytes(range(256)) * 400
    s3.create_bucket(Bucket=bucket)
    at = datetime.now(UTC)
    told = {
        "X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "X-Amz-Decoded-Content-Length": str(len(body)),
        "Content-Encoding": "aws-chunked",
    }
    port = Port("s3", cloud.aws_endpoint, f"/{bucket}/chunked", "", told)
    request = AWSRequest("PUT", port.endpoint + port.path, headers=dict(told), data=b"")
    keys = BotoCredentials(cloud.credentials.access_key_id, cloud.credentials.secret_access_key)
    signer = SigV4Auth(keys, "s3", "us-east-1")
    request.context["timestamp"] = stamp = at.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = stamp
    canonical = signer.canonical_request(request)
    seed = signer.signature(signer.string_to_sign(request, canonical), request)
    signer._inject_signature_to_request(request, seed)
    sent = chunks(body, keys.secret_key, seed, stamp)
    sent = sent.replace(body[100:110], b"0123456789", 1) if tampered else sent
    connection = http.client.HTTPConnection(urlsplit(port.endpoint).netloc, timeout=30)
    connection.request("PUT", port.path, sent, dict(request.headers.items()))
    assert connection.getresponse().status == (403 if tampered else 200)
    connection.close()
    if not tampered:
        assert s3.get_object(Bucket=bucket, Key="chunked")["Body"].read() == body


def test_uploads_of_clients_arrive_whatever_their_form(cloud: LocalCloud, tmp_path: Any) -> None:
    """In one piece, in parts, and as a stream whose checksum follows it."""
    bucket, body = unique("bucket"), bytes(range(256)) * 40_000
    cloud.client("s3").create_bucket(Bucket=bucket)
    (tmp_path / "a.wav").write_bytes(body)
    for checksum in ("when_supported", "when_required"):
        s3 = client(
            cloud,
            "s3",
            {
                "AccessKeyId": cloud.credentials.access_key_id,
                "SecretAccessKey": cloud.credentials.secret_access_key,
            },
            request_checksum_calculation=checksum,
        )
        s3.upload_file(str(tmp_path / "a.wav"), bucket, "parts/a.wav")
        with (tmp_path / "a.wav").open("rb") as file:
            s3.put_object(Bucket=bucket, Key="whole/a.wav", Body=file, ChecksumAlgorithm="SHA256")
        for key in ("parts/a.wav", "whole/a.wav"):
            assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body


def refused_upload(cloud: LocalCloud, secret: str, sha256: str, size: int) -> dict[str, str]:
    """The headers of an upload of ``size`` bytes, signed by ``secret``, which tell that hash."""
    port = Port("s3", cloud.aws_endpoint, "/no-bucket/long.wav", "", {"X-Amz-Content-SHA256": sha256})
    request = AWSRequest("PUT", port.endpoint + port.path, headers=dict(port.headers))
    SigV4Auth(BotoCredentials(cloud.credentials.access_key_id, secret), "s3", "us-east-1").add_auth(request)
    return {**dict(request.headers.items()), "Content-Length": str(size)}


@pytest.mark.parametrize(
    "told",
    [
        hashlib.sha256(b"").hexdigest(),
        "UNSIGNED-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    ],
)
def test_an_upload_with_a_wrong_signature_is_refused_unread(cloud: LocalCloud, told: str) -> None:
    headers = refused_upload(cloud, Credentials.make().secret_access_key, told, LONG_BYTES)
    host = urlsplit(cloud.aws_endpoint)
    with socket.create_connection((host.hostname, host.port), timeout=30) as connection:
        lines = [f"{name}: {value}" for name, value in ({"Host": host.netloc} | headers).items()]
        connection.sendall("\r\n".join(["PUT /no-bucket/long.wav HTTP/1.1", *lines, "", ""]).encode())
        # Nothing of the body is sent, and the end of the answer is the end of the connection.
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"<Code>SignatureDoesNotMatch</Code>" in answer


def test_a_long_upload_is_checked_in_little_memory(cloud: LocalCloud, emulator: Emulator) -> None:
    told = hashlib.sha256(b"something else").hexdigest()
    headers = refused_upload(cloud, cloud.credentials.secret_access_key, told, LONG_BYTES)
    process = Path("/proc") / str(emulator.pid)
    # The highest memory is counted anew (proc(5)).
    (process / "clear_refs").write_text("5")
    before = peak_bytes(process)
    connection = http.client.HTTPConnection(urlsplit(cloud.aws_endpoint).netloc, timeout=60)
    piece = bytes(1 << 20)
    connection.request("PUT", "/no-bucket/long.wav", (piece for _ in range(LONG_BYTES >> 20)), headers)
    answer = connection.getresponse()
    assert (answer.status, b"XAmzContentSHA256Mismatch" in answer.read()) == (403, True)
    connection.close()
    assert peak_bytes(process) - before < LONG_BYTES // 8


def peak_bytes(process: Path) -> int:
    """The most memory that a process has had."""
    (line,) = [each for each in (process / "status").read_text().splitlines() if each.startswith("VmHWM:")]
    return int(line.split()[1]) << 10
