"""Whole jobs in this process, with the tiny model loaded once."""

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from emulator.cloud import LocalCloud
from tests.transcriber.conftest import LoadModel
from tests.transcriber.media import silence, tone, write_audio
from transcriber import job
from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.command_line import parse
from transcriber.errors import FaultError, UnusableInputError, UsageError
from transcriber.recognition.modes import SpeechModel
from transcriber.results import formats
from transcriber.settings import Settings
from transcriber.transcript.document import SCHEMA_FILE, Segment, Transcript, TranscriptHead


@pytest.fixture(autouse=True)
def _tiny_model(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    monkeypatch.setenv("TRANSCRIBER_MODEL", str(tiny_model))


@pytest.fixture
def meeting(samples_folder: Path) -> Path:
    return samples_folder / "meeting.wav"


def no_model(_settings: Settings) -> SpeechModel:
    raise AssertionError("The model was loaded for nothing.")


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_a_recording_becomes_all_its_results(
    meeting: Path, samples: dict[str, str], load_model: LoadModel, tmp_path: Path
) -> None:
    job.run(parse([str(meeting), str(tmp_path)]), load_model)
    names = ["meeting.wav.json", "meeting.wav.srt", "meeting.wav.txt", "meeting.wav.vtt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    transcript = read(tmp_path / "meeting.wav.json")
    jsonschema.validate(transcript, json.loads(SCHEMA_FILE.read_text()))
    assert transcript["text"] == samples["meeting.wav"]
    assert (tmp_path / "meeting.wav.txt").read_text() == samples["meeting.wav"] + "\n"


@pytest.mark.parametrize("options", [[], ["--channels", "split"]], ids=["mix", "split"])
def test_no_segment_is_longer_than_the_settings_allow(
    model: SpeechModel,
    samples_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
) -> None:
    encoded: list[float] = []
    encode = model.encode_batch

    def measured(pieces: Sequence[Block]) -> list[Any]:
        encoded.extend(len(piece) / SAMPLE_RATE for piece in pieces)
        return encode(pieces)

    monkeypatch.setattr(model, "encode_batch", measured)
    recording = samples_folder / "reminder.mp3"
    segments = ["--max-speech-segment-seconds", "5"]
    job.run(parse([str(recording), str(tmp_path), *segments, *options]), lambda _settings: model)
    assert read(tmp_path / "reminder.mp3.json")["model"]["mode"] == "segmented"
    assert len(encoded) >= 2
    assert max(encoded) <= 5


def test_a_transcript_tells_where_it_comes_from(
    meeting: Path, load_model: LoadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BATCH_JOB_ID", "j-1")
    monkeypatch.setenv("AWS_BATCH_JOB_ATTEMPT", "2")
    job.run(parse([str(meeting), str(tmp_path), "--mode", "local"]), load_model)
    transcript = Transcript.model_validate_json((tmp_path / "meeting.wav.json").read_text())
    assert transcript.source.uri == str(meeting)
    assert transcript.source.size_bytes == meeting.stat().st_size
    assert transcript.source.duration_seconds == pytest.approx(4.118, abs=0.01)
    assert (transcript.source.container, transcript.source.codec) == ("wav", "pcm_s16le")
    assert (transcript.source.sample_rate, transcript.source.channels) == (44_100, 2)
    assert (transcript.model.name, transcript.model.mode) == ("tiny.nemo", "local")
    assert transcript.model.precision == "fp32"
    assert transcript.model.revision is None
    processing = transcript.processing
    assert (processing.job_id, processing.attempt, processing.device) == ("j-1", 2, "cpu")
    # Decoding goes on beside the other two.
    parts = processing.load_seconds + processing.inference_seconds
    assert 0 < parts <= processing.total_seconds + 0.002
    assert 0 < processing.decode_seconds <= processing.total_seconds


def test_streaming_settings_reach_the_mode(
    samples: dict[str, str], samples_folder: Path, load_model: LoadModel, tmp_path: Path
) -> None:
    source = samples_folder / "street-scene.mp4"
    options = ["--mode", "streaming", "--chunk-seconds", "4", "--formats", "json"]
    job.run(parse([str(source), str(tmp_path), *options]), load_model)
    transcript = read(tmp_path / "street-scene.mp4.json")
    assert transcript["model"]["mode"] == "streaming"
    assert len(transcript["text"].split()) == len(samples["street-scene.mp4"].split())


def test_json_is_written_whatever_the_formats(meeting: Path, load_model: LoadModel, tmp_path: Path) -> None:
    job.run(parse([str(meeting), str(tmp_path), "--formats", "txt"]), load_model)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["meeting.wav.json", "meeting.wav.txt"]


def test_the_same_recording_again_does_no_work(meeting: Path, load_model: LoadModel, tmp_path: Path) -> None:
    command = parse([str(meeting), str(tmp_path)])
    job.run(command, load_model)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    job.run(command, no_model)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_changed_recording_is_transcribed_again(load_model: LoadModel, tmp_path: Path) -> None:
    source = write_audio(tmp_path / "a.wav", silence(1))
    command = parse([str(source), str(tmp_path / "out")])
    job.run(command, load_model)
    write_audio(source, silence(2))
    job.run(command, load_model)
    assert read(tmp_path / "out" / "a.wav.json")["source"]["duration_seconds"] == 2


def test_force_transcribes_again(meeting: Path, load_model: LoadModel, tmp_path: Path) -> None:
    job.run(parse([str(meeting), str(tmp_path)]), load_model)
    with pytest.raises(AssertionError, match="loaded for nothing"):
        job.run(parse([str(meeting), str(tmp_path), "--force"]), no_model)


def test_silence_makes_an_empty_transcript(load_model: LoadModel, tmp_path: Path) -> None:
    source = write_audio(tmp_path / "silence.mp3", silence(3, 44_100), 44_100, "libmp3lame")
    job.run(parse([str(source), str(tmp_path / "out")]), load_model)
    transcript = read(tmp_path / "out" / "silence.mp3.json")
    assert (transcript["text"], transcript["segments"]) == ("", [])
    jsonschema.validate(transcript, json.loads(SCHEMA_FILE.read_text()))


def test_unusable_input_leaves_the_reason_and_needs_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BATCH_JOB_ID", "j-1")
    monkeypatch.setenv("AWS_BATCH_JOB_ATTEMPT", "1")
    source = tmp_path / "notes.mp3"
    source.write_text("Not audio.\n" * 100)
    with pytest.raises(UnusableInputError, match="not an audio or video file"):
        job.run(parse([str(source), str(tmp_path / "out")]), no_model)
    entry = read(tmp_path / "out" / "failures" / "notes.mp3.json")
    assert entry["source_uri"] == str(source)
    assert entry["source_etag"]
    assert "not an audio or video file" in entry["reason"]
    assert (entry["exit_code"], entry["job_id"], entry["attempt"]) == (65, "j-1", 1)
    assert not (tmp_path / "out" / "notes.mp3.json").exists()


def test_failures_go_where_they_are_told_to(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    options = ["--failures", str(tmp_path / "elsewhere")]
    with pytest.raises(UnusableInputError, match="empty"):
        job.run(parse([str(tmp_path / "empty.mp3"), str(tmp_path / "out"), *options]), no_model)
    assert "empty" in read(tmp_path / "elsewhere" / "empty.mp3.json")["reason"]


MEETING = [
    ("failures/a.wav", "", None),
    ("failures/a.wav", "out", None),
    ("a.wav", "out", "out"),
    ("reasons/a.wav", "out/", "out/reasons/"),
    ("out/a.wav", "both/out", "both"),
]


@pytest.mark.parametrize(
    ("kind", "key", "destination", "failures"),
    [
        *(("s3", *each) for each in MEETING),
        *(("folder", *each) for each in MEETING),
        ("folder", "a.wav", "out", "./elsewhere/../out/"),
    ],
)
def test_results_and_failures_never_meet(
    s3: Any, bucket: str, tmp_path: Path, kind: str, key: str, destination: str, failures: str | None
) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    root = f"s3://{bucket}" if kind == "s3" else str(tmp_path)
    options = ["--failures", f"{root}/{failures}"] if failures else []
    with pytest.raises(UsageError, match="allowed: --failures outside the destination"):
        job.run(parse([*options, "--object", bucket, key, f"{root}/{destination}"]), no_model)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_the_failures_is_the_place_itself(s3: Any, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "reasons").symlink_to(tmp_path / "out")
    options = ["--failures", str(tmp_path / "reasons")]
    with pytest.raises(UsageError, match="outside the destination"):
        job.run(parse([*options, "--object", bucket, "a.wav", str(tmp_path / "out")]), no_model)


def test_a_destination_that_can_not_be_used_is_found_out_first(meeting: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="no folder for results"):
        job.run(parse([str(meeting), str(tmp_path / "file")]), no_model)


class BrokenFormat:
    name = "srt"
    suffix = ".srt"
    content_type = "text/plain"

    def render(self, head: TranscriptHead, segments: Iterable[Segment]) -> Iterator[str]:
        yield "1\n"
        raise KeyError("cue")


def test_a_format_that_fails_costs_neither_json_nor_the_others(
    meeting: Path, load_model: LoadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(formats.FORMATS, "srt", BrokenFormat())
    with pytest.raises(FaultError, match="not in all formats"):
        job.run(parse([str(meeting), str(tmp_path)]), load_model)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".txt", ".vtt"]


def test_from_s3_to_s3(
    s3: Any, bucket: str, meeting: Path, samples: dict[str, str], load_model: LoadModel
) -> None:
    key = "calls/Jörg & Åsa/-a+b=c (1).wav"
    s3.upload_file(str(meeting), bucket, key)
    command = parse(["--object", bucket, key, f"s3://{bucket}/transcripts/"])
    job.run(command, load_model)
    answer = s3.get_object(Bucket=bucket, Key=f"transcripts/{key}.json")
    transcript = json.loads(answer["Body"].read())
    assert transcript["text"] == samples["meeting.wav"]
    assert transcript["source"]["uri"] == f"s3://{bucket}/{key}"
    etag = s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
    assert transcript["source"]["etag"] == answer["Metadata"]["source-etag"] == etag
    written = {each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert written == {key, *(f"transcripts/{key}.{suffix}" for suffix in ("json", "srt", "vtt", "txt"))}
    job.run(command, no_model)


def test_json_comes_last_in_s3(s3: Any, bucket: str, meeting: Path, load_model: LoadModel) -> None:
    s3.upload_file(str(meeting), bucket, "a.wav")
    job.run(parse([f"s3://{bucket}/a.wav", f"s3://{bucket}/out/"]), load_model)
    entries = s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]
    assert max(entries, key=lambda entry: entry["LastModified"])["Key"] == "out/a.wav.json"


def test_from_s3_to_a_folder_never_leaves_it(
    s3: Any, bucket: str, meeting: Path, load_model: LoadModel, tmp_path: Path
) -> None:
    s3.upload_file(str(meeting), bucket, "../up.wav")
    job.run(parse(["--object", bucket, "../up.wav", str(tmp_path / "out"), "--formats", "json"]), load_model)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")] == [
        "out/%2E%2E/up.wav.json"
    ]


def test_a_key_too_long_for_its_results_is_recorded_under_a_shorter_name(s3: Any, bucket: str) -> None:
    key = "long/" + "é" * 507 + ".wav"
    s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    with pytest.raises(UnusableInputError, match="too long"):
        job.run(parse(["--object", bucket, key, f"s3://{bucket}/transcripts/"]), no_model)
    (entry,) = s3.list_objects_v2(Bucket=bucket, Prefix="transcripts/failures/")["Contents"]
    content = json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
    assert content["source_uri"] == f"s3://{bucket}/{key}"
    assert "too long" in content["reason"]
    assert "é.wav-" in entry["Key"]


def test_an_entry_shows_what_a_terminal_would_obey(s3: Any, bucket: str) -> None:
    key = "calls/\x9b2J\x7f\u202egnp.wav"
    s3.put_object(Bucket=bucket, Key=key, Body=b"not audio")
    with pytest.raises(UnusableInputError):
        job.run(parse(["--object", bucket, key, f"s3://{bucket}/out/"]), no_model)
    body = s3.get_object(Bucket=bucket, Key=f"out/failures/{key}.json")["Body"].read().decode()
    assert body.replace("\n", "").isprintable()
    assert json.loads(body)["source_uri"] == f"s3://{bucket}/{key}"


def test_a_recording_that_was_deleted_is_recorded(s3: Any, bucket: str) -> None:
    command = [
        "--failures",
        f"s3://{bucket}/failures/",
        "--object",
        bucket,
        "gone.wav",
        f"s3://{bucket}/out/",
    ]
    with pytest.raises(UnusableInputError, match="deleted before its turn"):
        job.run(parse(command), no_model)
    entry = json.loads(s3.get_object(Bucket=bucket, Key="failures/gone.wav.json")["Body"].read())
    assert entry["source_etag"] is None
    assert "deleted before its turn" in entry["reason"]


def test_a_missing_bucket_for_results_is_found_out_first(s3: Any, bucket: str, meeting: Path) -> None:
    s3.upload_file(str(meeting), bucket, "a.wav")
    with pytest.raises(UsageError, match="no such bucket"):
        job.run(parse(["--object", bucket, "a.wav", f"s3://missing-{uuid.uuid4()}/"]), no_model)


def test_the_rights_that_the_job_role_has_are_enough(
    cloud: LocalCloud,
    s3: Any,
    bucket: str,
    meeting: Path,
    load_model: LoadModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output = f"output-{uuid.uuid4()}"
    s3.create_bucket(Bucket=output)
    s3.upload_file(str(meeting), bucket, "a.wav")
    s3.put_object(Bucket=bucket, Key="bad.wav", Body=b"not audio")
    s3.put_object(Bucket=output, Key="transcripts/failures/a.wav.json", Body=b"{}")
    iam, name = cloud.client("iam"), f"user-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    statements = [
        {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"},
        {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{output}/*"},
        {"Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{output}/transcripts/failures/*"},
        {"Action": "s3:ListBucket", "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{output}"]},
    ]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
    iam.put_user_policy(UserName=name, PolicyName="job", PolicyDocument=json.dumps(policy))
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    job.run(parse(["--object", bucket, "a.wav", f"s3://{output}/transcripts/"]), load_model)
    with pytest.raises(UnusableInputError):
        job.run(parse(["--object", bucket, "bad.wav", f"s3://{output}/transcripts/"]), no_model)
    written = [each["Key"] for each in s3.list_objects_v2(Bucket=output)["Contents"]]
    assert "transcripts/a.wav.json" in written
    assert "transcripts/failures/bad.wav.json" in written


def test_what_an_attempt_left_that_was_killed_after_its_transcript_is_cleared_by_the_next(
    meeting: Path, load_model: LoadModel, tmp_path: Path
) -> None:
    command = parse([str(meeting), str(tmp_path / "out")])
    job.run(command, load_model)
    older = tmp_path / "out" / "failures" / f"{meeting.name}.json"
    older.parent.mkdir()
    older.write_text("{}")
    job.run(command, no_model)
    assert not older.exists()


def test_a_tone_is_no_reason_to_fail(load_model: LoadModel, tmp_path: Path) -> None:
    source = write_audio(tmp_path / "tone.wav", tone(0.02))
    job.run(parse([str(source), str(tmp_path / "out")]), load_model)
    assert (tmp_path / "out" / "tone.wav.json").exists()


def upload(s3: Any, bucket: str, body: bytes) -> None:
    s3.put_object(Bucket=bucket, Key="a.wav", Body=body)


def test_of_a_recording_that_is_replaced_meanwhile_nothing_is_written(
    s3: Any, bucket: str, meeting: Path, load_model: LoadModel
) -> None:
    upload(s3, bucket, meeting.read_bytes())
    command = parse(["--formats", "json,txt", "--object", bucket, "a.wav", f"s3://{bucket}/out/"])
    model = load_model(Settings.read())
    replace = Acting(model, lambda: upload(s3, bucket, b"another one"))
    job.run(command, lambda _settings: replace)
    keys = {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert keys == {"a.wav"}


def test_a_recording_that_is_deleted_meanwhile_gets_its_transcript(
    s3: Any, bucket: str, meeting: Path, load_model: LoadModel
) -> None:
    upload(s3, bucket, meeting.read_bytes())
    model = load_model(Settings.read())
    deleting = Acting(model, lambda: s3.delete_object(Bucket=bucket, Key="a.wav"))
    job.run(
        parse(["--formats", "json", "--object", bucket, "a.wav", f"s3://{bucket}/out/"]),
        lambda _settings: deleting,
    )
    keys = {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert keys == {"out/a.wav.json"}


def test_a_transcript_takes_away_why_an_older_upload_had_none(
    s3: Any, bucket: str, meeting: Path, load_model: LoadModel
) -> None:
    command = parse(["--formats", "json", "--object", bucket, "a.wav", f"s3://{bucket}/out/"])
    upload(s3, bucket, b"not audio")
    with pytest.raises(UnusableInputError):
        job.run(command, no_model)
    upload(s3, bucket, meeting.read_bytes())
    job.run(command, load_model)
    keys = {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert keys == {"a.wav", "out/a.wav.json"}


@dataclass
class Acting:
    """A model that does something when it has heard all."""

    model: SpeechModel
    act: Callable[[], object]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def decode(self, encoded: Any, state: Any = None) -> Any:
        result = self.model.decode(encoded, state)
        self.act()
        return result
