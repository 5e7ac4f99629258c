"""Reads the topology section of a test: `topology { host bus 0; bus 1 under 0; device nic on 1: P0, ring; }`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.resources import folder
from litmus.base.source import Span
from litmus.frontend.dialect import ProgramSection
from litmus.frontend.lexer import Tokens, counted, is_name, quoted, thread_of
from litmus.ir.topology import HOST, MEMORY, WIRE, Topology

MAX_BUSES = 64
TOKEN = re.compile(r"\s*(-?[0-9]\w*|[A-Za-z_.$][\w.$]*|\S)", re.ASCII)
_OPENING = re.compile(r"\s*(topology)\s*\{", re.ASCII)
_WORDS = ("host", "bus", "device", "function", "cpu", "memory", "wire", "rules")
_NAME = re.compile(r"[A-Za-z0-9_][\w.]*", re.ASCII)

CPUS: Mapping[str, Mapping[str, str]] = {
    "x86": {"mfence": "MFENCE", "lfence": "LFENCE", "sfence": "SFENCE"},
    "power": {"sync": "SYNC", "lwsync": "LWSYNC", "eieio": "EIEIO", "isync": "ISYNC"},
    "alpha": {"mb": "MB", "wmb": "WMB", "imb": "IMB"},
}
"""The architectures of CPUs, each with its fences and the sets of their events."""


def read_topology(section: ProgramSection) -> tuple[Declarations, int]:
    """Reads the section; returns its declarations and the offset after it. Raises ParseError, UnsupportedError."""
    head = _OPENING.match(section.text, section.start, section.end)
    if head is None:
        at = re.compile(r"\s*").match(section.text, section.start, section.end)
        start = min(at.end() if at else section.start, max(section.end - 1, 0))
        raise ParseError(
            "expected the topology after the initial state",
            Span(section.source, start, start + 1),
            "as in 'topology { host bus 0; bus 1 under 0; P0 on 1; memory: x; }'",
        )
    end = section.text.find("}", head.end(), section.end)
    if end < 0:
        opening = Span(section.source, head.end() - 1, head.end())
        raise ParseError("topology without end: no '}' for this '{'", opening)
    tokens = Tokens(section.source, section.text, head.end(), end, TOKEN)
    return Declarations(tokens, Span(section.source, head.start(1), head.end(1))), end + 1


@dataclass(slots=True)
class _Home:
    """Where a thread or location is: a function of a device, or one of the words for host, memory and wire."""

    function: str
    span: Span


@dataclass(slots=True)
class _Bus:
    parent: str
    span: Span
    parent_span: Span


@dataclass(slots=True)
class Declarations:
    """The declarations of the section, read from `tokens`. The constructor raises ParseError, UnsupportedError."""

    tokens: Tokens
    head: Span
    buses: dict[str, _Bus] = field(default_factory=dict)
    devices: dict[str, tuple[str, Span]] = field(default_factory=dict)
    functions: dict[str, tuple[str, Span]] = field(default_factory=dict)
    threads: dict[int, _Home] = field(default_factory=dict)
    locations: dict[str, _Home] = field(default_factory=dict)
    cpu: str = ""
    rules: str = "express"

    def __post_init__(self) -> None:
        tokens = self.tokens
        while tokens.current:
            if tokens.accept(";"):
                continue
            self._declaration()
            if tokens.current and tokens.current != ";":
                raise tokens.unexpected("';' after a declaration")
        self._check_tree()
        for bus, span in self.devices.values():
            if bus not in self.buses:
                raise ParseError(f"unknown bus {quoted(bus)}", span, did_you_mean(bus, self.buses))

    def _declaration(self) -> None:
        tokens = self.tokens
        word, following = tokens.current, tokens.ahead(1)
        if following in ("on", ","):  # the short form: each thread or location is a device of its own
            self._alone()
            return
        match word:
            case "host" if following == "bus":
                tokens.advance()
                tokens.advance()
                self._bus("", tokens.here)
            case "bus":
                tokens.advance()
                self._bus(None, tokens.here)
            case "device":
                tokens.advance()
                self._device()
            case "function":
                tokens.advance()
                self._function()
            case "cpu":
                tokens.advance()
                self._cpu()
            case "memory" | "wire":
                tokens.advance()
                tokens.expect(":", f"after {quoted(word)}")
                self._items(MEMORY if word == "memory" else WIRE, threads=False)
            case "rules":
                tokens.advance()
                self._rules()
            case _:
                raise ParseError(
                    f"no declaration begins with {quoted(word)}",
                    tokens.here,
                    did_you_mean(word, _WORDS) or f"known are {', '.join(_WORDS)}, and 'P0 on BUS'",
                )

    def _name(self, what: str) -> str:
        if _NAME.fullmatch(self.tokens.current) is None:
            raise self.tokens.unexpected(what)
        return self.tokens.advance()

    def _bus(self, parent: str | None, span: Span) -> None:
        tokens = self.tokens
        name = self._name("the name of a bus")
        parent_span = span
        if parent is None:
            tokens.expect("under", "and the bus above, as in 'bus 1 under 0'")
            parent_span = tokens.here
            parent = self._name("the name of a bus")
        if name in self.buses:
            above = [bus for bus in (self.buses[name].parent, parent) if bus]
            ways = f", with bridges to {' and to '.join(above)}" if above else ""
            raise ParseError(f"bus {quoted(name)} is declared twice{ways}, so the buses are not a tree", span)
        if not parent and any(not bus.parent for bus in self.buses.values()):
            raise ParseError("there can be only one host bus", span)
        if len(self.buses) == MAX_BUSES:
            raise UnsupportedError(f"more than {MAX_BUSES} buses are not supported", span)
        self.buses[name] = _Bus(parent, span, parent_span)

    def _check_tree(self) -> None:
        """Raises ParseError unless every bus is connected to the host bus."""
        if not any(not bus.parent for bus in self.buses.values()):
            raise ParseError("no host bus", self.head, "declare it, as in 'host bus 0;'")
        for name, bus in self.buses.items():
            seen = {name}
            while bus.parent:
                if bus.parent not in self.buses:
                    hint = did_you_mean(bus.parent, self.buses)
                    raise ParseError(f"unknown bus {quoted(bus.parent)}", bus.parent_span, hint)
                if bus.parent in seen:
                    raise ParseError(f"bus {quoted(bus.parent)} is under itself: buses must be a tree", bus.parent_span)
                seen.add(bus.parent)
                bus = self.buses[bus.parent]

    def _device(self) -> None:
        tokens = self.tokens
        span = tokens.here
        name = self._new("the name of a device")
        tokens.expect("on", "and a bus after the name of a device")
        self._on(name, span)
        self._members(name)

    def _function(self) -> None:
        """Reads another function of a device: on the same bus, with an identity of its own."""
        tokens = self.tokens
        span = tokens.here
        name = self._new("the name of a function")
        tokens.expect("of", "and a device after the name of a function")
        device = tokens.current
        if device not in self.devices:
            hint = did_you_mean(device, self.devices)
            raise ParseError(f"no device {quoted(device)} was declared before", tokens.here, hint)
        tokens.advance()
        self.functions[name] = device, span
        self._members(name)

    def _new(self, what: str) -> str:
        tokens = self.tokens
        if not is_name(tokens.current) or tokens.current in (HOST, MEMORY, WIRE):
            raise tokens.unexpected(what)
        if tokens.current in self.functions:
            raise ParseError(f"{quoted(tokens.current)} is declared already", tokens.here)
        return tokens.advance()

    def _on(self, name: str, span: Span) -> None:
        """Reads the bus of a device."""
        at = self.tokens.here
        self.devices[name] = self._name("the name of a bus"), at
        self.functions[name] = name, span

    def _members(self, function: str) -> None:
        if self.tokens.accept(":"):
            self._items(function)

    def _items(self, home: str, threads: bool = True, locations: bool = True) -> None:
        """Reads threads and locations, which are separated by commas."""
        while True:
            self._item(home, threads, locations)
            if not self.tokens.accept(","):
                return

    def _item(self, home: str, threads: bool, locations: bool) -> None:
        tokens = self.tokens
        word, span = tokens.current, tokens.here
        thread = thread_of(word)
        wanted = " or ".join(["a thread"] * threads + ["a location"] * locations)
        if thread is not None if not threads else thread is None and not locations:
            raise tokens.unexpected(wanted)
        if not is_name(word):
            raise tokens.unexpected(wanted)
        tokens.advance()
        known: _Home | None
        if thread is None:
            known = self.locations.setdefault(word, _Home(home, span))
        else:
            known = self.threads.setdefault(thread, _Home(home, span))
        if known.span is not span:
            line = span.source.position(known.span.start)[0]
            raise ParseError(f"{quoted(word)} is already in the topology, on line {line}", span)

    def _alone(self) -> None:
        """Reads `P0, x on 1`: each is a device of its own."""
        tokens = self.tokens
        names: list[tuple[str, Span]] = []
        while True:
            names.append((tokens.current, tokens.here))
            self._new("a thread or a location")
            if not tokens.accept(","):
                break
        tokens.expect("on", "and a bus")
        mark = tokens.here
        bus = self._name("the name of a bus")
        for name, span in names:
            if name in self.functions:
                raise ParseError(f"{quoted(name)} is declared already", span)
            self.devices[name] = bus, mark
            self.functions[name] = name, span
            thread = thread_of(name)
            if thread is None:
                taken = self.locations.setdefault(name, _Home(name, span)).span is not span
            else:
                taken = self.threads.setdefault(thread, _Home(name, span)).span is not span
            if taken:
                raise ParseError(f"{quoted(name)} is already in the topology", span)

    def _cpu(self) -> None:
        tokens = self.tokens
        word, span = tokens.current, tokens.here
        if word not in CPUS:
            hint = did_you_mean(word, CPUS) or f"known are {', '.join(CPUS)}"
            raise ParseError(f"unknown CPU architecture {quoted(word)}", span, hint)
        if self.cpu not in ("", word):
            raise ParseError(f"all CPUs must have the same architecture, and there are {self.cpu} CPUs already", span)
        tokens.advance()
        self.cpu = word
        tokens.expect(":", "and threads after the architecture of a CPU")
        self._items(HOST, locations=False)

    def _rules(self) -> None:
        tokens = self.tokens
        word, span = tokens.current, tokens.here
        known = sorted(path.stem for path in (folder("archs") / "pci" / "rules").glob("*.yaml"))
        if word not in known:
            hint = did_you_mean(word, known) or f"known are {', '.join(known)}"
            raise ParseError(f"unknown passing rules {quoted(word)}", span, hint)
        tokens.advance()
        self.rules = word

    # --- the topology ---------------------------------------------------------------------------------------------

    def topology(self, threads: int) -> Topology:
        """The topology of a program with this many threads.

        Raises ParseError for a thread that is not in the topology, or not in the program.
        """
        for thread, home in self.threads.items():
            if thread >= threads:
                raise ParseError(f"the program has {counted(threads, 'thread')}, but no P{thread}", home.span)
        for thread in range(threads):
            if thread not in self.threads:
                message = f"thread P{thread} is not in the topology"
                raise ParseError(message, self.head, f"declare it, as in 'P{thread} on BUS;' or 'cpu x86: P{thread};'")
        return Topology(
            {name: bus.parent for name, bus in self._sorted()},
            {name: bus for name, (bus, _) in self.devices.items()},
            {name: device for name, (device, _) in self.functions.items()},
            tuple(self.threads[t].function for t in range(threads)),
            {name: home.function for name, home in self.locations.items()},
            self.cpu,
            self.rules,
        )

    def _sorted(self) -> Iterable[tuple[str, _Bus]]:
        """The buses, the host bus first."""
        return sorted(self.buses.items(), key=lambda item: bool(item[1].parent))

    def home(self, symbol: str, span: Span) -> str:
        """Where a location is (see `_Home`). Raises ParseError if it is not in the topology."""
        if symbol not in self.locations:
            message = f"location {quoted(symbol)} is not in the topology"
            hint = (
                did_you_mean(symbol, self.locations) or f"declare it, as in '{symbol} on BUS;' or 'memory: {symbol};'"
            )
            raise ParseError(message, span, hint)
        return self.locations[symbol].function
