"""Opens a capture of any supported kind: pcap or pcapng, plain or gzip."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from harness.capture.error import CaptureError
from harness.capture.pcap import MAGICS, PcapReader
from harness.capture.pcapng import SECTION_HEADER, PcapngReader
from harness.capture.record import Record, Source
from harness.scenario.error import Place

GZIP_MAGIC: Final = b"\x1f\x8b"


class CaptureReader:
    """The records of a capture, as a stream that can be walked again from the start.

    After the last record `notice` tells what else there is to say of the file. Raises
    CaptureError on a damaged file, after the records before the damage.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notice = ""

    def __iter__(self) -> Iterator[Record]:
        self.notice = ""
        name = str(self.path)
        try:
            with open_unpacked(self.path) as file:
                reader = reader_of(Source(name, file))
                yield from reader
                self.notice = reader.notice
        except EOFError:
            self.notice = "the gzip data ends too early"
        except (gzip.BadGzipFile, zlib.error) as error:
            raise CaptureError(Place(name), f"is damaged gzip: {error}", "unpack it anew") from None
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
            raise CaptureError(Place(name), problem, "check the name") from None


def open_unpacked(path: Path) -> BinaryIO:
    """The file, unpacked on the way if it is gzip."""
    file = path.open("rb")
    packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    file.seek(0)
    if not packed:
        return file
    file.close()
    return cast(BinaryIO, gzip.open(path, "rb"))


def reader_of(source: Source) -> PcapReader | PcapngReader:
    """The reader for a file, by its first bytes."""
    magic = source.read(4)
    if magic in MAGICS:
        return PcapReader(source, magic)
    if magic == SECTION_HEADER:
        return PcapngReader(source)
    place = Place(source.path)
    if not magic:
        raise CaptureError(place, "is empty", "record it anew")
    remedy = "convert it with: editcap -F pcap"
    raise CaptureError(place, f"is no pcap or pcapng (it begins with {magic.hex()})", remedy)
