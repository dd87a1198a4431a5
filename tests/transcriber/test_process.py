"""The worker as Batch runs it: a process with an exit code and a log."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from tests.transcriber.conftest import PROJECT, WORKER_SECONDS, RunWorker
from tests.transcriber.media import tone, write_audio, write_video
from transcriber.model.directory import WEIGHTS_FILE


def last_line(log: str) -> dict[str, object]:
    line: dict[str, object] = json.loads(log.splitlines()[-1])
    return line


def test_a_job_from_start_to_end_and_again(
    worker: RunWorker, samples: dict[str, str], samples_folder: Path, tmp_path: Path
) -> None:
    source = samples_folder / "meeting.wav"
    first = worker(source, tmp_path, AWS_BATCH_JOB_ID="j-1")
    assert (first.returncode, first.stdout) == (0, "")
    events = [json.loads(line) for line in first.stderr.splitlines()]
    assert [each["message"] for each in events] == [
        "started",
        "loading model",
        "audio opened",
        "recognising",
        "decoded",
        "transcript written",
    ]
    assert {each["job_id"] for each in events} == {"j-1"}
    assert json.loads((tmp_path / "meeting.wav.json").read_text())["text"] == samples["meeting.wav"]

    second = worker(source, tmp_path, PYTHONPROFILEIMPORTTIME="1")
    assert second.returncode == 0
    assert "transcript exists" in second.stderr
    assert "numpy" in second.stderr
    assert "torch" not in second.stderr
    assert "nemo.collections" not in second.stderr


def text_file(path: Path) -> None:
    path.write_text("Not audio.\n" * 1000)


def video_without_sound(path: Path) -> None:
    write_video(path, 2)


def cut_short(path: Path) -> None:
    write_audio(path, tone(5, 44_100), 44_100, "aac")
    path.write_bytes(path.read_bytes()[:20_000])


def playlist(path: Path) -> None:
    secret = write_audio(path.parent / "secret.wav", tone(5))
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n")


UNUSABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing.mp3": (lambda _: None, "there is no such file"),
    "empty.mp3": (Path.touch, "empty, it has no bytes"),
    "text.mp3": (text_file, "not an audio or video file"),
    "playlist.mp3": (playlist, "not an audio or video file"),
    "silent-film.mkv": (video_without_sound, "no audio track"),
    "cut-short.m4a": (cut_short, "the recording was not finished"),
    "folder.mp3": (Path.mkdir, "not a file"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable_input_ends_with_65_and_a_sentence_alone(
    name: str, worker: RunWorker, tmp_path: Path
) -> None:
    make, reason = UNUSABLE[name]
    make(tmp_path / name)
    result = worker(tmp_path / name, tmp_path / "out", PYTHONPROFILEIMPORTTIME="1")
    assert result.returncode == 65
    line = last_line(result.stderr)
    assert line["level"] == "error"
    assert str(line["message"]).startswith(f"{tmp_path / name}: ")
    assert reason in str(line["message"])
    assert "torch" not in result.stderr
    assert "Traceback" not in result.stderr
    entry = json.loads((tmp_path / "out" / "failures" / f"{name}.json").read_text())
    assert entry["reason"] == line["message"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["only-one"], "Name SOURCE and DESTINATION"),
        (
            ["a.mp3", "out", "--mode", "fast"],
            "--mode is 'fast'; allowed: auto, full, local, streaming, segmented.",
        ),
        (
            ["a.mp3", "out", "--model", "gone.nemo"],
            "--model is 'gone.nemo'; allowed: a prepared directory, a .nemo file",
        ),
        (["s3://bucket", "out"], "s3://BUCKET/KEY"),
        (["a.mp3", "out", "--colour"], "--colour"),
    ],
)
def test_wrong_use_ends_with_2_and_a_sentence(arguments: list[str], message: str, worker: RunWorker) -> None:
    result = worker(*arguments)
    assert result.returncode == 2
    assert message in str(last_line(result.stderr)["message"])
    assert "Traceback" not in result.stderr


def test_unusable_input_does_not_wait_for_the_model(
    worker: RunWorker, prepared_model: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(prepared_model, model)
    (model / WEIGHTS_FILE).unlink()
    # Nobody writes to it, so whoever opens it waits for ever.
    os.mkfifo(model / WEIGHTS_FILE)
    text_file(tmp_path / "a.mp3")
    result = worker(tmp_path / "a.mp3", tmp_path / "out", TRANSCRIBER_MODEL=str(model))
    assert result.returncode == 65
    assert "not an audio or video file" in str(last_line(result.stderr)["message"])


def test_a_wrong_variable_ends_with_2_and_its_name(worker: RunWorker) -> None:
    result = worker("a.mp3", "out", TRANSCRIBER_CHUNK_SECONDS="soon")
    assert result.returncode == 2
    assert last_line(result.stderr)["message"] == (
        "TRANSCRIBER_CHUNK_SECONDS is 'soon'; allowed: seconds from 1 to 600."
    )


def test_an_unreachable_endpoint_ends_with_75(worker: RunWorker) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        result = worker(
            "s3://bucket/a.mp3",
            "s3://bucket/out/",
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{unused.getsockname()[1]}",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
        )
    assert result.returncode == 75
    assert "S3 can't be reached" in str(last_line(result.stderr)["message"])


def test_a_model_that_is_not_in_the_image_ends_with_2(
    worker: RunWorker, samples_folder: Path, tmp_path: Path
) -> None:
    result = worker(
        samples_folder / "meeting.wav", tmp_path, TRANSCRIBER_MODEL="some/model", HF_HOME=str(tmp_path / "hf")
    )
    assert result.returncode == 2
    assert "some/model: not in the model cache" in str(last_line(result.stderr)["message"])


def test_a_fault_nobody_foresaw_ends_with_1_and_one_line(
    worker: RunWorker, samples_folder: Path, tmp_path: Path
) -> None:
    # A package that breaks as it is imported: something that no part of the worker reckons with.
    (tmp_path / "nemo").mkdir()
    (tmp_path / "nemo" / "__init__.py").write_text("raise ZeroDivisionError('broken installation')")
    result = worker(samples_folder / "meeting.wav", tmp_path / "out", PYTHONPATH=str(tmp_path))
    assert result.returncode == 1
    line = last_line(result.stderr)
    assert line["message"] == "Unforeseen: ZeroDivisionError('broken installation')"
    assert "Traceback" in str(line["traceback"])
    assert "ZeroDivisionError" in str(line["traceback"])


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("loading model", signal.SIGTERM),
        ("loading model", signal.SIGINT),
        ("recognising", signal.SIGTERM),
    ],
)
def test_a_worker_told_to_stop_ends_with_143_and_writes_nothing(
    moment: str,
    number: signal.Signals,
    environment: dict[str, str],
    worker_command: Callable[..., list[str]],
    tmp_path: Path,
) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 600).astype(np.float32)
    source = write_audio(tmp_path / "long.wav", noise)
    with subprocess.Popen(
        worker_command(source, tmp_path / "out", "--mode", "streaming"),
        cwd=PROJECT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert any(json.loads(line)["message"] == moment for line in process.stderr)
        process.send_signal(number)
        rest = process.stderr.read()
        assert process.wait(WORKER_SECONDS) == 143
    assert last_line(rest)["message"] == f"Told to stop by {number.name}."
    assert list((tmp_path / "out").iterdir()) == []


def test_help_is_printed(worker: RunWorker) -> None:
    result = worker("--help")
    assert result.returncode == 0
    assert result.stdout.startswith("usage: python -m transcriber [options] SOURCE... DESTINATION")


class HangingS3(BaseHTTPRequestHandler):
    """S3 with one object, of which the first bytes come and then no more."""

    reading = threading.Event()
    written: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        is_there = self.path.endswith((".wav", "/results"))
        self.send_response(200 if is_there else 404)
        self.send_header("ETag", '"e"')
        self.send_header("Content-Length", "10000000" if is_there else "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(206)
        self.send_header("Content-Length", "4194304")
        self.end_headers()
        self.wfile.write(b"RIFF")
        self.wfile.flush()
        self.reading.set()
        self.connection.recv(1)

    def do_PUT(self) -> None:
        self.written.append(self.path)

    def log_message(self, format: str, *arguments: object) -> None:
        return


def test_a_worker_told_to_stop_while_it_waits_for_s3_stops_in_time(
    environment: dict[str, str], worker_command: Callable[..., list[str]]
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), HangingS3) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        with subprocess.Popen(
            worker_command("s3://recordings/a.wav", "s3://results/out/"),
            cwd=PROJECT,
            env={
                **environment,
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            stderr=subprocess.PIPE,
        ) as process:
            assert HangingS3.reading.wait(WORKER_SECONDS)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 143
        server.shutdown()
    assert HangingS3.written == []
