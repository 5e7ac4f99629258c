"""The command `litmus`, also as `python -m litmus`."""

from __future__ import annotations

import gc


def main() -> None:
    """The entry point. Nothing that is imported goes away: to look for garbage meanwhile is a twentieth of a start."""
    gc.disable()
    from litmus.cli import main as run

    gc.enable()
    run()


if __name__ == "__main__":
    main()
