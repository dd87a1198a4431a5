"""Read the objects of a bucket from an S3 Inventory in CSV.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import unquote_plus

from operations.backfill.sources import ARCHIVED_CLASSES, Found
from operations.errors import WrongUseError
from operations.jobs import Recording
from operations.outcomes import ResultFolder

PAGE_ROWS = 1000
NEEDED_COLUMNS = ("Bucket", "Key", "Size", "ETag")
URI = "s3://BUCKET/.../manifest.json"


@dataclass(frozen=True)
class Inventory:
    """The current objects that an inventory lists, in the order of its data files.

    A position is the number of a data file and of a row in it, as ``FILE:ROW``. Both count from 0.
    """

    s3: Any
    name: str
    bucket: str
    data_bucket: str
    data_keys: tuple[str, ...]
    columns: tuple[str, ...]

    @staticmethod
    def open(s3: Any, uri: str) -> "Inventory":
        """Read the manifest of an inventory.

        Raises:
            WrongUseError: it is not the manifest of an inventory in CSV, or columns are missing.
            botocore.exceptions.ClientError: it cannot be read.
        """
        place = ResultFolder.from_uri(uri)
        if not uri.startswith("s3://") or not place.prefix:
            raise WrongUseError(f"{uri} is not the URI of a manifest; allowed is {URI}.")
        try:
            manifest = json.loads(s3.get_object(Bucket=place.bucket, Key=place.prefix)["Body"].read())
            columns = tuple(each.strip() for each in manifest["fileSchema"].split(","))
            found = Inventory(
                s3,
                uri,
                manifest["sourceBucket"],
                manifest["destinationBucket"].rpartition(":")[2],
                tuple(each["key"] for each in manifest["files"]),
                columns,
            )
            file_format = manifest["fileFormat"]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise WrongUseError(f"{uri} is not the manifest of an S3 Inventory; allowed is {URI}.") from None
        if file_format != "CSV":
            raise WrongUseError(f"{uri} has the format {file_format}; allowed is an inventory in CSV.")
        if missing := [name for name in NEEDED_COLUMNS if name not in columns]:
            raise WrongUseError(
                f"{uri} lacks {', '.join(missing)}; an inventory needs the columns"
                f" {', '.join(NEEDED_COLUMNS)}."
            )
        return found

    def pages(self, after: str) -> Iterator[list[Found]]:
        """Yield pages of the current objects. Each data file is copied to a temporary file first."""
        file, row = (int(each) for each in after.split(":")) if after else (0, -1)
        for number in range(file, len(self.data_keys)):
            rows = self._rows(number, row + 1 if number == file else 0)
            while page := list(islice(rows, PAGE_ROWS)):
                yield page

    def _rows(self, number: int, first: int) -> Iterator[Found]:
        with tempfile.TemporaryFile() as file:
            self.s3.download_fileobj(self.data_bucket, self.data_keys[number], file)
            file.seek(0)
            with gzip.open(file) as unpacked:
                lines = csv.reader(io.TextIOWrapper(unpacked, encoding="utf-8", newline=""))
                for row, values in enumerate(lines):
                    fields = dict(zip(self.columns, values, strict=False))
                    if row >= first and _is_current(fields):
                        yield _found(fields, f"{number}:{row}")


def _is_current(fields: dict[str, str]) -> bool:
    return fields.get("IsLatest", "true") == "true" and fields.get("IsDeleteMarker", "false") == "false"


def _found(fields: dict[str, str], position: str) -> Found:
    time = fields.get("LastModifiedDate")
    return Found(
        Recording(fields["Bucket"], unquote_plus(fields["Key"]), fields["ETag"].strip('"')),
        int(fields["Size"] or 0),
        datetime.fromisoformat(time) if time else None,
        position,
        fields.get("StorageClass") in ARCHIVED_CLASSES,
    )
