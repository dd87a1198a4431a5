"""Parameters of a job in its command."""

from collections.abc import Mapping, Sequence

PREFIX = "Ref::"


def substitute(command: Sequence[str], parameters: Mapping[str, str]) -> list[str]:
    """Return ``command`` with each argument that is exactly ``Ref::name`` replaced by that parameter.

    A value is always one argument, whatever it holds. Arguments that merely contain ``Ref::`` stay, as only
    the whole argument is documented (Batch user guide, job definition parameters); so do names without a
    parameter.
    """
    return [
        parameters.get(argument.removeprefix(PREFIX), argument) if argument.startswith(PREFIX) else argument
        for argument in command
    ]
