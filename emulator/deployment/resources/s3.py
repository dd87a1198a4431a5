"""S3 buckets."""

from typing import Any

from emulator.deployment.creation import Created, Creation, Handler
from emulator.deployment.errors import DeploymentError


def create_bucket(new: Creation) -> Created:
    """``aws.s3.Bucket``."""
    s3, region = new.client("s3"), new.account.region
    name = new.inputs.get("bucket") or new.auto_name().lower()
    # A bucket in us-east-1 must not name its region.
    location = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **location)
    new.on_delete(s3.delete_bucket, Bucket=name)
    if new.inputs.get("forceDestroy", False):
        new.on_delete(empty_bucket, s3=s3, bucket=name)
    if tags := new.tag_list():
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    return Created(
        name,
        {
            "bucket": name,
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            "bucketRegion": region,
            "region": region,
            "tagsAll": new.tags(),
        },
    )


def empty_bucket(s3: Any, bucket: str) -> None:
    """Delete all object versions of ``bucket`` and all unfinished uploads.

    Raises:
        DeploymentError: an object may not be deleted.
    """
    # Always read the first page: the emulator does not find the next page after some keys.
    while uploads := s3.list_multipart_uploads(Bucket=bucket).get("Uploads"):
        for upload in uploads:
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    while True:
        page = s3.list_object_versions(Bucket=bucket)
        versions = [
            {"Key": version["Key"], "VersionId": version["VersionId"]}
            for version in page.get("Versions", []) + page.get("DeleteMarkers", [])
        ]
        if not versions:
            return
        _delete(s3, bucket, versions)


def _delete(s3: Any, bucket: str, versions: list[dict[str, str]]) -> None:
    """Delete object versions in one request. Keys that XML 1.0 can't hold are deleted one by one."""
    beyond_xml = [version for version in versions if any(character < " " for character in version["Key"])]
    for version in beyond_xml:
        s3.delete_object(Bucket=bucket, **version)
    if together := [version for version in versions if version not in beyond_xml]:
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": together, "Quiet": True})
        for refused in answer.get("Errors", []):
            raise DeploymentError(f"{refused['Key']}: {refused['Code']}: {refused['Message']}")


HANDLERS: dict[str, Handler] = {"aws:s3/bucket:Bucket": create_bucket}
