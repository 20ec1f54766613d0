"""Several attributes of a layer at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from core.errors import UserError
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, Json, edit
from core.model.editing.names import RemoveAttribute, SetAttribute


@edit("attributes.set", "Set attributes")
@dataclass(frozen=True, slots=True)
class SetAttributes(Edit):
    """Attributes get values and others go, as one step; what is inferred from them is inferred once."""

    layer: Annotated[str, "Layer"]
    attributes: Annotated[dict[str, Json], "Attributes"] = field(default_factory=dict)
    removed: Annotated[tuple[str, ...], "Left to their defaults"] = ()

    def apply(self, draft: Draft) -> None:
        if not self.attributes and not self.removed:
            raise UserError(f"No attribute of layer '{self.layer}' would change.")
        for name, value in self.attributes.items():
            SetAttribute(self.layer, name, value).apply(draft)
        for name in self.removed:
            RemoveAttribute(self.layer, name).apply(draft)
