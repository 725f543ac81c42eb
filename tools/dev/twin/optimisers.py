"""Inner optimisers on one flat buffer: the parameters are views of it, so that a step is a handful
of operations whatever the network."""

import math

import torch

from . import TwinError


class Optimiser:
    """Owns copies of `tensors`, as `parameters`, and their gradients."""

    def __init__(self, tensors):
        count = sum(tensor.numel() for tensor in tensors)
        self.values, self.gradients = torch.empty(count), torch.zeros(count)
        self.parameters, begin = [], 0
        for tensor in tensors:
            part = slice(begin, begin + tensor.numel())
            self.values[part] = tensor.reshape(-1)
            parameter = self.values[part].view(tensor.shape).requires_grad_()
            parameter.grad = self.gradients[part].view(tensor.shape)
            self.parameters.append(parameter)
            begin = part.stop
        self.t = 0

    def zero(self):
        self.gradients.zero_()

    @torch.no_grad()
    def step(self, rate):
        self.t += 1
        self.move(rate)


class Adam(Optimiser):
    """Keras' form: epsilon outside the bias correction. `decay`: of AdamW, decoupled."""

    def __init__(self, tensors, beta1=0.9, beta2=0.999, epsilon=1e-7, decay=0.0):
        super().__init__(tensors)
        self.beta1, self.beta2, self.epsilon, self.decay = beta1, beta2, epsilon, decay
        self.first, self.second = torch.zeros_like(self.values), torch.zeros_like(self.values)
        self.root = torch.empty_like(self.values)

    def move(self, rate):
        if self.decay:
            self.values.mul_(1 - rate * self.decay)
        g = self.gradients
        self.first.mul_(self.beta1).add_(g, alpha=1 - self.beta1)
        self.second.mul_(self.beta2).addcmul_(g, g, value=1 - self.beta2)
        torch.sqrt(self.second, out=self.root)
        self.root.add_(self.epsilon)
        corrected = rate * math.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        self.values.addcdiv_(self.first, self.root, value=-corrected)


class Sgd(Optimiser):
    """Keras' form: velocity = momentum * velocity - rate * gradient."""

    def __init__(self, tensors, momentum=0.0):
        super().__init__(tensors)
        self.momentum, self.velocity = momentum, torch.zeros_like(self.values)

    def move(self, rate):
        self.velocity.mul_(self.momentum).add_(self.gradients, alpha=-rate)
        self.values.add_(self.velocity)


class Lookahead:
    """Every `every` steps slow += rate * (fast - slow), fast = slow; moments are kept."""

    def __init__(self, optimiser, every, rate):
        self.optimiser, self.every, self.rate = optimiser, every, rate
        self.slow = optimiser.values.clone()

    @torch.no_grad()
    def after_step(self):
        if self.optimiser.t % self.every == 0:
            self.slow.lerp_(self.optimiser.values, self.rate)
            self.optimiser.values.copy_(self.slow)


def make_optimiser(network, tensors):
    kind = network.training.get("optimizer", "adam")
    if kind == "sgd":
        return Sgd(tensors, network.number("momentum", 0))
    if kind not in ("adam", "adamw"):
        raise TwinError("training.optimizer", f"'{kind}' is not known here")
    return Adam(tensors, network.number("beta1", 0.9), network.number("beta2", 0.999),
                network.number("epsilon", 1e-7),
                network.number("weight_decay", 0) if kind == "adamw" else 0.0)
