"""Emulated AWS as a process of its own."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from emulator.aws import Emulator
from emulator.cloud import LocalCloud
from emulator.errors import StartError
from tests.emulator.waiting import is_alive, wait_for

NO_BATCH = "http://127.0.0.1:1"
HOLDER = """
import signal, sys
from pathlib import Path
from emulator.aws import Emulator
with Emulator(log_file=Path(sys.argv[1])) as emulator:
    print(emulator.pid, flush=True)
    signal.pause()
"""


def test_it_serves_this_machine_only_and_its_process_ends_with_it(tmp_path: Path) -> None:
    with Emulator(log_file=tmp_path / "logs" / "ministack.log") as emulator:
        pid = emulator.pid
        assert pid is not None
        cloud = LocalCloud(emulator.endpoint, NO_BATCH, emulator.credentials)
        cloud.client("s3").create_bucket(Bucket="bucket")
        assert cloud.client("s3").list_buckets()["Buckets"][0]["Name"] == "bucket"
        listening = Path("/proc/net/tcp").read_text().upper().split()
        assert f"0100007F:{emulator.port:04X}" in listening
        assert f"00000000:{emulator.port:04X}" not in listening
    assert not is_alive(pid)
    assert "MiniStack" in (tmp_path / "logs" / "ministack.log").read_text()


def test_two_emulators_share_nothing(tmp_path: Path) -> None:
    with (
        Emulator(log_file=tmp_path / "one.log") as one,
        Emulator(log_file=tmp_path / "two.log", authorize=False) as two,
    ):
        LocalCloud(one.endpoint, NO_BATCH, one.credentials).client("s3").create_bucket(Bucket="bucket")
        assert (
            LocalCloud(two.endpoint, NO_BATCH, two.credentials).client("s3").list_buckets()["Buckets"] == []
        )


def test_with_a_state_folder_it_restarts_with_all_it_had(tmp_path: Path) -> None:
    key = "../a b+c/запись\n.mp3"
    with Emulator(log_file=tmp_path / "ministack.log", state_folder=tmp_path / "state") as emulator:
        s3, sqs = (
            LocalCloud(emulator.endpoint, NO_BATCH, emulator.credentials).client(name)
            for name in ("s3", "sqs")
        )
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key=key, Body=b"audio", Metadata={"source-etag": "e"})
        url = sqs.create_queue(QueueName="queue")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="message")
        emulator.stop()
        emulator.start()
        answer = s3.get_object(Bucket="bucket", Key=key)
        assert (answer["Body"].read(), answer["Metadata"]) == (b"audio", {"source-etag": "e"})
        assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "message"


def test_permissions_are_enforced(emulator: Emulator) -> None:
    cloud = LocalCloud(emulator.endpoint, NO_BATCH, emulator.credentials)
    iam = cloud.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    nobody = cloud.client("s3")
    nobody._request_signer._credentials.access_key = key["AccessKeyId"]
    nobody._request_signer._credentials.secret_key = key["SecretAccessKey"]
    with pytest.raises(ClientError, match="AccessDenied"):
        nobody.list_buckets()


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path, emulator: Emulator) -> None:
    with pytest.raises(StartError, match=rf"^Port {emulator.port} is taken: .*\.$"):
        Emulator(log_file=tmp_path / "ministack.log", port=emulator.port).start()


def test_a_failed_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        emulator = Emulator(log_file=tmp_path / "ministack.log", port=holder.getsockname()[1])
        with pytest.raises(StartError, match=r"MiniStack ended with status .*ddress already in use"):
            emulator.start()
    assert emulator.pid is None


def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "ministack.log")], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.send_signal(signal.SIGKILL)
    wait_for(lambda: not is_alive(pid))
