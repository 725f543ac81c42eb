"""Random changes of training images, as Keras' ImageDataGenerator makes them."""

import math

import torch
import torch.nn.functional as F

from .spec import number


class Augmentation:
    """Rotation (degrees), shift and zoom (fractions, rows and columns on their own), left-right
    flip of every second image: drawn uniformly, interpolated linearly, edges repeated."""

    def __init__(self, settings, seed):
        self.rotation = math.radians(number(settings.get("rotation", 0)))
        self.zoom, self.shift = (number(settings.get(key, 0)) for key in ("zoom", "shift"))
        self.flip = bool(settings.get("flip", False))
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, values):
        """`values`: count x rows x columns x channels."""
        count, rows, columns, _ = values.shape
        angle = self._around_zero(self.rotation, count)
        down, right = (self._around_zero(self.shift, count) * extent for extent in (rows, columns))
        zoom_rows, zoom_columns = (1 + self._around_zero(self.zoom, count) for _ in range(2))
        cosine, sine = angle.cos(), angle.sin()

        # Where output pixel (y, x), seen from the centre, reads: R(angle) (shift + zoom (y, x)).
        y = torch.arange(rows).view(1, -1, 1) - (rows - 1) / 2
        x = torch.arange(columns).view(1, 1, -1) - (columns - 1) / 2
        if self.flip:
            x = x * (torch.randint(2, (count, 1, 1), generator=self.random) * 2 - 1)
        y, x = (zoom.view(-1, 1, 1) * axis + move.view(-1, 1, 1)
                for zoom, axis, move in ((zoom_rows, y, down), (zoom_columns, x, right)))
        cosine, sine = cosine.view(-1, 1, 1), sine.view(-1, 1, 1)
        y, x = cosine * y - sine * x, sine * y + cosine * x
        grid = torch.stack([x * 2 / (columns - 1), y * 2 / (rows - 1)], dim=3)
        moved = F.grid_sample(values.permute(0, 3, 1, 2), grid, "bilinear", "border", True)
        return moved.permute(0, 2, 3, 1).contiguous()

    def _around_zero(self, bound, count):
        return (torch.rand(count, generator=self.random) * 2 - 1) * bound
