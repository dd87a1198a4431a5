"""What `pulumi destroy` leaves of recordings and transcripts, and how the next stack finds them."""

import json
from pathlib import Path

import pulumi
import pytest
import yaml

from tests.components.graph import FUNCTIONS, PARTITION, PROJECT, ROOT, Graph, run_program

GET_BUCKET = "aws:s3/getBucket:getBucket"
STAYING = {
    *("Bucket", "BucketPublicAccessBlock", "BucketOwnershipControls", "BucketPolicy"),
    *("BucketServerSideEncryptionConfiguration", "BucketLifecycleConfiguration"),
}
"""Kept buckets stay private, encrypted, TLS only and within their retention."""


def staying(graph: Graph) -> set[tuple[str, str]]:
    return {(each.name, each.type.rpartition(":")[2]) for each in graph.resources if each.outlives_the_stack}


def test_recordings_and_transcripts_outlive_the_stack() -> None:
    graph = run_program({"enableVersioning": "true"})
    assert staying(graph) == {(f"audio-{name}", kind) for name in ("input", "output") for kind in STAYING}
    assert {graph.one("Bucket", f"audio-{name}")["forceDestroy"] for name in ("input", "output")} == {False}
    assert graph.exports["afterDestroy"] == (
        "s3://audio-input-1234567 and s3://audio-output-1234567 stay with all that is in them;"
        " to go on with them: pulumi config set existingInputBucket audio-input-1234567"
        " && pulumi config set existingOutputBucket audio-output-1234567 && pulumi up"
    )


def test_the_access_logs_and_the_images_go_with_the_stack() -> None:
    graph = run_program()
    assert graph.one("Bucket", "audio-access-logs")["forceDestroy"] is True
    assert graph.one("Repository")["forceDelete"] is True


def test_all_of_it_goes_where_that_is_asked_for() -> None:
    graph = run_program({"forceDestroy": "true"})
    assert staying(graph) == set()
    assert {each.inputs["forceDestroy"] for each in graph.of_type("Bucket")} == {True}
    assert graph.exports["afterDestroy"] == "nothing stays: recordings and transcripts are deleted"


@pytest.mark.parametrize("force", ["false", "true"])
def test_a_bucket_that_is_there_already_is_used_and_never_deleted(force: str) -> None:
    graph = run_program({"existingInputBucket": "found", "forceDestroy": force})
    assert graph.asked[GET_BUCKET] == [{"bucket": "found"}]
    assert {each.name for each in graph.of_type("Bucket")} == {"audio-output", "audio-access-logs"}
    for kind in STAYING - {"Bucket"}:
        assert graph.one(kind, "audio-input")["bucket"] == "found"
        assert ("audio-input", kind) in staying(graph)
    assert graph.one("BucketNotification")["bucket"] == graph.exports["inputBucket"] == "found"
    arn = f"arn:{PARTITION}:s3:::found"
    assert f'"{arn}/*"' in graph.one("RolePolicy", "transcribe-job")["policy"]
    assert arn in json.loads(graph.one("BucketPolicy", "audio-input")["policy"])["Statement"][0]["Resource"]
    assert "existingInputBucket found" in graph.exports["afterDestroy"]


def test_a_bucket_in_another_region_is_refused_before_any_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, GET_BUCKET, {"arn": "arn", "bucketRegion": "us-west-2"})
    graph = Graph()
    with pytest.raises(
        pulumi.RunError, match="allowed is a bucket in eu-central-1, this one is in us-west-2"
    ):
        run_program({"existingOutputBucket": "found"}, graph)
    assert graph.resources == []


def test_recordings_and_transcripts_have_a_bucket_each() -> None:
    with pytest.raises(pulumi.RunError, match="existingOutputBucket is 'found': allowed is another bucket"):
        run_program({"existingInputBucket": "found", "existingOutputBucket": "found"})


def test_no_shipped_stack_deletes_recordings_but_the_emulated_one() -> None:
    forced = {
        path.name: yaml.safe_load(path.read_text())["config"].get(f"{PROJECT}:forceDestroy", False)
        for path in Path(ROOT).glob("Pulumi.*.yaml")
    }
    assert {"Pulumi.dev.yaml", "Pulumi.prod.example.yaml", "Pulumi.local.yaml"} <= forced.keys()
    assert {name for name, force in forced.items() if force} == {"Pulumi.local.yaml"}
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert declared["forceDestroy"]["default"] is False
