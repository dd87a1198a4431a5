"""Taking a stack down that is at work."""

from pathlib import Path

import numpy as np

from local.pipeline import read_config, start_pipeline
from local.recordings import follow
from tests.pipeline.service import Service
from tests.transcriber.media import write_audio


def test_a_stack_with_jobs_queued_and_running_goes_and_leaves_no_process(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 1200).astype(np.float32)
    recording = write_audio(tmp_path / "long.wav", noise)
    with start_pipeline(read_config(["enableStreaming=true"]), tmp_path / "pipeline", slots=1) as pipeline:
        service = Service(pipeline, tmp_path)
        uploads = [service.upload(recording, f"{number}.wav") for number in range(3)]
        for transcriptions in follow(service.running, uploads):
            running = [each.job for each in transcriptions if each.status == "RUNNING"]
            if running and all(each.job for each in transcriptions):
                break
        process = service.process_of(running[0])
        assert process is not None
    assert service.process_of(running[0]) is None
    assert not Path(f"/proc/{process}").exists()
