"""Random tests in the words of another architecture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hypothesis import strategies as st
from oracles.generate import litmus_test

from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import NO_TAGS, Fence, Load, Rmw, Statement, Store, StoreConditional


@st.composite
def retagged(
    draw: st.DrawFn,
    tests: st.SearchStrategy[LitmusTest],
    loads: Sequence[str],
    stores: Sequence[str],
    atomics: Sequence[tuple[str, str]],
    fences: Sequence[str],
    exclusives: bool = True,
) -> LitmusTest:
    """Tests with tags drawn from those given, each a text of tags between blanks.

    `atomics` are the tags of read and write of an atomic instruction, or of a load-reserve and its store-conditional;
    without `exclusives`, these two become a plain load and a plain store.
    """

    def tags(choices: Sequence[str]) -> frozenset[str]:
        return frozenset(draw(st.sampled_from(choices)).split())

    def statement(old: Statement) -> Statement:
        match old:
            case Fence():
                return Fence(tags(fences))
            case Load(dest, addr, _, reserve):
                own = [read for read, _ in atomics] if reserve and exclusives else loads
                return Load(dest, addr, tags(own), reserve and exclusives)
            case Store(addr, value):
                return Store(addr, value, tags(stores))
            case StoreConditional(status, addr, value):
                if exclusives:
                    written = tags([write for _, write in atomics])
                    return StoreConditional(status, addr, value, written, status_from=old.status_from)
                return Store(addr, value, tags(stores))
            case Rmw():
                read, write = draw(st.sampled_from(atomics))
                if not old.atomic:
                    return replace(old, read_tags=NO_TAGS, write_tags=NO_TAGS)
                return replace(old, read_tags=frozenset(read.split()), write_tags=frozenset(write.split()))
        return old

    test = draw(tests)
    bodies = [[statement(old) for old in thread.body] for thread in test.threads]
    return litmus_test(test.arch, bodies, test.observed, test.init, test.condition)


def translate(
    test: LitmusTest,
    fences: Mapping[str, str],
    load: str = "",
    store: str = "",
    atomic: tuple[str, str] = ("", ""),
    around: str = "",
    exclusives: bool = True,
) -> LitmusTest:
    """A test with the tags of another architecture: those of a fence by what it was, no fence for what is left out.

    `atomic` are the tags of the two accesses of an atomic operation; a fence with the tag `around` goes before and
    after it. Without `exclusives`, load-reserves and store-conditionals become plain loads and stores.
    """

    def statements(old: Statement) -> Iterator[Statement]:
        match old:
            case Fence(was):
                names = " ".join(fences[name] for name in sorted(was) if name in fences)
                if names:
                    yield Fence(frozenset(names.split()))
            case Load(dest, addr, _, reserve):
                reserve = reserve and exclusives
                yield Load(dest, addr, frozenset((atomic[0] if reserve else load).split()), reserve)
            case Store(addr, value):
                yield Store(addr, value, frozenset(store.split()))
            case StoreConditional(_, addr, value) if not exclusives:
                yield Store(addr, value, frozenset(store.split()))
            case StoreConditional(status, addr, value):
                yield StoreConditional(status, addr, value, frozenset(atomic[1].split()))
            case Rmw():
                read, write = atomic if old.atomic else (load, store)
                barrier = [Fence(frozenset({around}))] if around and old.atomic else []
                yield from barrier
                yield replace(old, read_tags=frozenset(read.split()), write_tags=frozenset(write.split()))
                yield from barrier
            case _:
                yield old

    bodies = [[new for old in thread.body for new in statements(old)] for thread in test.threads]
    return litmus_test(test.arch, bodies, test.observed, test.init, test.condition)
