import io
import os
from pathlib import Path

import pytest

from transcriber.errors import FaultError, TemporaryFailureError, UnusableInputError, UsageError
from transcriber.storage import NOTHING, open_destination, open_source

BODY = b'{"source": {"etag": "1-2"}}'


def test_a_file_is_known_by_its_name_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a b.mp3"
    path.write_bytes(b"12345")
    source = open_source(str(path))
    version = source.version()
    assert (source.name, version.size_bytes) == ("a b.mp3", 5)
    os.utime(path, ns=(1, 1))
    assert source.version().etag != version.etag


def test_a_file_is_read_as_the_version_that_was_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"12345")
    source = open_source(str(path))
    version = source.version()
    with source.open(version) as file:
        assert file.read() == b"12345"
    path.write_bytes(b"123456")
    with pytest.raises(TemporaryFailureError, match="changed"):
        source.open(version)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    with pytest.raises(UnusableInputError, match="there is no such file"):
        open_source(str(tmp_path / "missing.mp3")).version()
    for name in (".", "pipe.mp3"):
        with pytest.raises(UnusableInputError, match="not a file"):
            open_source(str(tmp_path / name)).version()


def test_a_path_that_is_no_utf_8_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.mp3")
    path.write_bytes(b"1")
    assert open_source(str(path)).uri.encode().endswith("caf\ufffd.mp3".encode())


def test_a_result_appears_whole_and_alone(tmp_path: Path) -> None:
    destination = open_destination(str(tmp_path / "out"))
    destination.prepare()
    destination.write("a.json", io.BytesIO(BODY), "application/json", "1-2", NOTHING)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.json"]
    assert (tmp_path / "out" / "a.json").read_bytes() == BODY
    assert (tmp_path / "out" / "a.json").stat().st_mode & 0o777 == 0o666 & ~_umask()


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    destination = open_destination(str(tmp_path))
    (tmp_path / "a.json").mkdir()
    with pytest.raises(TemporaryFailureError, match=r"a\.json: can't be written"):
        destination.write("a.json", io.BytesIO(BODY), "application/json", "1-2", destination.look("a.json"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_result_tells_its_source(tmp_path: Path) -> None:
    destination = open_destination(str(tmp_path))
    assert destination.look("a.json").source_etag is None
    destination.write("a.json", io.BytesIO(BODY), "application/json", "1-2", NOTHING)
    assert destination.look("a.json").source_etag == "1-2"
    (tmp_path / "a.json").write_text("[]")
    assert destination.look("a.json").source_etag is None


@pytest.mark.parametrize(
    "name",
    ["../a.json", "/etc/a.json", "x/../../a.json", "./a.json", "x//a.json", "..", "a\0b.json", "c/d.json"],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "out"
    destination = open_destination(str(folder))
    destination.write(name, io.BytesIO(BODY), "application/json", "1-2", NOTHING)
    (written,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert folder in written.parents
    assert destination.uri(name) == str(written)
    assert destination.look(name).source_etag == "1-2"


def test_a_name_too_long_for_the_file_system_does_not_fit(tmp_path: Path) -> None:
    destination = open_destination(str(tmp_path))
    assert destination.fits("é" * 125 + ".json")
    assert not destination.fits("é" * 126 + ".json")


def test_a_destination_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match="no folder for results"):
        open_destination(str(tmp_path / "out")).prepare()


def test_a_file_that_can_not_be_reached_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").symlink_to("a.mp3")
    with pytest.raises(FaultError, match=r"a\.mp3: can't be read"):
        open_source(str(tmp_path / "a.mp3")).version()


@pytest.mark.parametrize("uri", ["s3://", "s3:///key", "s3://bucket", "s3://bucket/"])
def test_an_s3_uri_without_bucket_or_key_is_refused(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(UsageError, match="s3://BUCKET/"):
        open_source(uri)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
