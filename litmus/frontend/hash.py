"""The hash by which herd7 and related tools identify a test, independent of its name and comments.

It is `MD5(I || MD5(init) || MD5(code) || MD5(observed))`, with inner digests of 16 raw bytes. Source: herdtools7 7.58,
`lib/testHash.ml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import md5
from itertools import zip_longest

from litmus.frontend.init import Declaration
from litmus.frontend.names import Place

_DIGESTED = ("cachetype", "memorytype", "mt")  # the metadata that changes what a test means


def stored_hash(metadata: Iterable[tuple[str, str]]) -> str | None:
    """The hash in the metadata, if any; it takes precedence over the computed one, as in herd7."""
    return next((value for key, value in metadata if key.lower() == "hash"), None)


def hash_of(
    metadata: Iterable[tuple[str, str]], init: Sequence[Declaration], code: str, observed: Iterable[Place]
) -> str:
    """The hash of a test, 32 hexadecimal digits. `code` is the result of `code_text` for its program."""
    info = [f"{key.lower()}={value}" for key, value in metadata if key.lower() in _DIGESTED]
    declared = sorted([(d.place.order, d.text) for d in init])
    places = {place.order: str(place) for place in observed}
    inner = (
        *(["".join(sorted(info, reverse=True))] if info else []),
        "; ".join([text for _, text in declared]),
        code,
        "; ".join([places[order] for order in sorted(places)]),
    )
    # usedforsecurity=False: makes MD5 available even where a policy forbids it
    digests = [md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest() for text in inner]
    return md5(b"".join(digests), usedforsecurity=False).hexdigest()


def code_text(columns: Sequence[Sequence[str]]) -> str:
    """The text of a program of columns for the hash: the instructions of each column are padded to equal width."""
    widths = [max(map(len, column), default=0) for column in columns]
    return "".join(
        [
            "|".join([f" {cell:<{width}} " for cell, width in zip(row, widths, strict=True)]) + ";\n"
            for row in zip_longest(*columns, fillvalue="")
        ]
    )
