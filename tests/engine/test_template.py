"""Templates of a manifest: every field is filled, or the missing one is named."""

import pytest

from include.contract.errors import Misconfigured
from include.engine.template import fields, fill

VALUES = {"settings.division": 441609, "settings.none": None, "connection.host": "https://shop.nl", "parent.key": "a/b"}


@pytest.mark.requirement("F7")
@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{connection.host}/api/v1/{settings.division}", "https://shop.nl/api/v1/441609"),
        ("{connection.token_url|https://login.bol.com/token}", "https://login.bol.com/token"),
        ("{settings.none|}", ""),
        ("Timestamp gt 5L", "Timestamp gt 5L"),
        ("{}", "{}"),
        ("{parent.key}", "a/b"),
    ],
)
def test_fill(template: str, text: str) -> None:
    assert fill(template, VALUES) == text


def test_zero_and_false_are_values() -> None:
    assert fill("{a}{b}", {"a": 0, "b": False}) == "0False"


def test_a_value_is_not_filled_again() -> None:
    assert fill("{a}", {"a": "{b}", "b": "secret"}) == "{b}"


def test_in_a_path_values_are_quoted_and_the_template_is_not() -> None:
    assert fill("/Items(guid'{parent.key}')?x", VALUES, in_path=True) == "/Items(guid'a%2Fb')?x"


@pytest.mark.parametrize("name", ["settings.missing", "settings.none"])
def test_a_field_without_a_value_is_named(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"'{name}' is needed for"):
        fill(f"/items/{{{name}}}", VALUES)


def test_fields() -> None:
    assert fields("{a.b}/{c|d}/{e}") == ["a.b", "c", "e"]
