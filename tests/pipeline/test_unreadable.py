"""Uploads that nobody can read have an outcome, which stays."""

import json
import time
from pathlib import Path

from local.recordings import Upload
from operations.outcomes import State
from operations.reconcile import reconcile
from operations.stack import Stack
from tests.pipeline.service import SAMPLES, Service

WAYS = {
    "unreadable/sealed.mp3": {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32},
    "unreadable/archived.mp3": {"StorageClass": "DEEP_ARCHIVE"},
}
REASONS = {"unreadable/sealed.mp3": "(SSE-C)", "unreadable/archived.mp3": "the object is in an archive"}


def upload_unreadable(service: Service, key: str) -> Upload:
    bucket, path = service.pipeline.outputs["inputBucket"], Path(SAMPLES / "reminder.mp3")
    started_at = int(time.time() * 1000)
    answer = service.pipeline.cloud.client("s3").put_object(
        Bucket=bucket, Key=key, Body=path.read_bytes(), **WAYS[key]
    )
    return Upload(path, bucket, key, answer["ETag"].strip('"'), started_at)


def test_what_nobody_can_read_fails_once_with_its_reason_and_is_not_submitted_again(service: Service) -> None:
    transcriptions = service.wait(*(upload_unreadable(service, key) for key in WAYS))
    cloud, outputs = service.pipeline.cloud, service.pipeline.outputs
    s3 = cloud.client("s3")
    for transcription in transcriptions:
        key = transcription.upload.key
        assert transcription.job["container"]["exitCode"] == 65
        assert len(transcription.job["attempts"]) == 1
        answer = s3.get_object(Bucket=outputs["outputBucket"], Key=f"failures/{key}.json")
        assert answer["Metadata"]["source-etag"] == transcription.upload.etag
        assert REASONS[key] in json.loads(answer["Body"].read())["reason"]
    counts = reconcile(
        s3, cloud.client("batch"), Stack.from_outputs(outputs), prefix="unreadable/", resubmit=True
    )
    assert counts == {State.FAILED: len(WAYS)}
