"""What can go wrong while the tiny model is made, prepared or measured."""


class TinyModelError(Exception):
    """The message is one sentence for the user; a command exits with ``exit_code``."""

    exit_code = 1
