"""Jobs of many recordings, with the tiny model loaded once."""

import io
import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.transcriber.conftest import PROJECT, WORKER_SECONDS, LoadModel, RunWorker
from tests.transcriber.media import silence, write_audio
from transcriber import job
from transcriber.audio.reader import Block
from transcriber.command_line import parse
from transcriber.errors import LeftOverError, UsageError
from transcriber.recognition.modes import DeviceMemoryError, SpeechModel
from transcriber.reporting import log
from transcriber.settings import Settings

JSON_ONLY = ("--formats", "json")


@pytest.fixture(autouse=True)
def _tiny_model(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    monkeypatch.setenv("TRANSCRIBER_MODEL", str(tiny_model))


@pytest.fixture
def lines() -> Callable[[], list[dict[str, Any]]]:
    """What the log has, from now on."""
    stream = io.StringIO()
    log.configure(stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def no_model(_settings: Settings) -> SpeechModel:
    raise AssertionError("The model was loaded for nothing.")


def content(path: Path) -> dict[str, Any]:
    """A transcript without what differs from job to job."""
    transcript: dict[str, Any] = json.loads(path.read_text())
    del transcript["processing"]
    return transcript


def test_transcripts_are_the_same_alone_and_in_a_list(
    samples: dict[str, str], samples_folder: Path, model: SpeechModel, tmp_path: Path
) -> None:
    sources = [str(samples_folder / name) for name in samples]
    loaded: list[Settings] = []

    def load(settings: Settings) -> SpeechModel:
        loaded.append(settings)
        return model

    job.run(parse([*sources, str(tmp_path / "list")]), load)
    assert len(loaded) == 1
    for source in sources:
        job.run(parse([source, str(tmp_path / "alone")]), load)
    names = sorted(path.name for path in (tmp_path / "alone").iterdir())
    assert sorted(path.name for path in (tmp_path / "list").iterdir()) == names
    for name in names:
        alone, listed = tmp_path / "alone" / name, tmp_path / "list" / name
        if name.endswith(".json"):
            assert content(listed) == content(alone)
        else:
            assert listed.read_bytes() == alone.read_bytes()


def test_the_share_of_each_recording_adds_up_to_the_job(
    samples: dict[str, str], samples_folder: Path, load_model: LoadModel, tmp_path: Path
) -> None:
    job.run(parse([*JSON_ONLY, *(str(samples_folder / name) for name in samples), str(tmp_path)]), load_model)
    processing = [json.loads((tmp_path / f"{name}.json").read_text())["processing"] for name in samples]
    assert all(0 < each["inference_seconds"] <= each["total_seconds"] + 0.002 for each in processing)
    assert [each["load_seconds"] for each in processing[1:]] == [0] * (len(samples) - 1)


def test_a_manifest_names_objects_whatever_their_keys(
    s3: Any, bucket: str, samples_folder: Path, samples: dict[str, str], load_model: LoadModel
) -> None:
    keys = ["-calls/a b.wav", "--mode.wav", "Jörg & Åsa/\u2028.wav", "plain.wav"]
    for key in keys:
        s3.upload_file(str(samples_folder / "meeting.wav"), bucket, key)
    put_manifest(s3, bucket, [*keys, keys[0]])
    job.run(manifest_command(bucket), load_model)
    for key in keys:
        transcript = json.loads(s3.get_object(Bucket=bucket, Key=f"out/{key}.json")["Body"].read())
        assert transcript["text"] == samples["meeting.wav"]
        assert transcript["source"]["uri"] == f"s3://{bucket}/{key}"
    job.run(manifest_command(bucket), no_model)


def put_manifest(s3: Any, bucket: str, keys: Sequence[str], **etags: str) -> None:
    rows = []
    for key in keys:
        etag = etags.get(key) or s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
        rows.append(json.dumps({"bucket": bucket, "key": key, "etag": etag, "size": 1}, ensure_ascii=False))
    s3.put_object(Bucket=bucket, Key="manifests/1.jsonl", Body="\n".join(rows).encode())


def manifest_command(bucket: str) -> Any:
    failures = ["--failures", f"s3://{bucket}/failures/"]
    manifest = f"s3://{bucket}/manifests/1.jsonl"
    return parse([*JSON_ONLY, *failures, "--manifest", manifest, f"s3://{bucket}/out/"])


def test_one_recording_that_is_left_over_is_told_as_one(s3: Any, bucket: str, load_model: LoadModel) -> None:
    s3.put_object(Bucket=bucket, Key="empty.mp3", Body=b"")
    put_manifest(s3, bucket, ["empty.mp3"])
    with pytest.raises(LeftOverError, match=r"^1 recording of the list is left over\.$"):
        job.run(manifest_command(bucket), load_model)


def test_what_can_not_be_done_is_left_over_and_gets_no_report(
    s3: Any,
    bucket: str,
    samples_folder: Path,
    load_model: LoadModel,
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    s3.put_object(Bucket=bucket, Key="notes.mp3", Body=b"not audio")
    s3.put_object(Bucket=bucket, Key="empty.mp3", Body=b"")
    for key in ("a.wav", "b.wav"):
        s3.upload_file(str(samples_folder / "meeting.wav"), bucket, key)
    put_manifest(s3, bucket, ["notes.mp3", "a.wav", "gone.mp3", "empty.mp3", "b.wav"], **{"gone.mp3": "e"})
    with pytest.raises(LeftOverError, match="3 recordings of the list are left over"):
        job.run(manifest_command(bucket), load_model)
    keys = {each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert {key for key in keys if key.startswith(("out/", "failures/"))} == {
        "out/a.wav.json",
        "out/b.wav.json",
    }
    left = [line for line in lines() if line["message"] == "left over"]
    assert [line["source"].rsplit("/", 1)[1] for line in left] == ["notes.mp3", "gone.mp3", "empty.mp3"]


def test_a_version_that_was_replaced_is_left_to_the_job_of_the_newer_one(
    s3: Any, bucket: str, samples_folder: Path, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    s3.upload_file(str(samples_folder / "meeting.wav"), bucket, "a.wav")
    put_manifest(s3, bucket, ["a.wav"], **{"a.wav": "an older one"})
    job.run(manifest_command(bucket), no_model)
    (done,) = (line for line in lines() if line["message"] == "list done")
    assert (done["done"], done["superseded"], done["left_over"]) == (0, 1, 0)


def test_each_line_of_the_log_names_its_recording(
    samples_folder: Path, load_model: LoadModel, tmp_path: Path, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    sources = [str(samples_folder / name) for name in ("meeting.wav", "reminder.mp3")]
    job.run(parse([*JSON_ONLY, *sources, str(tmp_path)]), load_model)
    for source in sources:
        about = [line["message"] for line in lines() if line.get("source") == source]
        about = [each for each in about if each != "loading model"]
        assert about == ["audio opened", "recognising", "decoded", "transcript written"]
    assert {line["message"] for line in lines() if "source" not in line} == {
        "started",
        "list read",
        "list done",
    }


@dataclass
class Failing:
    """The tiny model, which fails at one of the recordings."""

    model: SpeechModel
    error: BaseException
    at: int
    count: int = field(default=0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def encode(self, samples: Block) -> Any:
        return self.encode_batch([samples])[0]

    def encode_batch(self, pieces: Sequence[Block]) -> list[Any]:
        self.count += 1
        if self.count == self.at:
            raise self.error
        return self.model.encode_batch(pieces)


def copies(source: Path, folder: Path, count: int) -> list[str]:
    folder.mkdir()
    return [str(shutil.copy(source, folder / f"-{number} x.wav")) for number in range(count)]


def test_after_a_crash_the_next_try_does_the_rest_only(
    samples_folder: Path,
    model: SpeechModel,
    load_model: LoadModel,
    tmp_path: Path,
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    sources = copies(samples_folder / "meeting.wav", tmp_path / "in", 20)
    command = parse([*JSON_ONLY, *sources, str(tmp_path / "out")])
    with pytest.raises(ZeroDivisionError):
        job.run(command, lambda _settings: Failing(model, ZeroDivisionError(), at=19))
    done = {line["source"] for line in lines() if line["message"] == "transcript written"}
    assert done
    assert done < set(sources)
    before = len(lines())
    job.run(command, load_model)
    assert len(list((tmp_path / "out").iterdir())) == 20
    written = {line["source"] for line in lines()[before:] if line["message"] == "transcript written"}
    assert not done & written


def test_memory_that_runs_out_for_one_recording_steps_down_for_this_one_only(
    samples_folder: Path, model: SpeechModel, tmp_path: Path
) -> None:
    sources = copies(samples_folder / "meeting.wav", tmp_path / "in", 3)
    failing = Failing(model, DeviceMemoryError("no more of it"), at=2)
    job.run(parse([*JSON_ONLY, *sources, str(tmp_path / "out")]), lambda _settings: failing)
    modes = [
        json.loads((tmp_path / "out" / f"-{number} x.wav.json").read_text())["model"]["mode"]
        for number in range(3)
    ]
    assert modes == ["full", "segmented", "full"]


WRONG_MANIFESTS = {
    "not JSON": (b"recording.mp3\n", r"line 1: Invalid JSON.*; allowed: {\"bucket\": TEXT, \"key\": TEXT"),
    "no key": (b'\n{"bucket": "b", "etag": "e", "size": 1}', "line 2: key: Field required"),
    "a size in words": (b'{"bucket": "b", "key": "k", "etag": "e", "size": "much"}', "valid integer"),
    "no text": (b"\xff\xfe", "line 1: "),
}


@pytest.mark.parametrize("name", WRONG_MANIFESTS)
def test_a_wrong_manifest_is_refused(name: str, tmp_path: Path) -> None:
    text, message = WRONG_MANIFESTS[name]
    (tmp_path / "list.jsonl").write_bytes(text)
    with pytest.raises(UsageError, match=message):
        job.run(parse(["--manifest", str(tmp_path / "list.jsonl"), str(tmp_path / "out")]), no_model)


def test_a_manifest_that_is_not_there_is_wrong_use(s3: Any, bucket: str) -> None:
    with pytest.raises(UsageError, match=r"1\.jsonl: the manifest can't be read .*there is no such object"):
        job.run(manifest_command(bucket), no_model)


def test_recordings_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_audio(tmp_path / folder / "talk.wav", silence(1))
    sources = [str(tmp_path / folder / "talk.wav") for folder in ("a", "b")]
    with pytest.raises(UsageError, match="their results would have the same names"):
        job.run(parse([*sources, str(tmp_path / "out")]), no_model)


def test_five_in_a_row_that_may_work_later_end_the_list_at_once(worker: RunWorker, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        result = worker(
            *(f"s3://bucket/{number}.mp3" for number in range(20)),
            tmp_path / "out",
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{unused.getsockname()[1]}",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
        )
    assert result.returncode == 75
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert sum(each["message"] == "may work later" for each in events) == 5
    assert str(events[-1]["message"]).startswith("5 recordings in a row: ")


def test_left_over_recordings_end_a_process_with_66(worker: RunWorker, tmp_path: Path) -> None:
    for name in ("a b.mp3", "-c.mp3"):
        (tmp_path / name).write_text("Not audio.\n")
    result = worker("--", tmp_path / "a b.mp3", tmp_path / "-c.mp3", tmp_path / "out", TRANSCRIBER_STACK="s")
    assert result.returncode == 66
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert events[-1]["message"] == "2 recordings of the list are left over."
    assert "failure counted" not in {each["message"] for each in events}
    assert list((tmp_path / "out").iterdir()) == []


def test_a_list_told_to_stop_ends_with_143_and_keeps_what_is_done(
    environment: dict[str, str],
    worker_command: Callable[..., list[str]],
    samples_folder: Path,
    tmp_path: Path,
) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 600).astype(np.float32)
    long = write_audio(tmp_path / "long.wav", noise)
    sources = [samples_folder / "meeting.wav", long, samples_folder / "reminder.mp3"]
    options = [*JSON_ONLY, "--mode", "streaming"]
    with subprocess.Popen(
        worker_command(*options, *sources, tmp_path / "out"),
        cwd=PROJECT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        awaited = {("recognising", str(long)), ("transcript written", str(sources[0]))}
        for line in map(json.loads, process.stderr):
            awaited.discard((line["message"], line.get("source")))
            if not awaited:
                break
        assert not awaited
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait(WORKER_SECONDS) == 143
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["meeting.wav.json"]
