#!/usr/bin/python3
"""Trains permloom's networks a second time, in PyTorch: the check that both compute the same.

    tools/dev/torch_twin.py losses RUN --steps 50          the run's first losses beside PyTorch's
    tools/dev/torch_twin.py train NETWORK --data D         accuracy after each epoch

`losses` starts from the run's initial weights and compares with the lines {"step", "step_loss"} of
its metrics.jsonl (permloom train --log-every 1), without dropout and augmentation, which draw other
random numbers here: train the run without them. Exit status 1 where a loss differs by more than
--tolerance. Where RUN was saved after its first step, its weights are drawn again from its seed.

`train` computes permloom's devices and order of images for the seed; dropout and augmentation are
drawn by PyTorch. NETWORK is a description, or a name in models/networks. Accuracy is that of
projected weights.

Needs python3-torch (with libopenblas0-pthread, or it is 40 times slower), python3-numpy and
python3-yaml.
"""
import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/dev"))

from twin import TwinError, datasets, spec, start  # noqa: E402
from twin.checkpoint import Checkpoint  # noqa: E402


def logged_losses(run):
    """step_loss by step, of a run directory's metrics.jsonl."""
    path = Path(run) / "metrics.jsonl"
    if not path.is_file():
        raise TwinError(path, "does not exist", "give a run directory of permloom train")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {line["step"]: line["step_loss"] for line in lines if "step_loss" in line}


def losses(options):
    from twin.training import Run, Trainer

    logged = logged_losses(options.run)
    if not logged:
        raise TwinError(options.run, "has no losses of single steps",
                        "train it with --log-every 1")
    checkpoint = Checkpoint(options.run)
    network = spec.parse(checkpoint.metadata["network"])
    begin = (start.from_checkpoint(network, Checkpoint(options.start)) if options.start
             else start.of_run(network, checkpoint))
    data = datasets.load(options.data or checkpoint.metadata["dataset"])
    trainer = Trainer(network, begin, data.classes, dropout=False)
    run = Run(trainer, data, checkpoint.seed, int(network.training["epochs"]))

    print(f"{'step':>6}  {'permloom':>12}  {'PyTorch':>12}  {'difference':>10}")
    records, largest = [], 0.0
    for step, loss, _ in run.steps():
        record = {"step": step, "torch_loss": float(loss)}
        if step in logged:
            record["step_loss"] = logged[step]
            record["difference"] = abs(float(loss) - logged[step]) / max(abs(logged[step]), 1e-12)
            largest = max(largest, record["difference"])
            print(f"{step:6}  {logged[step]:12.8f}  {float(loss):12.8f}  "
                  f"{record['difference']:10.2e}")
        records.append(record)
        if step == options.steps:
            break
    if not any("difference" in record for record in records):
        raise TwinError(options.run, f"logged none of its first {options.steps} steps")
    print(f"largest relative difference: {largest:.2e}")
    if options.out:
        options.out.write_text("".join(json.dumps(record) + "\n" for record in records))
    return 0 if largest <= options.tolerance else 1


def train(options):
    from twin.augment import Augmentation
    from twin.training import Run, Trainer

    path = Path(options.network)
    if not path.is_file():
        path = ROOT / "models/networks" / f"{options.network}.yaml"
    if not path.is_file():
        raise TwinError(options.network, "is neither a file nor a network in models/networks")
    network = spec.parse(path.read_text())
    epochs = options.epochs or int(network.training["epochs"])
    data = datasets.load(options.data or network.data)
    begin = (start.from_checkpoint(network, Checkpoint(options.start)) if options.start
             else start.from_seed(network, options.seed))
    trainer = Trainer(network, begin, data.classes, dropout=not options.no_dropout)
    settings = network.training.get("augment")
    augmentation = Augmentation(settings, options.seed) \
        if settings and not options.no_augmentation else None

    records = []
    run = Run(trainer, data, options.seed, epochs, augmentation)
    for epoch, loss, accuracy, speed in run.train():
        print(f"epoch {epoch:3}/{epochs}  train loss {loss:.5f}  "
              f"test accuracy {100 * accuracy:6.2f} %  {speed:9.1f} images/s", flush=True)
        records.append({"epoch": epoch, "train_loss": loss, "accuracy": accuracy,
                        "images_per_second": speed})
        if options.out:
            options.out.write_text("".join(json.dumps(record) + "\n" for record in records))
    return 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data", help="data set or directory; default: the one of the network")
    shared.add_argument("--start", metavar="RUN0",
                        help="checkpoint or run directory of step 0: the initial weights")
    shared.add_argument("--threads", type=int, default=1)
    shared.add_argument("--out", type=Path, metavar="FILE", help="also record as JSON lines")

    verb = verbs.add_parser("losses", parents=[shared], help="first losses of a run, compared")
    verb.add_argument("run")
    verb.add_argument("--steps", type=int, default=50)
    verb.add_argument("--tolerance", type=float, default=1e-3)
    verb.add_argument("--double", action="store_true",
                      help="PyTorch computes in double precision: what rounding alone does to a run")
    verb.set_defaults(action=losses)

    verb = verbs.add_parser("train", parents=[shared], help="train and test")
    verb.add_argument("network")
    verb.add_argument("--epochs", type=int, help="default: the network's")
    verb.add_argument("--seed", type=int, default=1)
    verb.add_argument("--no-dropout", action="store_true")
    verb.add_argument("--no-augmentation", action="store_true")
    verb.set_defaults(action=train)
    return parser.parse_args()


def main():
    options = parse_arguments()
    try:
        import torch
    except ImportError:
        print("torch_twin: needs PyTorch\n"
              "  hint: apt-get install python3-torch libopenblas0-pthread", file=sys.stderr)
        return 1
    torch.set_num_threads(options.threads)
    if getattr(options, "double", False):
        torch.set_default_dtype(torch.float64)
    try:
        return options.action(options)
    except TwinError as error:
        print(f"torch_twin: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
