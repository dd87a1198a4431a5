"""Shell lines that call this program again."""

import shlex
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
MODULE = "local"


def command(*arguments: str) -> str:
    """Return the shell line that runs ``arguments`` in the project's folder, with this Python.

    ``arguments`` are not quoted, so that they can contain placeholders such as FILE.
    """
    interpreter = Path(sys.executable)
    if interpreter.is_relative_to(PROJECT):
        interpreter = interpreter.relative_to(PROJECT)
    return " ".join([shlex.quote(str(interpreter)), "-m", MODULE, *arguments])
