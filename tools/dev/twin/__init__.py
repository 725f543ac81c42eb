"""permloom's training done a second time, in PyTorch: what `tools/dev/torch_twin.py` and
`tools/bench/train_vs_pytorch` are made of. rng, checkpoint, datasets, spec and devices need NumPy
only; model, training and augment need PyTorch."""


class TwinError(Exception):
    """What is wrong with the request, and with a hint where there is one; for the user to read."""

    def __init__(self, where, problem, hint=None):
        super().__init__(f"{where}: {problem}" + (f"\n  hint: {hint}" if hint else ""))
