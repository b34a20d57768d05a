"""How settings are put together: plain fields, blocks of fields, and what a change of each may cure.

A block is a model of its own in a file of its own, and one field of the merchant's settings. It is merged,
checked and versioned with them; its fields are named `block.field` wherever settings are named.
"""

from collections.abc import Iterator
from enum import Enum
from functools import reduce

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from common.domain.documents import Fact


class Cures(Enum):
    """What a change of a setting may cure among parked documents; every setting says it beside its type."""

    NOTHING = "nothing"  # never the reason why a document is parked
    DECISION = "decision"  # decisions depend on it: what waits for a setting may be decided otherwise


class SettingsBlock(Fact):
    """Settings that belong together and are one field of the merchant's settings."""


class CureUnsaid(TypeError):
    """A setting does not say what a change of it may cure."""


def each_setting(model: type[BaseModel], block: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting of the model by its name; those of a block instead of the block."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, SettingsBlock):
            yield from each_setting(inner, f"{block}{name}.")
        else:
            yield f"{block}{name}", field


def curing_settings(model: type[BaseModel]) -> frozenset[str]:
    """The settings whose change may cure a parked document; raises `CureUnsaid`."""
    return frozenset(name for name, field in each_setting(model) if _cures(name, field) is not Cures.NOTHING)


def setting_of(values: BaseModel, name: str) -> object:
    """The value of a setting by its name."""
    inside: object = reduce(getattr, name.split("."), values)
    return inside


def changed_settings(before: BaseModel, after: BaseModel) -> tuple[str, ...]:
    """The names of the settings that differ."""
    names = (name for name, _ in each_setting(type(before)))
    return tuple(name for name in names if setting_of(before, name) != setting_of(after, name))


def _cures(name: str, field: FieldInfo) -> Cures:
    said = [one for one in field.metadata if isinstance(one, Cures)]
    if len(said) != 1:
        raise CureUnsaid(f"the setting {name} must say once what a change of it may cure")
    return said[0]
