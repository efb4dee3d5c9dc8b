"""Which lines git calls changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.options import REPOSITORY
from harness.errors import UserError
from harness.mutate.changed_lines import changed_lines, parse_diff

DIFF = """\
diff --git a/bpf/flow.h b/bpf/flow.h
--- a/bpf/flow.h
+++ b/bpf/flow.h
@@ -10,0 +11,2 @@ static
+one
+two
@@ -20 +22 @@ static
-old
+new
@@ -30,2 +31,0 @@ static
-gone
-gone
diff --git a/old.h b/old.h
--- a/old.h
+++ /dev/null
@@ -1 +0,0 @@
-gone
"""


def test_added_and_changed_lines_by_file() -> None:
    assert parse_diff(DIFF) == {"bpf/flow.h": {11, 12, 22}}


def test_an_unknown_revision_is_told_in_a_line() -> None:
    with pytest.raises(UserError, match="--changed-since no-such-thing: "):
        changed_lines(REPOSITORY, "no-such-thing")


def test_an_option_is_no_revision() -> None:
    with pytest.raises(UserError, match="no revision"):
        changed_lines(REPOSITORY, "--output=file")


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--changed-since HEAD: "):
        changed_lines(tmp_path, "HEAD")
