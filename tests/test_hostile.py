"""Inputs made to be slow: each ends with an answer, or with an error of ours, after a bounded number of steps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from oracles.steps import counted, lines_of

import litmus
from litmus.base.errors import ModelError
from litmus.base.source import Source
from litmus.base.yaml_tree import parse
from litmus.kernel.caveats import racy
from litmus.pci.ordering import read_passing


def laughs(n: int) -> str:
    """A YAML text of n lines, whose value has 9**n parts."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, n)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (laughs(9), "<t>:2:10"),
        ("a: &a x\nb: *a", "<t>:2:4"),
        ("a: &a {b: c}\nd:\n  <<: *a", "<t>:3:7"),
        ("&a [*a]", "<t>:1:5"),
    ],
)
def test_yaml_with_aliases_is_refused_at_the_first(text: str, place: str) -> None:
    assert yaml.parse  # loading it is no part of what is counted
    with counted(1_000), pytest.raises(ModelError, match=r"aliases such as .* are not supported") as caught:
        parse(Source("<t>", text), ModelError, "the text")
    assert str(caught.value.span) == place


def test_anchors_without_aliases_and_stars_in_texts_are_read() -> None:
    tree = parse(Source("<t>", "a: &a x\nb: 'a *a'"), ModelError, "the text")
    assert [value.text() for _, value in tree.entries()] == ["x", "a *a"]


def test_ordering_rules_from_a_pipe_are_refused_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    with pytest.raises(ModelError, match="is not a file"):
        read_passing(str(pipe))


def plain(threads: int, pointers: bool = False) -> litmus.LitmusTest:
    """Kernel C in which each thread has two locations of its own, and perhaps goes by a pointer."""
    where = "".join(
        f"P{t}(int *x{t}, int *y{t}, int **p) {{ *x{t} = 1; int r = *y{t};"
        + (" int *q = READ_ONCE(*p); *q = 2; int s = *q;" if pointers else "")
        + " }\n"
        for t in range(threads)
    )
    return litmus.parse(f"C t\n{{ p=x0; }}\n{where}exists (x0=1)\n")


@pytest.mark.parametrize("pointers", [False, True])
def test_races_are_searched_in_steps_that_grow_as_the_threads(pointers: bool) -> None:
    work = []
    for threads in (40, 80):
        test = plain(threads, pointers)
        with lines_of(racy) as lines:
            notes = racy(test)
        assert bool(notes) is pointers
        work.append(lines[0])
    assert work[1] < 2.3 * work[0], work
