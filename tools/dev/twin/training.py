"""One training run: steps, syncs, epochs and their evaluation."""

import time

import numpy as np
import torch
import torch.nn.functional as F

from . import TwinError
from .model import BatchNorm, Model
from .optimisers import Lookahead, make_optimiser
from .rng import epoch_order
from .spec import number, real_inputs

EVALUATION_BATCH = 1000


def check_supported(network):
    """Throws TwinError, naming what of the description the twin does not compute."""
    training = network.training
    if network.algorithm not in ("free", "adam", "laperm", "laperm_latent"):
        raise TwinError("training.algorithm", f"'{network.algorithm}' has no twin")
    for key in ("keep", "bn_recalibrate", "shift_pixels"):
        if training.get(key):
            raise TwinError(f"training.{key}", "has no twin", f"train with {key} left out")
    if any(layer.rail == "dual" for layer in network.layers):
        raise TwinError("layers", "dual rails have no twin")


class Trainer:
    """Holds the parameters of a run, begun at a Start, and takes it from step to step."""

    def __init__(self, network, start, classes, channels_last=True, dropout=True):
        check_supported(network)
        self.network, self.classes = network, classes
        self.latent = network.algorithm == "laperm_latent"
        self.syncs = self.latent or network.algorithm == "laperm"
        self.model = Model(network, channels_last, dropout)
        self._own(start)
        self.l2 = network.number("l2", 0)
        self.penalised = self.model.weights[:-1] if self.l2 else []
        self.frozen = None
        if network.training.get("frozen_zeros"):
            self.frozen = [(weights, weights.detach() != 0) for weights in self.model.weights]
        self.lookahead = None
        if "lookahead" in network.training:
            settings = network.training["lookahead"]
            self.lookahead = Lookahead(self.optimiser, int(settings["every"]),
                                       number(settings.get("rate", 0.5)))
        self.corrections = None
        if self.latent:
            self._check_drift()
            self.corrections = [None] * len(self.vectors)
            self.sync()

    def _own(self, start):
        """Moves the start values into the optimiser; `vectors` are the tensors that are permuted,
        `profiles` the devices of each, ascending."""
        model, network = self.model, self.network
        dtype = torch.get_default_dtype()
        model.weights = [torch.tensor(weights, dtype=dtype) for weights in start.weights]
        model.biases = [None if bias is None else torch.tensor(bias, dtype=dtype)
                        for bias in start.biases]
        model.norms = {place: BatchNorm(*(torch.tensor(row, dtype=dtype) for row in values))
                       for place, values in start.norms.items()}
        self.optimiser = make_optimiser(network, model.parameters())
        owned = iter(self.optimiser.parameters)
        model.weights = [next(owned) for _ in model.weights]
        model.biases = [None if bias is None else next(owned) for bias in model.biases]
        for norm in model.norms.values():
            norm.gamma, norm.beta = next(owned), next(owned)
        permuted = [bias.view(1, -1) for bias, layer in zip(model.biases, network.layers)
                    if bias is not None and layer.bias.get("permuted")]
        self.vectors = model.weights + permuted
        self.profiles = [vectors.detach().sort(dim=1).values for vectors in self.vectors]

    def _check_drift(self):
        """Estimator mask is taken for devices of one magnitude unless drift is asked for."""
        estimator = self.network.training.get("estimator", "auto")
        one_magnitude = any(len(np.unique(profile[profile != 0].abs())) == 1
                            for profile in self.profiles)
        if estimator == "mask" or (estimator == "auto" and one_magnitude):
            raise TwinError("training.estimator", "mask has no twin", "use drift")

    @torch.no_grad()
    def hard(self, vectors, profile):
        """The devices in the ranking of `vectors`; equal ones rank by ascending index."""
        ranking = vectors.sort(dim=1, stable=True).indices
        return torch.empty_like(profile).scatter_(1, ranking, profile)

    @torch.no_grad()
    def sync(self):
        for i, (vectors, profile) in enumerate(zip(self.vectors, self.profiles)):
            if self.latent:
                self.corrections[i] = self.hard(vectors, profile).sub_(vectors)
            else:
                vectors.copy_(self.hard(vectors, profile))

    def _effective(self, vectors):
        """Weights and biases with the permuted ones replaced by `vectors`, in their order."""
        count = len(self.model.weights)
        permuted = iter(vectors[count:])
        biases = [next(permuted).view(-1)
                  if bias is not None and layer.bias.get("permuted") else bias
                  for bias, layer in zip(self.model.biases, self.network.layers)]
        return vectors[:count], biases

    def step(self, x, labels, rate, period):
        """One training step; the mean cross-entropy before it, as a tensor of one value."""
        self.optimiser.zero()
        moved = (None, None)
        if self.latent:
            moved = self._effective([v + c for v, c in zip(self.vectors, self.corrections)])
        logits = self.model.forward(x, True, *moved)
        loss = F.cross_entropy(logits[:, : self.classes], labels)
        loss.backward()
        for weights in self.penalised:
            weights.grad.add_(weights.detach(), alpha=2 * self.l2)
        if self.frozen:
            for weights, movable in self.frozen:
                weights.grad.mul_(movable)
        self.optimiser.step(rate)
        if self.lookahead:
            self.lookahead.after_step()
        if self.syncs and self.optimiser.t % period == 0:
            self.sync()
        return loss.detach()

    @torch.no_grad()
    def accuracy(self, inputs, labels):
        """On projected weights; inputs as `real_inputs` gives them."""
        moved = (None, None)
        if self.syncs:
            moved = self._effective([self.hard(vectors, profile) for vectors, profile
                                     in zip(self.vectors, self.profiles)])
        right = 0
        for begin in range(0, len(inputs), EVALUATION_BATCH):
            part = slice(begin, begin + EVALUATION_BATCH)
            logits = self.model.forward(self.model.prepared(inputs[part]), False, *moved)
            right += int((logits[:, : self.classes].argmax(1) == labels[part]).sum())
        return right / len(inputs)


class Run:
    """A trainer on the images of a data set, in permloom's order."""

    def __init__(self, trainer, data, seed, epochs, augmentation=None):
        network = trainer.network
        self.trainer, self.augmentation = trainer, augmentation
        self.seed, self.epochs = seed, epochs
        dtype = torch.get_default_dtype()
        self.inputs = torch.from_numpy(real_inputs(network, data.images, data.images)).to(dtype)
        self.labels = torch.from_numpy(data.labels.astype(np.int64))
        self.test_inputs = torch.from_numpy(
            real_inputs(network, data.test_images, data.images)).to(dtype)
        self.test_labels = torch.from_numpy(data.test_labels.astype(np.int64))
        self.batch = int(network.training["batch"])

    def steps(self):
        """Trains; after each step (step from 1, its mean loss, images in it)."""
        network, count = self.trainer.network, len(self.inputs)
        epoch_steps = -(-count // self.batch)
        for step in range(epoch_steps * self.epochs):
            epoch, place = divmod(step, epoch_steps)
            if place == 0:
                order = torch.tensor(epoch_order(self.seed, epoch, count))
            images = order[place * self.batch : (place + 1) * self.batch]
            values = self.inputs[images]
            if self.augmentation:
                values = self.augmentation(values)
            e = step / epoch_steps
            loss = self.trainer.step(self.trainer.model.prepared(values), self.labels[images],
                                     network.learning_rate.at(e, self.epochs),
                                     network.period(e, self.epochs))
            yield step + 1, loss, len(images)

    def train(self):
        """Trains to the end; after each epoch (epoch from 1, mean loss, test accuracy, images/s),
        the time of evaluation not counted."""
        count, total, begin = len(self.inputs), 0.0, time.perf_counter()
        epoch_steps = -(-count // self.batch)
        for step, loss, images in self.steps():
            total += float(loss) * images
            if step % epoch_steps == 0:
                seconds = time.perf_counter() - begin
                accuracy = self.trainer.accuracy(self.test_inputs, self.test_labels)
                yield step // epoch_steps, total / count, accuracy, count / seconds
                total, begin = 0.0, time.perf_counter()
