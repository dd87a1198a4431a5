"""Run the script of an `aws:executeScript` step: `script_step.py FOLDER MODULE HANDLER`.

The payload comes on standard input and the result goes to standard output, both as JSON.
"""

import importlib
import json
import sys


def main(folder: str, module: str, handler: str) -> None:
    """Import ``module`` from ``folder`` and call its function ``handler`` with the payload."""
    sys.path.insert(0, folder)
    script = importlib.import_module(module)
    json.dump(getattr(script, handler)(json.load(sys.stdin), {}), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
