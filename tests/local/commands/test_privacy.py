"""What the pipeline keeps on disk is for its user alone, whatever the umask of the terminal."""

from tests.local.commands.conftest import Up


def test_others_can_neither_enter_the_state_folder_nor_read_what_is_in_it(up: Up) -> None:
    assert up.folder.stat().st_mode & 0o777 == 0o700
    files = [path for path in up.folder.rglob("*") if path.is_file()]
    assert {"local.log", "ministack.log", "pipeline.json", "pipeline.lock"} <= {each.name for each in files}
    # Temporary files come and go, and the model is no secret: a library gives its file a mode of its own.
    kept = [path for path in files if path.suffix != ".safetensors" and "scratch" not in path.parts]
    modes = {path: path.stat().st_mode & 0o777 for path in kept}
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}
