"""The forward pass of a described network, as Keras defines its layers.

A weight matrix holds a weight vector a row. A convolution's rows are ordered kernel row, column,
channel: seen as outputs x channels x rows x columns that is PyTorch's channels_last format, so that
the optimiser, the sync and oneDNN all work on the same memory."""

import torch
import torch.nn.functional as F

from .spec import NETWORK_INPUT

BATCH_NORM_MOMENTUM, BATCH_NORM_EPSILON = 0.99, 1e-3


class BatchNorm:
    """Keras: normalises by the biased variance of the batch and keeps a running average of it."""

    def __init__(self, gamma, beta, mean, variance):
        self.gamma, self.beta, self.mean, self.variance = gamma, beta, mean, variance
        self.batch_mean, self.batch_variance = torch.zeros_like(mean), torch.zeros_like(variance)

    def apply(self, x, training):
        if not training:
            return F.batch_norm(x, self.mean, self.variance, self.gamma, self.beta, False, 0.0,
                                BATCH_NORM_EPSILON)
        # With momentum 1 PyTorch leaves the statistics of this batch, its variance unbiased.
        y = F.batch_norm(x, self.batch_mean, self.batch_variance, self.gamma, self.beta, True, 1.0,
                         BATCH_NORM_EPSILON)
        count, rest = x.numel() // x.shape[1], 1 - BATCH_NORM_MOMENTUM
        with torch.no_grad():
            self.mean.mul_(BATCH_NORM_MOMENTUM).add_(self.batch_mean, alpha=rest)
            self.variance.mul_(BATCH_NORM_MOMENTUM).add_(self.batch_variance,
                                                         alpha=rest * (count - 1) / count)
        return y


class Model:
    """`weights[i]` (outputs x lines), `biases[i]` (outputs, or None) and `norms[i, position]` of
    layer i are set by the owner. `channels_last`: how feature maps lie; it changes no result."""

    def __init__(self, network, channels_last=True, dropout=True):
        self.network, self.channels_last, self.dropout = network, channels_last, dropout
        self.weights = [None] * len(network.layers)
        self.biases = [None] * len(network.layers)
        self.norms = {}

    def parameters(self):
        """All that the optimiser moves."""
        found = list(self.weights) + [bias for bias in self.biases if bias is not None]
        for norm in self.norms.values():
            found += [norm.gamma, norm.beta]
        return found

    def prepared(self, values):
        """A batch (count x rows x columns x channels) as `forward` takes it."""
        if all(layer.conv is None for layer in self.network.layers):
            return values.reshape(len(values), -1)
        x = values.permute(0, 3, 1, 2)
        return x if self.channels_last else x.contiguous()

    def forward(self, x, training, weights=None, biases=None):
        """Logits. `weights` and `biases` in place of the model's own, where the network computes
        with others than the optimiser moves."""
        weights, biases = weights or self.weights, biases or self.biases
        outputs = {NETWORK_INPUT: x}
        for i, layer in enumerate(self.network.layers):
            y = self._weighted(layer, outputs[layer.source], weights[i], biases[i])
            # No gradient needs the sums themselves, so a ReLU may overwrite them.
            y = y.relu_() if layer.activation == "relu" else _activate(layer.activation, y)
            for position, (op, value) in enumerate(layer.then):
                y = self._operate(op, value, y, outputs, self.norms.get((i, position)), training)
            outputs[i] = y
        return y

    def _weighted(self, layer, x, weights, bias):
        if layer.conv is None:
            return F.linear(_flat(x), weights, bias)
        kernel, stride = layer.conv.kernel, layer.conv.stride
        weights = weights.view(layer.outputs, kernel, kernel, -1).permute(0, 3, 1, 2)
        if not self.channels_last:
            weights = weights.contiguous()
        (top, bottom), (left, right) = (_padding(extent, layer.conv)
                                        for extent in layer.input_shape[:2])
        if (top, left) != (bottom, right):
            x, top, left = F.pad(x, (left, right, top, bottom)), 0, 0
        return F.conv2d(x, weights, bias, stride, (top, left))

    def _operate(self, op, value, x, outputs, norm, training):
        if op == "batch_norm":
            return norm.apply(x, training)
        if op in ("relu", "clip"):
            return _activate(op, x)
        if op == "flatten":
            return _flat(x)
        if op == "dropout":
            return F.dropout(x, float(value), training and self.dropout)
        if op == "max_pool":
            return F.max_pool2d(x, int(value))
        if op == "average_pool":
            return F.avg_pool2d(x, int(value))
        if op == "global_average_pool":
            return x.mean((2, 3), keepdim=True)
        return x + outputs[value]  # add


def _activate(kind, x):
    return torch.relu(x) if kind == "relu" else x.clamp(0, 1) if kind == "clip" else x


def _flat(x):
    """In the order rows, columns, channels."""
    return x if x.dim() == 2 else x.permute(0, 2, 3, 1).reshape(len(x), -1)


def _padding(extent, conv):
    """Zeros before and after; where they are odd in number, the odd one comes after (Keras)."""
    if not conv.same:
        return 0, 0
    windows = -(-extent // conv.stride)
    total = max((windows - 1) * conv.stride + conv.kernel - extent, 0)
    return total // 2, total - total // 2
