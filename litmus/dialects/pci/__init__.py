"""Devices and bridges of PCI, and CPUs beside them. The topology of a test says where threads and locations are:

    PCI status
    "A device writes data and then its status; the CPU polls the status"
    { data=0; status=0; }
    topology {
      host bus 0;
      bus 1 under 0;
      device nic on 1: P0;
      cpu x86: P1;
      memory: data, status;
    }
     P0               | P1               ;
     write data = 1   | r1 = read status ;
     write status = 1 | r2 = read data   ;
    exists (1:r1=1 /\\ 1:r2=0)

`declarations` reads the topology, `operations` the cells; docs/pci.md describes both.
Source: PCI Local Bus Specification 3.0, section 3.2.5 and Appendix E; PCI Express Base Specification, section 2.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from litmus.dialects.pci.declarations import CPUS, read_topology
from litmus.dialects.pci.operations import REGISTERS, TAGS, Operations, instructions
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Program, ProgramSection

_FENCES = frozenset(tag for fences in CPUS.values() for tag in fences.values())


@dataclass(frozen=True, slots=True)
class Pci:
    """The dialect PCI."""

    archs: tuple[str, ...] = ("PCI",)
    sets: frozenset[str] = TAGS | _FENCES
    registers: Mapping[str, int] = field(default_factory=lambda: REGISTERS)

    def register(self, name: str) -> str | None:
        """Registers have one spelling, r0, r1, ..."""
        return name if name in REGISTERS else None

    def program(self, section: ProgramSection) -> Program:
        """Reads the topology and the program. Raises ParseError, UnsupportedError."""
        declarations, end = read_topology(section)
        rows = replace(section, start=end)
        program = parse_columns(rows, Operations(rows, declarations))
        topology = declarations.topology(len(program.threads))
        return replace(program, code=f"{topology.text()}\n{program.code}", topology=topology)


DIALECT = Pci()

__all__ = ["DIALECT", "Pci", "instructions"]
