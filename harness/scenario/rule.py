"""One entry of the `rules:` section: a sentence, and the identifiers of the rules it becomes."""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

from harness.scenario.document import Mapping, Node, Scalar
from harness.scenario.reading import Fields, integer, scalar, sequence, unknown
from harness.scenario.registry import NamedRule, Registry, claim
from harness.scenario.rule_text import parse_rule
from model.domain.policy import MAXIMUM_RULE_IDENTIFIER, PolicyRule

NUMBER: Final = integer(1, MAXIMUM_RULE_IDENTIFIER)


def read_rule(
    registry: Registry, word: Scalar, node: Node, kept: NamedRule | None
) -> tuple[PolicyRule, ...]:
    """One rule, or two where it is about both families; `kept` lends identifiers."""
    given = kept.identifiers if kept else ()
    if isinstance(node, Mapping):
        fields = Fields(node, f"rule {word.text!r}", ("rule", "id"))
        given = fields.optional("id", read_numbers, given)
        node = fields.required("rule", scalar)
    text = parse_rule(registry, scalar(node))
    taken = {
        number
        for name, rule in registry.rules.items()
        if name != word.text
        for number in rule.identifiers
    }
    rules = tuple(
        PolicyRule(
            claim(registry.rule_numbers, number, taken, word),
            text.endpoint,
            text.direction,
            text.priority,
            text.verdict,
            peer,
            text.protocol,
            text.ports,
        )
        for peer, number in zip_longest(text.peers, given[: len(text.peers)])
    )
    identifiers = tuple(rule.identifier for rule in rules)
    registry.rules[word.text] = NamedRule(text.endpoint, identifiers)
    return rules


def read_numbers(node: Node) -> tuple[int, ...]:
    """One identifier, or one for each family."""
    if isinstance(node, Scalar):
        return (NUMBER(node),)
    return tuple(NUMBER(item) for item in sequence(node).items)


def remove_rule(registry: Registry, word: Scalar) -> tuple[int, ...]:
    """Forget a rule; its identifiers."""
    if word.text not in registry.rules:
        raise unknown(word, "rule", registry.rules)
    return registry.rules.pop(word.text).identifiers
