"""YAML text as people would lay it out: steps as blocks, what is small on one line."""

from __future__ import annotations

from typing import Any, Final

import yaml

WIDTH: Final = 1 << 20
"""Lines are never folded: a packet stays in one piece."""


class Line(dict[str, Any]):
    """A mapping that is written on one line."""


class Row(list[Any]):
    """A list that is written on one line."""


class Dumper(yaml.SafeDumper):
    """Knows mappings and lists on one line, and indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key."""
        del indentless
        super().increase_indent(flow, False)


def represent_line(dumper: yaml.SafeDumper, data: Line) -> yaml.Node:
    """A mapping in braces."""
    return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)


def represent_row(dumper: yaml.SafeDumper, data: Row) -> yaml.Node:
    """A list in brackets."""
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


Dumper.add_representer(Line, represent_line)
Dumper.add_representer(Row, represent_row)


def emit(document: dict[str, Any]) -> str:
    """The YAML text of a document."""
    text: str = yaml.dump(
        document,
        Dumper=Dumper,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=WIDTH,
    )
    return text
