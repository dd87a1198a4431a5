"""Layers of an image: what they hold and what they weigh."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from image_trial.engine import Archives, Build, Layer, layers_of
from image_trial.layers import LayerSize, compressed_size, measure, name_of, table, with_real_model

PACKAGES = "/opt/venv/lib/python3.12/site-packages"
CONTENTS = {"sha256:a": b"base" * 10_000, "sha256:b": b"torch" * 20_000}


class StoredImage:
    """An engine with the image of `CONTENTS` that counts how often a layer is read."""

    def __init__(self) -> None:
        self.reads = 0

    def layers(self, _build: Build) -> list[Layer]:
        return [Layer("sha256:a", "ADD file"), Layer("sha256:b", f"COPY dir:1 in {PACKAGES}/torch")]

    @contextmanager
    def archives(self, _build: Build) -> Iterator[Archives]:
        def archive(layer: Layer) -> Iterator[bytes]:
            self.reads += 1
            yield from (CONTENTS[layer.digest][start : start + 1000] for start in range(0, 100_000, 1000))

        yield archive


@pytest.mark.parametrize(
    ("made_by", "name"),
    [
        (f"/bin/sh -c #(nop) COPY dir:0a1b in {PACKAGES}/nvidia/cu13", "CUDA"),
        (f"COPY /opt/large/torch {PACKAGES}/torch # buildkit", "torch"),
        ("COPY /opt/venv /opt/venv # buildkit", "other packages"),
        ("/bin/sh -c #(nop) COPY dir:2c in /opt/model", "model"),
        ("COPY transcriber transcriber # buildkit", "worker"),
        ("RUN /bin/sh -c python -m compileall -q transcriber # buildkit", "worker"),
        ("RUN /bin/sh -c dnf install --assumeyes python3.12", "base"),
        ("", "base"),
    ],
)
def test_a_layer_is_named_by_what_was_copied_into_it(made_by: str, name: str) -> None:
    assert name_of(made_by) == name


def test_instructions_that_made_no_layer_are_passed_over() -> None:
    configuration = {
        "history": [
            {"created_by": "ADD"},
            {"created_by": "ENV", "empty_layer": True},
            {"created_by": "COPY"},
        ],
        "rootfs": {"diff_ids": ["sha256:a", "sha256:b"]},
    }
    assert layers_of(configuration) == [Layer("sha256:a", "ADD"), Layer("sha256:b", "COPY")]


def test_a_layer_weighs_what_gzip_makes_of_it() -> None:
    pieces = [b"a" * 1000, b"b" * 5000]
    compressed, plain = compressed_size(pieces)
    assert plain == 6000
    assert abs(compressed - len(gzip.compress(b"".join(pieces), 6))) < 20


def test_a_layer_is_compressed_once(tmp_path: Path) -> None:
    engine = StoredImage()
    first = measure(engine, Build(), tmp_path)  # type: ignore[arg-type]
    again = measure(engine, Build(), tmp_path)  # type: ignore[arg-type]
    assert first == again
    assert engine.reads == len(CONTENTS)
    assert [(each.name, each.unpacked_bytes) for each in first] == [("base", 40_000), ("torch", 100_000)]
    assert set(json.loads((tmp_path / "layer-sizes.json").read_text())) == CONTENTS.keys()


def test_the_real_model_takes_the_place_of_the_tiny_one() -> None:
    layers = [
        LayerSize("torch", 500_000_000, 900_000_000),
        LayerSize("model", 3_000_000, 4_000_000),
        LayerSize("worker", 1_000_000, 2_000_000),
        LayerSize("worker", 2_000_000, 3_000_000),
    ]
    assert with_real_model(layers) == (503_000_000 + 1_255_000_000 * 3 / 4, 503_000_000 + 1_255_000_000)
    lines = [line.split() for line in table(layers)]
    assert ["worker", "3", "5"] in lines
    assert ["all", "506", "909"] in lines
