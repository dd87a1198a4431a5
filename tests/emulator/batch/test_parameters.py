"""Ref:: substitution in commands."""

from hypothesis import given
from hypothesis import strategies as st

from emulator.batch.parameters import substitute


def test_an_argument_that_is_a_reference_becomes_its_value() -> None:
    assert substitute(["run", "Ref::key", "--", "x"], {"key": "a b"}) == ["run", "a b", "--", "x"]


def test_an_unknown_name_stays_as_it_is() -> None:
    assert substitute(["Ref::other"], {"key": "value"}) == ["Ref::other"]


def test_a_reference_inside_an_argument_is_not_replaced() -> None:
    assert substitute(["--key=Ref::key", "xRef::key"], {"key": "value"}) == ["--key=Ref::key", "xRef::key"]


def test_a_value_is_not_substituted_again() -> None:
    assert substitute(["Ref::a"], {"a": "Ref::b", "b": "no"}) == ["Ref::b"]


@given(st.text())
def test_any_value_is_exactly_one_argument(value: str) -> None:
    assert substitute(["x", "Ref::key", "y"], {"key": value}) == ["x", value, "y"]
