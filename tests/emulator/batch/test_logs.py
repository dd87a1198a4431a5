"""How lines become PutLogEvents requests."""

from emulator.batch.logs import batches


def test_lines_go_together_in_order() -> None:
    assert list(batches(["one", "two"])) == [["one", "two"]]


def test_empty_lines_are_left_out_as_cloudwatch_refuses_them() -> None:
    assert list(batches(["", "one", ""])) == [["one"]]
    assert list(batches([""])) == []


def test_a_request_has_at_most_ten_thousand_events() -> None:
    assert [len(batch) for batch in batches(["x"] * 25_000)] == [10_000, 10_000, 5_000]


def test_a_request_has_at_most_one_mebibyte_with_overhead() -> None:
    sizes = [sum(len(m.encode()) + 26 for m in batch) for batch in batches(["ü" * 50_000] * 25)]
    assert max(sizes) <= 1_048_576
    assert len(sizes) == 3


def test_a_long_line_is_split_and_nothing_is_lost() -> None:
    line = "".join(str(index % 10) for index in range(150_000))
    messages = [message for batch in batches([line]) for message in batch]
    assert len(messages) == 3
    assert "".join(messages) == line
