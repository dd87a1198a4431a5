"""What a pipeline writes into its folder while it is up."""

import logging
from pathlib import Path

import pytest

from local.session import LOG_FILE, open_session


def test_the_log_has_what_the_emulator_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_session(tmp_path):
        logging.getLogger("emulator.batch.scheduler").info("Job talk is RUNNING")
    assert "INFO emulator.batch.scheduler: Job talk is RUNNING" in (tmp_path / LOG_FILE).read_text()
    assert capsys.readouterr() == ("", "")
