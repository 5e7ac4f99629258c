"""The cat language: models as text, elaborated into `litmus.ir.model.Model`."""

from litmus.cat.load import CatModel, NeedsRegisters, NeedsTest, load, load_text
from litmus.cat.registry import default_model, models
from litmus.cat.static import Members

__all__ = [
    "CatModel",
    "Members",
    "NeedsRegisters",
    "NeedsTest",
    "default_model",
    "load",
    "load_text",
    "models",
]
