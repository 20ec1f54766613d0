"""Channel groups: which channels live and die together, the cut that removes them, and the mask it must equal.

    groups = find_groups(model)
    smaller = cut(model, groups, {"features.3/Conv": [0, 7, 12]})

The parts: channel_labels (labels, union-find), channel_rules and channel_rules_* (one rule per operator family),
channel_checks (shared tensors), channel_groups (the result), channel_mend and channel_cut.
"""

from core.model.channel_cut import cut, facts_after, mask, masked_tensors, stored_arrays, surviving
from core.model.channel_groups import ChannelGroup, ChannelGroups, Member, Removed, find_groups
from core.model.model import layer_name

__all__ = [
    "ChannelGroup",
    "ChannelGroups",
    "Member",
    "Removed",
    "cut",
    "facts_after",
    "find_groups",
    "layer_name",
    "mask",
    "masked_tensors",
    "stored_arrays",
    "surviving",
]
