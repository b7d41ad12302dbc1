"""Balanced codes against brute force, and the autoencoders' loss and gradient against NumPy by hand."""

import itertools

import numpy as np
import pytest
import torch

from environments.identifiers.autoencoder import Autoencoder, Recipe, begun, loss_of, perceptron, quantised, train
from environments.identifiers.balanced import balanced_codes, balanced_k_means
from environments.identifiers.clusters import k_means, residual_levels
from simulation.core.errors import DataError


def stream(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def clouds(count: int, features: int, groups: int, seed: int = 0) -> np.ndarray:
    numbers = stream(seed)
    centres = 2 * numbers.normal(size=(groups, features))
    return centres[numbers.integers(groups, size=count)] + 0.5 * numbers.normal(size=(count, features))


@pytest.mark.parametrize(("count", "size"), [(4, 2), (5, 2), (7, 3), (8, 3), (6, 6)])
def test_balanced_codes_cost_least_of_all_balanced_assignments(count: int, size: int) -> None:
    costs = stream(count).random((count, size))
    codes = balanced_codes(costs)
    least = min(
        sum(costs[item, code] for item, code in enumerate(trial))
        for trial in itertools.product(range(size), repeat=count)
        if all(count // size <= trial.count(code) <= -(-count // size) for code in range(size))
    )
    assert costs[np.arange(count), codes].sum() == pytest.approx(least)


@pytest.mark.parametrize(("count", "size"), [(100, 8), (96, 8), (33, 32)])
def test_every_code_has_as_many_items_give_or_take_one(count: int, size: int) -> None:
    clusters = balanced_k_means(clouds(count, 5, 3), size, stream())
    counts = np.bincount(clusters.codes_N, minlength=size)
    assert counts.min() >= count // size and counts.max() <= -(-count // size)
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in itertools.pairwise(clusters.inertias))
    assert clusters.inertias[-1] >= k_means(clouds(count, 5, 3), size, stream()).inertias[-1] - 1e-9


def test_levels_are_balanced_one_by_one() -> None:
    levels = residual_levels(clouds(90, 6, 4), 3, 8, stream(), balanced_k_means)
    for codes in levels.codes_NL.T:
        assert set(np.bincount(codes, minlength=8).tolist()) <= {11, 12}


def test_fewer_items_than_codes_cannot_be_balanced() -> None:
    with pytest.raises(DataError, match="3 items cannot fill 4 codes alike"):
        balanced_codes(np.zeros((3, 4)))


def linear(weight: np.ndarray) -> list[tuple[torch.Tensor, torch.Tensor]]:
    bias = torch.zeros(weight.shape[1], dtype=torch.float64)
    return [(torch.tensor(weight, requires_grad=True), bias.requires_grad_())]


def test_loss_and_gradients_are_those_worked_out_by_hand() -> None:
    numbers = stream(4)
    features, encoder, decoder = numbers.normal(size=(5, 3)), numbers.normal(size=(3, 2)), numbers.normal(size=(2, 3))
    books = numbers.normal(size=(2, 4, 2))
    model = Autoencoder(linear(encoder), linear(decoder), torch.tensor(books, requires_grad=True), skip=False)
    loss, result = loss_of(model, torch.tensor(features), 0.25)
    loss.backward()

    latents = features @ encoder
    first = ((latents[:, None] - books[0]) ** 2).sum(-1).argmin(1)
    left = latents - books[0][first]
    second = ((left[:, None] - books[1]) ** 2).sum(-1).argmin(1)
    sums = books[0][first] + books[1][second]
    error = sums @ decoder - features
    misfits = [latents - books[0][first], left - books[1][second]]
    expected = (error**2).mean() + sum(1.25 * (misfit**2).mean() for misfit in misfits)
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-12)
    assert result.codes_NL.tolist() == np.stack([first, second], axis=1).tolist()

    decoder_gradient = sums.T @ (2 * error / error.size)
    latent_gradient = (2 * error / error.size) @ decoder.T + sum(0.25 * 2 * misfit / misfit.size for misfit in misfits)
    book_gradients = np.zeros_like(books)
    for level, (codes, misfit) in enumerate(zip((first, second), misfits, strict=True)):
        np.add.at(book_gradients[level], codes, -2 * misfit / misfit.size)
    gradients = (decoder_gradient, features.T @ latent_gradient, book_gradients)
    for leaf, gradient in zip((model.decoder[0][0], model.encoder[0][0], model.codebooks_LKD), gradients, strict=True):
        assert leaf.grad is not None
        np.testing.assert_allclose(leaf.grad.numpy(), gradient, atol=1e-12)


def test_a_perceptron_is_that_of_torch() -> None:
    numbers = stream()
    layers = linear(numbers.normal(size=(4, 3))) + linear(numbers.normal(size=(3, 4)))
    inputs = torch.tensor(numbers.normal(size=(6, 4)))
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 4)).double()
    for place, (weight, bias) in zip((0, 2), layers, strict=True):
        theirs[place].weight.data, theirs[place].bias.data = weight.detach().T, bias.detach()
    torch.testing.assert_close(perceptron(layers, inputs, skip=False), theirs(inputs))
    torch.testing.assert_close(perceptron(layers, inputs, skip=True), inputs + theirs(inputs))


def test_latents_are_their_codes_and_what_is_left() -> None:
    numbers = stream()
    latents, books = torch.tensor(numbers.normal(size=(20, 3))), torch.tensor(numbers.normal(size=(3, 8, 3)))
    result = quantised(books, latents)
    torch.testing.assert_close(result.sums_ND + result.residuals[-1], latents)


def test_the_plus_variant_begins_with_the_codes_of_rq_kmeans() -> None:
    features = clouds(120, 6, 20)
    plain = residual_levels(features, 3, 8, stream(3).spawn(2)[1])
    model = begun(features, Recipe(size=8, skip=True, hidden=(16,)), stream(3))
    codes = quantised(model.codebooks_LKD, perceptron(model.encoder, torch.tensor(features), skip=True)).codes_NL
    assert (codes.numpy() == plain.codes_NL).all()
    loss, _ = loss_of(model, torch.tensor(features), 0.25)
    left = [features]
    for level, codebook in enumerate(plain.codebooks):
        left.append(left[-1] - codebook[plain.codes_NL[:, level]])
    expected = (left[-1] ** 2).mean() + sum(1.25 * (residual**2).mean() for residual in left[1:])
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-9)  # the decoder too begins by changing nothing


@pytest.mark.parametrize("skip", [False, True])
def test_training_lowers_the_loss_and_is_equal_bit_for_bit_when_repeated(skip: bool) -> None:
    features = clouds(100, 6, 15)
    recipe = Recipe(size=8, hidden=(16,), latent=4, steps=120, skip=skip, learning_rate=3e-3)
    first, second = train(features, recipe, stream(1)), train(features, recipe, stream(1))
    assert np.mean(first.losses[-10:]) < 0.8 * first.losses[0]
    assert first.losses == second.losses
    assert first.repair.codes_NL.tobytes() == second.repair.codes_NL.tobytes()
    assert train(features, recipe, stream(2)).losses != first.losses
    assert first.repair.collisions_left <= first.repair.collisions_before > 0


def test_training_draws_nothing_from_the_global_generator() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    train(clouds(30, 4, 3), Recipe(size=4, hidden=(8,), latent=2, steps=10, patience=2), stream())
    assert torch.equal(before, torch.get_rng_state())


def test_codes_that_no_item_takes_are_put_to_use() -> None:
    features = clouds(200, 4, 5)
    used = []
    for patience in (10, 10_000):
        recipe = Recipe(levels=2, size=48, hidden=(16,), latent=2, steps=150, patience=patience, learning_rate=1e-2)
        codes = train(features, recipe, stream()).model
        latents = perceptron(codes.encoder, torch.tensor(features), skip=False)
        used.append(len(set(quantised(codes.codebooks_LKD, latents).codes_NL[:, 0].tolist())))
    assert used[0] > used[1]
