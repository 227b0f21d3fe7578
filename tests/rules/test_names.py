"""Text made a name: whatever it was, the rule for names takes it, and no two are the same."""

import pytest

from registry.rules.names import MAX_NAME, as_name, check_name, unlike

MADE = {
    "frames[0]": "frames[0]",
    "don\x92t": "don t",
    "a\x85b\x9f": "a b",
    "\0a\n": "a",
    "data/train": "data∕train",
    "@ @a": "a",
    "@alias:q": "input alias q",
    "alias:alias:q": "input alias alias:q",
    "..": "input ..",
    "\x92": "input",
    "@": "input",
    "": "input",
    "e\u0301": "\u00e9",
    "\ud800": "\\ud800",
    "\u2028a\u00a0": "a",
    "x" * 199 + " y": "x" * 199 + " y",
    "x" * 254 + " y": "x" * 254,
    "\u0958" * 200: "\u0915\u093c" * 127 + "\u0915",
}


@pytest.mark.parametrize(("text", "name"), MADE.items(), ids=ascii)
def test_text_is_changed_no_more_than_the_rule_asks(text: str, name: str) -> None:
    assert as_name(text, "input") == name == check_name(name)


@pytest.mark.parametrize("around", ["{}", "a{}b", "@{}", "{}@", "{0}{0}.", "a" * 254 + "{}b"])
def test_no_character_makes_a_name_that_is_refused(around: str) -> None:
    for character in (*map(chr, range(0x180)), "\u037e", "\u1fef", "\u2000", "\u2126"):
        name = as_name(around.format(character), "input")
        assert check_name(name) == name


@pytest.mark.parametrize("name", ["a", "s" * 254, "s" * MAX_NAME, "s" * 252 + " ss"])
def test_one_more_of_a_name_fits(name: str) -> None:
    taken: set[str] = set()
    for _ in range(12):
        taken.add(check_name(unlike(name, taken)))
    assert len(taken) == 12
    assert name in taken
