"""How to call this program again, as a line for a shell."""

import shlex
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
MODULE = "local"


def command(*arguments: str) -> str:
    """Return the line that runs the command ``arguments`` in the project's folder, by this same Python.

    ``arguments`` are taken as they are, so that they may hold placeholders such as FILE.
    """
    interpreter = Path(sys.executable)
    if interpreter.is_relative_to(PROJECT):
        interpreter = interpreter.relative_to(PROJECT)
    return " ".join([shlex.quote(str(interpreter)), "-m", MODULE, *arguments])
