"""The topology of a PCI test: buses, the bridges between them, and where threads and locations are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from litmus.base.records import dataclass

MEMORY = "memory"
"""The home of what is in DRAM: the host bus."""

WIRE = "wire"
"""The home of an interrupt wire: no bus at all."""

HOST = "host"
"""The host bridge: the requester of what CPUs do, and the completer of reads from memory."""


@dataclass(frozen=True, slots=True)
class Topology:
    """A tree of buses, and the homes of threads and locations.

    `parents` has the bus to which each bus has its bridge, "" for the host bus, on which are the CPUs and the memory.
    `devices` says on which bus each device is, `functions` of which device each function is: the first of a device has
    its name. `masters` has the function that each thread is, HOST for a CPU of architecture `cpu`. `homes` has the
    function that each location, by its symbol, is a register of, MEMORY or WIRE. `rules` names the passing table.
    """

    parents: Mapping[str, str]
    devices: Mapping[str, str]
    functions: Mapping[str, str]
    masters: tuple[str, ...]
    homes: Mapping[str, str]
    cpu: str = ""
    rules: str = "express"
    _ways: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def host(self) -> str:
        """The host bus."""
        return next(bus for bus, parent in self.parents.items() if not parent)

    @property
    def buses(self) -> tuple[str, ...]:
        """The buses as declared."""
        return tuple(self.parents)

    def bus(self, home: str) -> str | None:
        """The bus of a home or a master; None for a wire."""
        if home in (HOST, MEMORY):
            return self.host
        return None if home == WIRE else self.devices[self.functions[home]]

    def is_cpu(self, thread: int) -> bool:
        """Whether a thread is a CPU."""
        return self.masters[thread] == HOST

    def completer(self, symbol: str) -> str:
        """The identity of who completes a read of a location."""
        home = self.homes[symbol]
        return HOST if home == MEMORY else home

    def route(self, start: str, end: str) -> tuple[str, ...]:
        """The buses from one to another, both included."""
        up, down = self._up(start), self._up(end)
        shared = next(bus for bus in up if bus in down)
        return (*up[: up.index(shared) + 1], *reversed(down[: down.index(shared)]))

    def _up(self, bus: str) -> tuple[str, ...]:
        """The buses from one to the host bus."""
        found = self._ways.get(bus)
        if found is None:
            parent = self.parents[bus]
            found = self._ways[bus] = (bus, *self._up(parent)) if parent else (bus,)
        return found

    def placed(self, devices: Mapping[str, str]) -> Topology:
        """The same with the devices on other buses."""
        return replace(self, devices=devices)

    def text(self) -> str:
        """The declarations in their canonical form, one a line."""
        members: dict[str, list[str]] = {}
        for thread, master in enumerate(self.masters):
            members.setdefault(master, []).append(f"P{thread}")
        for symbol, home in self.homes.items():
            members.setdefault(home, []).append(symbol)
        lines = [f"bus {bus} under {parent};" if parent else f"host bus {bus};" for bus, parent in self.parents.items()]
        for name, device in self.functions.items():
            head = f"device {name} on {self.devices[device]}" if name == device else f"function {name} of {device}"
            lines.append(f"{head}: {', '.join(members[name])};" if name in members else f"{head};")
        for home, word in ((HOST, f"cpu {self.cpu}"), (MEMORY, MEMORY), (WIRE, WIRE)):
            if home in members:
                lines.append(f"{word}: {', '.join(members[home])};")
        if self.rules != "express":
            lines.append(f"rules {self.rules};")
        return "\n".join(lines)
