"""Fill the parameters of a job into its command."""

from collections.abc import Mapping, Sequence

PREFIX = "Ref::"


def substitute(command: Sequence[str], parameters: Mapping[str, str]) -> list[str]:
    """Return ``command`` with each argument that is exactly ``Ref::name`` replaced by that parameter.

    A value is always one argument. Arguments that only contain ``Ref::`` stay as they are, because the Batch
    user guide (job definition parameters) describes whole arguments only. So do names without a parameter.
    """
    return [
        parameters.get(argument.removeprefix(PREFIX), argument) if argument.startswith(PREFIX) else argument
        for argument in command
    ]
