"""Losses as pure functions of vectors."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def symmetric_info_nce(
    left: Tensor,
    right: Tensor,
    *,
    scale: Tensor | float,
    same: Tensor | None = None,
    hard: Tensor | None = None,
) -> Tensor:
    """How badly each row of one side picks its partner among the other side's, both ways' mean.

    ``left`` and ``right`` are unit rows (batch, dim); partners have the same place. ``scale``
    multiplies cosines (1 / temperature). ``same`` (batch, batch) is true where two rows say the
    same although they are no partners: they are no negatives of each other. ``hard`` (batch, n,
    dim) are further negatives of each left row.

    Raises:
        ValueError: the sides differ in shape.

    Source: van den Oord, Li and Vinyals, 2018, arXiv:1807.03748; symmetric as in Radford et al.,
    ICML 2021, arXiv:2103.00020.
    """
    if left.shape != right.shape:
        raise ValueError(f"The sides have the shapes {tuple(left.shape)}, {tuple(right.shape)}.")
    scores = scale * left @ right.T  # (batch, batch)
    partners = torch.arange(len(left), device=left.device)
    if same is not None:
        apart = same & ~torch.eye(len(left), dtype=torch.bool, device=left.device)
        scores = scores.masked_fill(apart, float("-inf"))
    back = cross_entropy(scores.T, partners)
    if hard is not None:
        more = scale * (left[:, None] * hard).sum(dim=-1)  # (batch, n)
        scores = torch.cat([scores, more], dim=1)
    return (cross_entropy(scores, partners) + back) / 2


def twins_cross_entropy(left: Tensor, right: Tensor, *, scale: Tensor | float) -> Tensor:
    """How badly each row tells its partner from its partner's twin, both ways' mean.

    Rows (batch, dim) of unit length; those at the places 2i and 2i + 1 are twins.
    """
    pairs = scale * left.unflatten(0, (-1, 2)) @ right.unflatten(0, (-1, 2)).mT  # (n, 2, 2)
    own = torch.arange(2, device=left.device).repeat(len(pairs))
    there, back = pairs.flatten(0, 1), pairs.mT.flatten(0, 1)
    return (cross_entropy(there, own) + cross_entropy(back, own)) / 2


def facts_cross_entropy(
    rows: Tensor, prototypes: Tensor, *, facts: Tensor, groups: Tensor, scale: Tensor | float
) -> Tensor:
    """How badly each row tells what is known of it, the mean over all that is known.

    ``rows`` are unit rows (batch, dim); ``prototypes`` (facts, dim) one vector for each fact, of
    any length. ``facts`` (batch, most) are the numbers of those that hold, -1 where there are
    fewer. ``groups`` (facts,) tells which exclude one another, as colours do: a fact competes with
    those of its group only.
    """
    scores = scale * rows @ normalize(prototypes, dim=-1).T  # (batch, facts)
    known = facts >= 0  # (batch, most)
    rivals = groups[facts.clamp(min=0)][..., None] == groups  # (batch, most, facts)
    likely = scores[:, None].masked_fill(~rivals, float("-inf")).log_softmax(dim=-1)
    chosen = likely.gather(-1, facts.clamp(min=0)[..., None])[..., 0]  # (batch, most)
    return -chosen[known].mean()
