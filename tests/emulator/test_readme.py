"""The example of the emulator's README does what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

EMULATOR = Path(__file__).resolve().parents[2] / "emulator"
README = (EMULATOR / "README.md").read_text()


def test_the_example_runs_a_job(tmp_path: Path) -> None:
    (project,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    program, script = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "Pulumi.yaml").write_text(project)
    (tmp_path / "program" / "__main__.py").write_text(program)
    (tmp_path / "example.py").write_text(script)
    # Of the project there is the emulator alone.
    (tmp_path / "emulator").symlink_to(EMULATOR)
    result = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    (printed,) = re.findall(r"It prints `(.+?)`", README)
    assert (result.stdout, result.stderr) == (f"{printed}\n", "")
