"""Draws a topology as SVG: the buses, the bridges between them, and the devices on each bus."""

from __future__ import annotations

from html import escape

from litmus.ir.topology import MEMORY, WIRE, Topology

_ROW, _GAP, _CHAR, _LINE = 130, 24, 8, 18
_STYLE = """
  text { font: 13px sans-serif; fill: #222; text-anchor: middle }
  .small { font-size: 12px; fill: #555 }
  .bus { stroke: #1f4e79; stroke-width: 5; stroke-linecap: round }
  .wire { stroke: #555; stroke-width: 1.5 }
  .box { fill: #fff; stroke: #1f4e79; stroke-width: 1.5 }
  .bridge { fill: #dbe7f3; stroke: #1f4e79; stroke-width: 1.5 }
  .cpu { fill: #fdf0d9; stroke: #8a5a00; stroke-width: 1.5 }
  .memory { fill: #e8f2e4; stroke: #2f6b1f; stroke-width: 1.5 }
"""


def svg(topology: Topology) -> str:
    """The picture as an SVG document. The host bus is at the top, each other bus below its parent."""
    return _Picture(topology).document()


class _Picture:
    """A picture under construction. The column of a bus is wide enough for everything below the bus."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.parts: list[str] = []
        self.under = {bus: [b for b, above in topology.parents.items() if above == bus] for bus in topology.buses}
        self.boxes = {bus: list(self._boxes(bus)) for bus in topology.buses}
        self.own = {bus: sum(_width(lines) + _GAP for _, lines in boxes) for bus, boxes in self.boxes.items()}
        self.widths: dict[str, int] = {}
        for bus in self._deepest_first():
            below = sum(self.widths[b] + _GAP for b in self.under[bus])
            self.widths[bus] = max(100, self.own[bus] + below)

    def _deepest_first(self) -> list[str]:
        order = [self.topology.host]
        for bus in order:
            order += self.under[bus]
        return order[::-1]

    def _boxes(self, bus: str) -> list[tuple[str, list[str]]]:
        """The boxes on a bus, as (class, lines of text)."""
        topology = self.topology
        found: list[tuple[str, list[str]]] = []
        if bus == topology.host:
            found += [("cpu", [f"CPU P{t}", topology.cpu]) for t in range(len(topology.masters)) if topology.is_cpu(t)]
            symbols = [symbol for symbol, home in topology.homes.items() if home == MEMORY]
            if symbols:
                found.append(("memory", ["memory", *symbols]))
        for name, device in topology.functions.items():
            if topology.devices[device] == bus:
                threads = [f"P{t}" for t, master in enumerate(topology.masters) if master == name and name != f"P{t}"]
                symbols = [symbol for symbol, home in topology.homes.items() if home == name != symbol]
                found.append(("box", [name, *threads, *symbols]))
        return found

    def document(self) -> str:
        topology = self.topology
        above = [_LINE * len(lines) + 8 for kind, lines in self.boxes[topology.host] if kind != "box"]
        height = self._bus(topology.host, _GAP, _GAP + 20 + max(above, default=0))
        wires = [symbol for symbol, home in topology.homes.items() if home == WIRE]
        width = self.widths[topology.host] + 2 * _GAP
        if wires:
            self._text(width // 2, height, f"interrupt wires: {', '.join(wires)}", "small")
            height += _LINE
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img">'
        )
        title = "<title>buses and bridges of a PCI test</title>"
        return "\n".join([head, title, f"<style>{_STYLE}</style>", *self.parts, "</svg>"]) + "\n"

    def _bus(self, bus: str, left: int, y: int) -> int:
        """Draw a bus, its boxes, and everything below; return the height at which they end."""
        label = f"host bus {bus}" if bus == self.topology.host else f"bus {bus}"
        width = self.widths[bus]
        self.parts.append(f'<line class="bus" x1="{left}" y1="{y}" x2="{left + width}" y2="{y}"/>')
        at, is_host, bottom = left + _GAP // 2, bus == self.topology.host, y + _LINE
        tall = 0
        for kind, lines in self.boxes[bus]:
            wide, high = _width(lines), _LINE * len(lines) + 8
            top = y - 20 - high if is_host and kind != "box" else y + 20
            self.parts.append(
                f'<line class="wire" x1="{at + wide // 2}" y1="{y}" x2="{at + wide // 2}" '
                f'y2="{top + high if top < y else top}"/>'
            )
            self._box(kind, at, top, lines)
            if top > y:
                tall = max(tall, high)
            at += wide + _GAP
        self._text(left + width - 4, y - 10, label, "small", "end")
        bottom = max(bottom, y + 20 + tall + _GAP)
        for below in self.under[bus]:
            middle = at + self.widths[below] // 2
            self.parts.append(f'<line class="wire" x1="{middle}" y1="{y}" x2="{middle}" y2="{y + _ROW}"/>')
            self._box("bridge", middle - 32, y + 45, ["bridge"])
            bottom = max(bottom, self._bus(below, at, y + _ROW))
            at += self.widths[below] + _GAP
        return bottom

    def _box(self, kind: str, x: int, y: int, lines: list[str]) -> None:
        wide, high = _width(lines), _LINE * len(lines) + 8
        self.parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{wide}" height="{high}" rx="4"/>')
        for k, line in enumerate(lines):
            self._text(x + wide // 2, y + _LINE * (k + 1), line, "small" if k else "")

    def _text(self, x: int, y: int, text: str, kind: str = "", anchor: str = "") -> None:
        style = f' style="text-anchor: {anchor}"' if anchor else ""
        name = f' class="{kind}"' if kind else ""
        self.parts.append(f'<text{name} x="{x}" y="{y}"{style}>{escape(text)}</text>')


def _width(lines: list[str]) -> int:
    return max(60, _CHAR * max(map(len, lines)) + 16)
