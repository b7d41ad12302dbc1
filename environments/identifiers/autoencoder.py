"""Residual-quantised autoencoders, trained in full batches: RQ-VAE, and RQ-KMeans+ that begins where RQ-KMeans ends.

RQ-VAE (Zeghidour et al. 2021, arXiv 2107.03312; for items Rajput et al. 2023, TIGER, arXiv 2305.05065, section 3.1):
z = encoder(x), r_0 = z, c_l = argmin |r_l - e_l|, r_{l+1} = r_l - e_l[c_l], x' = decoder(z + sg(sum e_l[c_l] - z)),

    loss = |x - x'|^2 + sum_l |sg(r_l) - e_l[c_l]|^2 + .25 |r_l - sg(e_l[c_l])|^2,

each square a mean over items and features; earlier codes enter a residual as constants, so that each codebook learns
by its own term alone. Codebooks begin as residual k-means of the first latents, as there; a code that no item took for
`patience` steps is moved onto the residual of an item drawn at random (Dhariwal et al. 2020, arXiv 2005.00341, section
3.1). RQ-KMeans+ (MiniOneRec, Kong et al. 2025, arXiv 2510.24431): z = x + MLP(x) whose last layer begins at 0, with the
codebooks of RQ-KMeans, so that it begins with its codes; our decoder is of the same form. The batch is the whole
catalogue, and every weight is drawn from the generator that is handed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from environments.identifiers.assignment import Repair, repaired_by_costs
from environments.identifiers.clusters import Floats, checked, residual_levels, squared_distances

if TYPE_CHECKING:
    import torch

Layers = list[tuple["torch.Tensor", "torch.Tensor"]]
"""Weights [in, out] and biases [out] of a perceptron."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What training depends on besides the features and the generator."""

    levels: int = 3
    size: int = 32
    """Codes a level."""
    skip: bool = False
    """Whether encoder and decoder add to their input (RQ-KMeans+) instead of replacing it (RQ-VAE)."""
    hidden: tuple[int, ...] = (128, 64)
    """Widths between features and latents; the decoder has them in reverse order."""
    latent: int = 32
    """Width of the latents where there is no skip."""
    steps: int = 1000
    learning_rate: float = 1e-3
    commitment: float = 0.25
    patience: int = 50
    """Steps after which a code without items is moved."""


@dataclass(frozen=True, slots=True)
class Autoencoder:
    """The weights: leaf tensors in float64."""

    encoder: Layers
    decoder: Layers
    codebooks_LKD: "torch.Tensor"
    skip: bool

    def parameters(self) -> list["torch.Tensor"]:
        """Return every leaf."""
        return [tensor for layers in (self.encoder, self.decoder) for layer in layers for tensor in layer] + [
            self.codebooks_LKD
        ]


class Quantised(NamedTuple):
    """What the codebooks make of latents."""

    codes_NL: "torch.Tensor"
    sums_ND: "torch.Tensor"
    """The chosen codes of all levels, summed."""
    residuals: list["torch.Tensor"]
    """Before each level and after the last, [N, D]."""
    chosen: list["torch.Tensor"]
    """The code of each level, [N, D]."""


class Trained(NamedTuple):
    """Identifiers from a trained autoencoder, and the loss at every step."""

    repair: Repair
    model: Autoencoder
    losses: tuple[float, ...]


def perceptron(layers: Layers, inputs_NF: "torch.Tensor", *, skip: bool) -> "torch.Tensor":
    """Apply layers with ReLU between them; `skip` adds the input."""
    values = inputs_NF
    for number, (weight, bias) in enumerate(layers):
        values = values @ weight + bias
        if number < len(layers) - 1:
            values = values.relu()
    return inputs_NF + values if skip else values


def quantised(codebooks_LKD: "torch.Tensor", latents_ND: "torch.Tensor") -> Quantised:
    """Choose the nearest code at each level for what the levels before leave."""
    import torch

    residuals, chosen, codes = [latents_ND], [], []
    for codebook_KD in codebooks_LKD:
        with torch.no_grad():
            codes_N = torch.cdist(residuals[-1], codebook_KD, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
        codes.append(codes_N)
        chosen.append(codebook_KD[codes_N])
        residuals.append(residuals[-1] - chosen[-1].detach())
    return Quantised(torch.stack(codes, dim=1), sum(chosen[1:], start=chosen[0]), residuals, chosen)


def loss_of(model: Autoencoder, features_NF: "torch.Tensor", commitment: float) -> tuple["torch.Tensor", Quantised]:
    """Return the loss of the module's head, and what was quantised on the way."""
    latents_ND = perceptron(model.encoder, features_NF, skip=model.skip)
    result = quantised(model.codebooks_LKD, latents_ND)
    straight_ND = latents_ND + (result.sums_ND - latents_ND).detach()
    loss = (features_NF - perceptron(model.decoder, straight_ND, skip=model.skip)).square().mean()
    for residual_ND, chosen_ND in zip(result.residuals[:-1], result.chosen, strict=True):
        loss = loss + (residual_ND.detach() - chosen_ND).square().mean()
        loss = loss + commitment * (residual_ND - chosen_ND.detach()).square().mean()
    return loss, result


def begun(features_NF: Floats, recipe: Recipe, generator: np.random.Generator) -> Autoencoder:
    """Draw the layers (Glorot & Bengio 2010, eq. 16) and begin the codebooks as residual k-means of the latents."""
    import torch

    width = features_NF.shape[1]
    latent = width if recipe.skip else recipe.latent
    widths = (width, *recipe.hidden, latent)
    weights, clusters = generator.spawn(2)
    encoder = _drawn(widths, weights, zero_last=recipe.skip)
    decoder = _drawn(widths[::-1], weights, zero_last=recipe.skip)
    with torch.no_grad():
        latents_ND = perceptron(encoder, torch.from_numpy(features_NF), skip=recipe.skip).numpy()
    codebooks = np.stack(residual_levels(latents_ND, recipe.levels, recipe.size, clusters).codebooks)
    return Autoencoder(encoder, decoder, torch.from_numpy(codebooks).requires_grad_(), recipe.skip)


def train(features_NF: npt.ArrayLike, recipe: Recipe, generator: np.random.Generator) -> Trained:
    """Train on the whole catalogue a step (AdamW without decay), then read and repair the codes."""
    import torch

    points_NF = checked(features_NF, recipe.size)
    features = torch.from_numpy(points_NF)
    model = begun(points_NF, recipe, generator)
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.0)
    idle_LK = np.zeros((recipe.levels, recipe.size), dtype=np.int64)
    losses = []
    for step in range(recipe.steps):
        loss, result = loss_of(model, features, recipe.commitment)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch declares no type for it
        optimiser.step()
        losses.append(float(loss.detach()))
        idle_LK = _idle(idle_LK, result.codes_NL.numpy())
        if step + recipe.patience < recipe.steps:
            _revive(model, result, idle_LK, recipe.patience, generator)
    return Trained(read(model, points_NF), model, tuple(losses))


def read(model: Autoencoder, features_NF: Floats) -> Repair:
    """Return the codes of features, their collisions repaired by the distance to the last codebook."""
    import torch

    with torch.no_grad():
        latents_ND = perceptron(model.encoder, torch.from_numpy(features_NF), skip=model.skip)
        result = quantised(model.codebooks_LKD, latents_ND)
    last_ND, codebook_KD = result.residuals[-2].numpy(), model.codebooks_LKD[-1].detach().numpy()
    return repaired_by_costs(result.codes_NL.numpy(), squared_distances(last_ND, codebook_KD))


def _drawn(widths: Sequence[int], generator: np.random.Generator, *, zero_last: bool) -> Layers:
    import torch

    layers: Layers = []
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        bound = np.sqrt(6.0 / (inputs + outputs))
        weight = generator.uniform(-bound, bound, size=(inputs, outputs))
        if zero_last and number == len(widths) - 2:
            weight = np.zeros_like(weight)
        layers.append(
            (torch.from_numpy(weight).requires_grad_(), torch.zeros(outputs, dtype=torch.float64, requires_grad=True))
        )
    return layers


def _idle(idle_LK: npt.NDArray[np.int64], codes_NL: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Count for each code the steps since an item took it."""
    counted = idle_LK + 1
    for level, codes_N in enumerate(codes_NL.T):
        counted[level, codes_N] = 0
    return counted


def _revive(
    model: Autoencoder, result: Quantised, idle_LK: npt.NDArray[np.int64], patience: int, generator: np.random.Generator
) -> None:
    """Move codes that were idle for `patience` steps onto residuals of items drawn at random."""
    import torch

    for level, code in np.argwhere(idle_LK >= patience).tolist():
        item = int(generator.integers(len(result.codes_NL)))
        with torch.no_grad():
            model.codebooks_LKD[level, code] = result.residuals[level][item]
        idle_LK[level, code] = 0
