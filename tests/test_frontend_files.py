"""Which files arguments mean, what is in them, and tests written back to files."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from litmus.base.errors import UsageError
from litmus.base.source import Source
from litmus.frontend.files import MAX_BYTES, expand, load_source, read_test
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
CORPORA = HERE.parents[1] / "shared" / "corpora"


def make(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


TREE = {
    "b.litmus": "",
    "a.litmus": "",
    "notes.txt": "",
    "sub/c.litmus": "",
    "sub/@all": "# a comment\n\nc.litmus # another\n  ../a.litmus  \n@more\t#\n\t# one more",
    "sub/@more": "../b.litmus\n..\n",
    "@loop": "a.litmus\n@loop2\nb.litmus\n",
    "@loop2": "@loop\n",
    "empty/readme": "",
}


def expanded(folder: Path, *arguments: str, stdin: str = "") -> tuple[list[str], list[str]]:
    names = [a if a == "-" else str(folder / a) for a in arguments]
    files, errors = expand(names, stdin.splitlines(keepends=True))
    relative = [os.path.relpath(file, folder) if os.path.isabs(file) else file for file in files]
    return relative, [str(error).replace(f"{folder}{os.sep}", "") for error in errors]


def test_expand(tmp_path: Path) -> None:
    make(tmp_path, TREE)
    everything = ["a.litmus", "b.litmus", "sub/c.litmus"]
    assert expanded(tmp_path) == ([], [])
    assert expanded(tmp_path, "b.litmus", "notes.txt", "none") == (["b.litmus", "notes.txt", "none"], [])
    assert expanded(tmp_path, ".") == (everything, [])
    assert expanded(tmp_path, "sub/@more", "a.litmus") == (["b.litmus", *everything, "a.litmus"], [])
    assert expanded(tmp_path, "sub/@all") == (["sub/c.litmus", "a.litmus", "b.litmus", *everything], [])
    assert expanded(tmp_path, "-", stdin="x.litmus\n# no\ny\na#b #no\n") == (["x.litmus", "y", "a#b"], [])


def test_a_test_on_standard_input_is_one_error(tmp_path: Path) -> None:
    names, errors = expanded(tmp_path, "-", stdin="X86 SB\n{ x=0; }\n P0 ;\n NOP ;\nexists (x=1)\n")
    assert names == []
    assert [error.splitlines() for error in errors] == [
        [
            "<stdin>:1:1: error: standard input is to name files, and this looks like a test",
            "    1 | X86 SB",
            "      | ^ to read a test from there, write /dev/stdin for -",
        ]
    ]


def test_expand_reports_and_goes_on(tmp_path: Path) -> None:
    make(tmp_path, TREE)
    files, errors = expanded(tmp_path, "@loop", "@none", "empty", "a.litmus")
    assert files == ["a.litmus", "b.litmus", "a.litmus"]
    assert errors[0].startswith("@loop2:1:1: error: index '")
    assert errors[0].splitlines()[1:] == ["    1 | @loop", "      | ^^^^^"]
    assert errors[1].startswith("@none:1:1: error: no such file")
    assert errors[2].startswith("empty:1:1: error: no .litmus file in this folder")


CONTENTS: list[tuple[bytes, str]] = [
    (b"PPC t", "PPC t"),
    ("PPC t \u00e9".encode(), "PPC t \u00e9"),
    (b"PPC t \xe9", "PPC t \u00e9"),
    (b"PPC\r\nt\n", "PPC\nt\n"),
]


@pytest.mark.parametrize(("data", "text"), CONTENTS)
def test_load_source(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "t.litmus"
    path.write_bytes(data)
    source = load_source(str(path))
    assert (source.name, source.text) == (str(path), text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"PPC t\n{}\n\xff\x00\x01")
    (tmp_path / "large").write_bytes(b" " * (MAX_BYTES + 1))
    cases = [
        ("none", "none:1:1: error: no such file"),
        ("", ":1:1: error: is a folder"),
        ("binary", "binary:3:2: error: binary file"),
        ("large", "large:1:1: error: larger than 4 MB"),
        ("a\0b", "a\0b:1:1: error: embedded null byte"),
        ("x" * 5000, "error: File name too long"),
    ]
    for name, message in cases:
        with pytest.raises(UsageError) as caught:
            read_test(os.path.join(tmp_path, name))
        assert message in str(caught.value)


# --- writing tests ---------------------------------------------------------------------------------------------------


def essence(value: object) -> object:
    """A value without its places in the source."""
    if is_dataclass(value) and not isinstance(value, type):
        skipped = ("span", "source", "metadata", "remarks")
        return type(value).__name__, [essence(getattr(value, f.name)) for f in fields(value) if f.name not in skipped]
    return tuple(map(essence, value)) if isinstance(value, tuple) else value


@pytest.mark.parametrize("suite", ["", "x86", "ppc", "lkmm"])
def test_what_is_written_is_the_same_test(suite: str) -> None:
    """Of our own tests and the public ones."""
    folder = CORPORA / suite if suite else HERE / "litmus"
    for file in sorted(folder.rglob("*.litmus"))[:: 8 if suite == "lkmm" else 1]:
        test = read_test(str(file))
        again = parse_test(Source(str(file), print_test(test)))
        assert essence(again) == essence(test), file


def test_written_test() -> None:
    text = (
        'X86 SB "doc"\nCycle=x\n{ int t[2]={1,-2}; 0:EAX=&t[1]; int y; }\nP0|P1;\n'
        "movl [x],0x10 |loop: inc [y];\n|jmp loop;\nlocations [y;] filter (x=1) forall (t[0]=1 => t[1]=-2 \\/ 0:EAX=t)"
    )
    test = parse_test(Source("t", text))
    assert print_test(test) == (
        'X86 SB\n"doc"\nCycle=x\nHash=' + test.hash + "\n"
        "{\nint t[2]={1,-2};\n0:EAX=t[1];\ny=0;\n}\n"
        " P0           | P1       ;\n"
        " MOVL [x],$16 | loop:    ;\n"
        "              | INC  [y] ;\n"
        "              | JMP loop ;\n"
        "locations [y;]\nfilter ([x]=1)\nforall ((t[0]=1 => t[1]=-2) \\/ 0:EAX=t)\n"
    )
