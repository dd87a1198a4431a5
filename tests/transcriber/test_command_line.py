import pytest

from transcriber.command_line import parse
from transcriber.errors import UsageError
from transcriber.options import DEFAULT_MODEL, DEFAULT_REVISION


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRANSCRIBER_MODEL", raising=False)


def test_source_and_destination() -> None:
    command = parse(["talk.mp3", "out/"])
    assert (command.sources, command.destination, command.is_list) == (("talk.mp3",), "out/", False)


def test_several_sources_are_a_list() -> None:
    command = parse(["a.mp3", "s3://calls/b c.mp3", "--mode", "full", "c.mp3", "out/"])
    assert command.sources == ("a.mp3", "s3://calls/b c.mp3", "c.mp3")
    assert (command.destination, command.is_list) == ("out/", True)


def test_a_manifest_is_a_list() -> None:
    command = parse(["--manifest", "s3://out/manifests/1.jsonl", "s3://out/"])
    assert (command.manifest, command.sources) == ("s3://out/manifests/1.jsonl", ())
    assert (command.destination, command.is_list) == ("s3://out/", True)


def test_bucket_key_and_destination() -> None:
    command = parse(["--object", "bucket", "calls/a b+c.mp3", "s3://out/"])
    assert (command.sources, command.is_list) == (("s3://bucket/calls/a b+c.mp3",), False)


@pytest.mark.parametrize(
    "key",
    ["-a.mp3", "--mode", "--", "-- --.mp3", "a --mode b", "../a.mp3", "/a.mp3", "[1,2]", "--object"],
)
def test_any_key_is_a_key(key: str) -> None:
    command = parse(["--mode", "full", "--object", "bucket", key, "s3://out/"])
    assert (command.sources, command.settings.mode) == ((f"s3://bucket/{key}",), "full")


def test_after_a_double_dash_any_name_is_a_name() -> None:
    assert parse(["--", "--object", "--manifest", "out"]).sources == ("--object", "--manifest")


def test_options_may_stand_anywhere() -> None:
    settings = parse(["talk.mp3", "--mode", "local", "out/", "--force"]).settings
    assert settings.mode == "local"
    assert settings.force


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["a"],
        ["--manifest", "m"],
        ["--manifest", "m", "a", "out"],
        ["--object", "b", "k"],
        ["--object", "b", "k", "a", "out"],
    ],
)
def test_a_wrong_number_of_names_is_refused(names: list[str]) -> None:
    with pytest.raises(UsageError, match="Name SOURCE and DESTINATION"):
        parse(names)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--object", "bucket"], "--object needs BUCKET and KEY"),
        (["--manifest", "m", "--object", "b", "k", "out"], "Name --object or --manifest, not both"),
    ],
)
def test_half_an_object_or_two_kinds_of_source_are_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(arguments)


def test_variables_and_options_are_the_same_settings_and_options_go_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRANSCRIBER_MODE", "streaming")
    monkeypatch.setenv("TRANSCRIBER_CHUNK_SECONDS", "30")
    monkeypatch.setenv("TRANSCRIBER_FORMATS", "json, txt")
    settings = parse(["a", "b", "--chunk-seconds", "10"]).settings
    assert (settings.mode, settings.chunk_seconds, settings.formats) == ("streaming", 10, ("json", "txt"))


def test_an_empty_variable_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBER_MODE", "")
    assert parse(["a", "b"]).settings.mode == "auto"


WRONG = [
    ("--mode", "fast", "auto, full, local, streaming"),
    ("--chunk-seconds", "ten", "seconds from 1 to 600"),
    ("--chunk-seconds", "0", "seconds from 1 to 600"),
    ("--chunk-seconds", "nan", "seconds from 1 to 600"),
    ("--left-context-seconds", "-1", "seconds from 0 to 300"),
    ("--right-context-seconds", "301", "seconds from 0 to 300"),
    ("--formats", "json,docx", "a comma-separated list of json, srt, vtt, txt"),
    ("--device", "tpu", "auto, cpu, cuda"),
    ("--precision", "int8", "auto, fp32, bf16"),
    ("--model", "/nowhere/tiny.nemo", "a prepared directory, a .nemo file or a Hugging Face name"),
    ("--model", "parakeet", "a prepared directory, a .nemo file or a Hugging Face name"),
]


@pytest.mark.parametrize(("option", "value", "allowed"), WRONG)
def test_a_wrong_value_is_refused_with_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, option: str, value: str, allowed: str
) -> None:
    with pytest.raises(UsageError) as by_option:
        parse(["a", "b", f"{option}={value}"])
    assert str(by_option.value).startswith(f"{option} is {value!r}; allowed: {allowed}")

    variable = "TRANSCRIBER_" + option.removeprefix("--").replace("-", "_").upper()
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError) as by_variable:
        parse(["a", "b"])
    assert str(by_variable.value).startswith(f"{variable} is {value!r}; allowed: {allowed}")


@pytest.mark.parametrize("option", ["--fast", "--mod"])
def test_an_unknown_option_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match=option):
        parse(["a", "b", option])


def test_the_default_model_is_pinned_to_a_commit() -> None:
    settings = parse(["a", "b"]).settings
    assert (settings.model, settings.pinned_revision) == (DEFAULT_MODEL, DEFAULT_REVISION)
    assert settings.licence == "CC-BY-4.0"


def test_another_model_has_its_own_revision() -> None:
    assert parse(["a", "b", "--model", "some/model"]).settings.pinned_revision is None
    assert (
        parse(["a", "b", "--model", "some/model", "--model-revision", "v1"]).settings.pinned_revision == "v1"
    )


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert all(option in shown for option, _, _ in WRONG)
