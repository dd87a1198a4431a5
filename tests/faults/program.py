"""What `python` is in the image of a campaign: it lets `worker.py` fork the worker, and ends as that ends.

Usage: `python program.py SOCKET PYTHON ARGUMENT...`. Run by path and without site-packages, so that it costs
milliseconds. A job of a key under `SPEECH` becomes the worker of the image itself, with the tiny model.
"""

import json
import os
import signal
import socket
import sys

SPEECH = "speech/"
RECEIVED_BYTES = 1 << 20
TERMINATE = b"T"


def main(socket_path: str, python: str, arguments: list[str]) -> None:
    """Run the worker with ``arguments``, ``-m transcriber --object BUCKET KEY DESTINATION``."""
    name = f"{os.environ['AWS_BATCH_JOB_ID']}.{os.environ['AWS_BATCH_JOB_ATTEMPT']}"
    if arguments[-2].startswith(SPEECH):
        # Part of the user agent: by it the proxy knows which process a request is of.
        os.environ["AWS_SDK_UA_APP_ID"] = f"{name}.{os.getpid()}"
        os.execv(python, [python, *arguments])
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(socket_path)
        signal.signal(signal.SIGTERM, lambda *_: connection.send(TERMINATE))
        job = {
            "name": name,
            "arguments": arguments[2:],
            "folder": os.getcwd(),  # noqa: PTH109
            "environment": dict(os.environ),
        }
        socket.send_fds(connection, [json.dumps(job).encode()], [1, 2])
        exit_code = int(connection.recv(16) or -signal.SIGKILL)
    if exit_code < 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), -exit_code)
    sys.exit(exit_code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
