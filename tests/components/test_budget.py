"""Who hears what the stack costs, and when."""

import pulumi
import pytest

from tests.components.graph import PROJECT, STACK, run_program

EMAILS = "team@example.org,boss@example.org"


def test_a_budget_counts_what_has_the_tags_of_the_stack_and_tells_the_addresses() -> None:
    budget = run_program({"budgetUsd": "50", "alarmEmail": EMAILS}).one("Budget")
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("50", "USD", "MONTHLY")
    counted = {each["tags"]["key"]: each["tags"]["values"] for each in budget["filterExpression"]["ands"]}
    assert counted == {"Project": [PROJECT], "Stack": [STACK]}
    told = {
        (each["notificationType"], each["threshold"]): each["subscriberEmailAddresses"]
        for each in budget["notifications"]
    }
    everybody = EMAILS.split(",")
    assert told == {
        ("ACTUAL", 80): everybody,
        ("ACTUAL", 100): everybody,
        ("FORECASTED", 100): everybody,
    }


def test_without_the_key_there_is_no_budget() -> None:
    assert not run_program({"alarmEmail": EMAILS}).of_type("Budget")


def test_more_addresses_than_a_budget_tells_are_refused() -> None:
    emails = ",".join(f"{number}@example.org" for number in range(11))
    with pytest.raises(pulumi.RunError, match="1 to 10 addresses"):
        run_program({"budgetUsd": "50", "alarmEmail": emails})
