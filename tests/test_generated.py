"""The parts of files that `make docs` writes from the code are up to date."""

import pytest
import yaml

from components.settings import described_fields
from docs.generate import PAGE, PROJECT_FILE, declarations, generated, table
from tests.components.graph import ROOT
from transcriber.options import TranscriptionOptions, allowed_values
from transcriber.settings import JobIdentity, Settings


@pytest.mark.parametrize("path", [PROJECT_FILE, PAGE], ids=str)
def test_a_file_is_as_make_docs_writes_it(path: object) -> None:
    (text,) = (text for each, text in generated(ROOT).items() if each == path)
    assert (ROOT / str(path)).read_text() == text


def test_each_key_is_declared_and_described_once() -> None:
    keys = list(described_fields())
    declared = yaml.safe_load(declarations(described_fields()))
    assert list(declared) == keys
    assert [line.split("`")[1] for line in table(described_fields()).splitlines()[2:]] == keys


def test_every_option_says_what_it_is_and_what_is_allowed() -> None:
    options = Settings.model_fields.keys() - JobIdentity.model_fields.keys()
    assert TranscriptionOptions.model_fields.keys() <= options
    for name in options:
        field = Settings.model_fields[name]
        assert field.description
        assert "None" not in allowed_values(name, field)
