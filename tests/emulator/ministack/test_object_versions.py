"""Object versions as SDKs list them: with their keys encoded."""

from typing import Any

import pytest

from emulator.cloud import LocalCloud
from tests.emulator.batch_account import unique

KEYS = ["a +=&é.mp3", "b/<c>%2B.mp3", "d\x01\x0b.mp3", "plain.mp3"]


@pytest.fixture
def bucket(cloud: LocalCloud) -> str:
    s3, bucket = cloud.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=b"content")
    return bucket


def listed(s3: Any, bucket: str, **options: Any) -> list[tuple[str, str]]:
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, **options)
    return [
        (kind, entry["Key"])
        for page in pages
        for kind in ("Versions", "DeleteMarkers")
        for entry in page.get(kind, [])
    ]


def test_every_key_comes_back_as_it_was_put(cloud: LocalCloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    assert listed(s3, bucket) == [("Versions", key) for key in KEYS]
    assert listed(s3, bucket, PaginationConfig={"PageSize": 1}) == [("Versions", key) for key in KEYS]
    s3.delete_object(Bucket=bucket, Key=KEYS[2])
    assert ("DeleteMarkers", KEYS[2]) in listed(s3, bucket)


def test_prefixes_are_encoded_too(cloud: LocalCloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    assert listed(s3, bucket, Prefix="a +") == [("Versions", KEYS[0])]
    page = s3.list_object_versions(Bucket=bucket, Delimiter="&", EncodingType="url")
    assert page["EncodingType"] == "url"
    assert page["Delimiter"] == "%26"
    assert page["CommonPrefixes"] == [{"Prefix": "a%20%2B%3D%26"}]
