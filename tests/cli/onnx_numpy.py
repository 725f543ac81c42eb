"""Evaluates the ONNX operations that permloom export uses, with NumPy: no ONNX runtime needed."""

import numpy as np
import onnx
from onnx import numpy_helper


def windows(x, kernel, strides):
    """images, channels, rows, columns, kernel rows, kernel columns"""
    view = np.lib.stride_tricks.sliding_window_view(x, tuple(kernel), axis=(2, 3))
    return view[:, :, ::strides[0], ::strides[1]]


def convolve(x, weights, bias, auto_pad, strides, kernel_shape):
    if auto_pad == b"SAME_UPPER":
        pads = [(0, 0), (0, 0)]
        for extent, kernel, stride in zip(x.shape[2:], kernel_shape, strides):
            total = max((-(-extent // stride) - 1) * stride + kernel - extent, 0)
            pads.append((total // 2, total - total // 2))
        x = np.pad(x, pads)
    return (np.einsum("nchwij,ocij->nohw", windows(x, kernel_shape, strides), weights)
            + bias[:, None, None])


def batch_norm(x, gamma, beta, mean, variance, epsilon):
    axes = (-1,) + (1,) * (x.ndim - 2)
    scale = gamma / np.sqrt(variance + np.float32(epsilon))
    return (x - mean.reshape(axes)) * scale.reshape(axes) + beta.reshape(axes)


OPERATIONS = {
    "Div": np.divide, "Sub": np.subtract, "Add": np.add, "Mul": np.multiply, "Round": np.round,
    "Clip": np.clip, "Identity": lambda x: x, "Relu": lambda x: np.maximum(x, 0),
    "Transpose": lambda x, perm: x.transpose(perm),
    "Flatten": lambda x, axis: x.reshape(len(x), -1),
    "Reshape": lambda x, shape: x.reshape(shape),
    "Gemm": lambda x, w, b, alpha, transB: np.float32(alpha) * (x @ w.T) + b,
    "Conv": convolve, "BatchNormalization": batch_norm,
    "MaxPool": lambda x, kernel_shape, strides: windows(x, kernel_shape, strides).max(axis=(4, 5)),
    "AveragePool": lambda x, kernel_shape, strides: windows(x, kernel_shape, strides).mean(axis=(4, 5)),
    "GlobalAveragePool": lambda x: x.mean(axis=(2, 3), keepdims=True),
}


def run(path, pixels):
    """The logits of a model that the checker of ONNX accepts."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    values = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    values["pixels"] = np.asarray(pixels, np.float32)
    for node in model.graph.node:
        attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        values[node.output[0]] = OPERATIONS[node.op_type](*(values[name] for name in node.input),
                                                          **attributes)
    return values["logits"]
