"""TOML files that people review: read against a schema, every mistake told in a line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import UserError


class Reviewed(BaseModel):
    """Base of what such files hold: no unknown keys, no silent conversions, no changes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Document = TypeVar("Document", bound=Reviewed)


def read_reviewed(path: Path, schema: type[Document], manual: str) -> Document:
    """Read a file; `manual` is the page that explains it. Raises UserError."""
    try:
        return schema.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}; check the name") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: no TOML: {error}; mend it there") from None
    except RecursionError:
        raise UserError(f"{path}: nested too deeply; see {manual}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: {place}: {first['msg']}; see {manual}") from None
