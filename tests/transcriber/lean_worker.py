"""Decode a recording in every mode with a prepared model, in a process that has not imported NeMo before."""

import json
import sys
from dataclasses import astuple
from pathlib import Path


def main(directory: Path, recording: Path) -> None:
    import torch

    torch.set_num_threads(1)

    from transcriber.audio.reader import AudioReader
    from transcriber.model.nemo_model import NemoModel
    from transcriber.recognition.modes import MODES, Geometry

    model = NemoModel.load(directory, "cpu", "fp32")
    words = {}
    for name, mode in MODES.items():
        with recording.open("rb") as file, AudioReader(file, recording.name) as audio:
            found = mode.recognise(audio.blocks(), model, Geometry(4, 2, 1))
            words[name] = [astuple(word) for word in found]
    packages = sorted({name.partition(".")[0] for name in sys.modules})
    print(json.dumps({"words": words, "packages": packages, "module_count": len(sys.modules)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
