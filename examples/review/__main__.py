"""Runs the review: `python examples/review FILE.c`."""

import sys

from kernel_review.cli import main

sys.exit(main())
