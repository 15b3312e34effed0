"""The training loop of the lecture: a device, a seed, `fit`, and a `History` that reports what was measured."""

import difflib
import io
import math
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, SupportsFloat

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from lecture_utils.text import checked_count, checked_seed

Loss = Callable[..., Tensor]  # loss(model, *batch) -> scalar
Evaluate = Callable[[nn.Module], "float | Tensor"]

DEVICES = ("cuda", "mps", "cpu")


def pick_device() -> torch.device:
    """The fastest device here: CUDA, else Apple's MPS, else the CPU; LECTURE_UTILS_DEVICE overrides."""
    wish = os.environ.get("LECTURE_UTILS_DEVICE", "").strip().lower()
    if wish and wish not in DEVICES:
        near = difflib.get_close_matches(wish, DEVICES, n=1)
        guess = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(f"LECTURE_UTILS_DEVICE must be cpu, cuda or mps, got {wish!r}.{guess}")
    if wish and not _present(wish):
        raise RuntimeError(
            f"LECTURE_UTILS_DEVICE asks for {wish}, but PyTorch {torch.__version__} finds no such device here: "
            "set it to cpu, or unset it to take what is there."
        )
    return torch.device(wish or next(name for name in DEVICES if _present(name)))


def _present(device: str) -> bool:
    if device == "cuda":
        return torch.cuda.is_available()
    return device == "cpu" or torch.backends.mps.is_available()


def seed_everything(seed: int) -> None:
    """Start the random numbers of Python, NumPy and PyTorch from `seed`, a whole number below 2**32."""
    number = checked_seed(seed)
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def next_token_loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats per token, averaged over all of them: logits (…, classes), targets (…)."""
    logits = model(inputs)
    return nn.functional.cross_entropy(logits.flatten(end_dim=-2), targets.flatten())


@dataclass(frozen=True)
class History:
    """What `fit` measured. Two runs are equal when all numbers but their seconds are."""

    steps: int  # completed
    losses: tuple[float, ...] = field(repr=False)  # one a step, before the step is taken
    grad_norms: tuple[float, ...] = field(repr=False)  # one a step, before clipping
    evaluations: tuple[tuple[int, float], ...] = ()  # (steps taken, evaluate(model)), first untrained
    kept_step: int = 0  # the model that remains is the one after this many steps
    stopped_early: str | None = None
    seconds: float = field(default=0.0, compare=False)  # evaluations included

    def sentence(self) -> str:
        """The run in words, for a notebook to print: no measured number needs typing."""
        words = f"{_steps(self.steps)} in {self.seconds:.1f} s"
        if self.losses:
            some = max(1, len(self.losses) // 10)  # single batches are noisy: average a tenth of the run
            first, last = _mean(self.losses[:some]), _mean(self.losses[-some:])
            means = f"{'mean' if some == 1 else 'means'} over {_steps(some)}"
            words += f": training loss from {first:.3f} to {last:.3f} ({means})"
            words += f", largest gradient norm {max(self.grad_norms):.3g}"
        if self.evaluations:
            (_, before), (_, after) = self.evaluations[0], self.evaluations[-1]
            words += f"; evaluation from {before:.3f} to {dict(self.evaluations).get(self.kept_step, after):.3f}"
        if self.stopped_early:
            return f"{words}. {self.stopped_early}"
        if self.kept_step != self.steps:
            words += f", by the model of step {self.kept_step:,}, which was kept"
        return f"{words}."


class TrainingDiverged(FloatingPointError):
    """Loss or gradient are no longer finite numbers; `losses` and `grad_norms` hold what was measured before."""

    def __init__(self, what: str, losses: Sequence[float], grad_norms: Sequence[float]) -> None:
        self.step, self.losses, self.grad_norms = len(losses) + 1, tuple(losses), tuple(grad_norms)
        super().__init__(f"The {what} at step {self.step:,}. {self._advice()}")

    def _advice(self) -> str:
        if not self.losses:
            return "Nothing was learned yet: look at the data, at the loss and at the weights it started from."
        return (
            f"One step before, the loss was {self.losses[-1]:.4g} and the gradient norm {self.grad_norms[-1]:.4g}. "
            "The model has its last weights with a finite loss back; try a lower lr, "
            "or a bound on the gradient norm (clip=1.0 is usual)."
        )


def fit(
    model: nn.Module,
    batches: Iterable[Any],
    *,
    loss: Loss,
    steps: int,
    lr: float,
    clip: float | None,
    seed: int,
    evaluate: Evaluate | None = None,
    evaluate_every: int | None = None,
    optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
) -> History:
    """Train `model` for exactly `steps` steps and report what was measured.

    Each batch is a tuple, such as (inputs, targets); its tensors go to the model's device. When `batches` ends
    it is started again. `loss(model, *batch)` returns a scalar; `clip` bounds the norm of the whole gradient.
    `evaluate(model)`, lower is better, runs in eval mode before the first step, then every `evaluate_every`
    steps (a tenth of the run unless told otherwise) and after the last; the best model so judged is kept, and
    one judged nan never is. Without it the last one is. `seed` starts all random numbers, so equal calls give
    equal results.

    The kernel's ■ (or Ctrl-C) stops early, keeps the best model so far, and says so in a sentence; without
    `evaluate`, best means the lowest training loss, averaged over a tenth of the run.
    Raises TrainingDiverged when loss or gradient are no longer finite, ValueError for impossible settings.
    """
    _check_settings(model, steps, lr, clip, evaluate_every)
    seed_everything(seed)
    run = _Run(model, evaluate, evaluate_every or max(1, steps // 10))
    adjust = optimiser([p for p in model.parameters() if p.requires_grad], lr=lr)
    by_hand = False
    with _training_mode(model), _progress(steps) as report:
        try:
            run.look()
            for batch in _repeat(batches, steps):
                run.step(batch, loss, adjust, clip)
                report(run.losses[-1])
                if len(run.losses) % run.every == 0 or len(run.losses) == steps:
                    run.look()
        except KeyboardInterrupt:
            by_hand = True
            run.undo_half_step()
            with suppress(KeyboardInterrupt):  # pressed twice: be content with what was judged before
                run.look()
    return run.finish(by_hand, steps)


def _optimiser_step(optimiser: torch.optim.Optimizer) -> None:
    """The only place where weights change."""
    optimiser.step()


class _Run:
    """What one call of `fit` has measured, and copies of the weights it may have to go back to."""

    def __init__(self, model: nn.Module, evaluate: Evaluate | None, every: int) -> None:
        self.model, self.evaluate, self.every = model, evaluate, every
        self.device = next(model.parameters()).device
        self.started = time.perf_counter()
        self.losses: list[float] = []
        self.grad_norms: list[float] = []
        self.evaluations: list[tuple[int, float]] = []
        self.best_score, self.best_step = math.inf, 0
        self.best_weights = _copy(model)
        self.finite_weights = _copy(model)  # those before the latest step
        self.begun = 0  # steps of the optimiser, the one under way included

    def step(self, batch: Any, loss: Loss, optimiser: torch.optim.Optimizer, clip: float | None) -> None:
        """One batch: loss, gradient, clipping, and one step of the optimiser."""
        scalar = _checked_loss(loss(self.model, *_to_device(batch, self.device)))
        value = scalar.item()
        if not math.isfinite(value):  # the step before led here: undo it
            self.model.load_state_dict(self.finite_weights)
            raise TrainingDiverged(f"loss became {value}", self.losses, self.grad_norms)
        optimiser.zero_grad()
        scalar.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), math.inf if clip is None else clip).item()
        if not math.isfinite(norm):  # no step was taken on it
            raise TrainingDiverged(f"gradient norm became {norm}", self.losses, self.grad_norms)
        _overwrite(self.finite_weights, self.model)
        self.begun += 1
        _optimiser_step(optimiser)
        self.losses.append(value)
        self.grad_norms.append(norm)  # from here on the step counts as taken

    def undo_half_step(self) -> None:
        """After a stop inside the optimiser some weights are new and some are old: go back to the old ones."""
        taken = len(self.grad_norms)
        if self.begun > taken:
            self.model.load_state_dict(self.finite_weights)
            self.begun = taken
            del self.losses[taken:]

    def look(self) -> None:
        """Judge the model as it is now, and keep a copy of its weights if it is the best so far."""
        step = len(self.losses)
        if self.evaluate is None:
            score = _mean(self.losses[-self.every :])
        elif self.evaluations and self.evaluations[-1][0] == step:  # stopped just after a look
            score = self.evaluations[-1][1]
        else:
            score = _evaluated(self.evaluate, self.model, self.device)
            if step == 0 and math.isnan(score):  # later on it would be the training's fault
                raise ValueError("evaluate must return a number, got nan from the untrained model.")
            self.evaluations.append((step, score))
        if score < self.best_score:
            _overwrite(self.best_weights, self.model)  # first: stopped here, the next look copies them again
            self.best_score, self.best_step = score, step

    def finish(self, by_hand: bool, steps: int) -> History:
        """Leave the model with its best weights or with its last, and freeze what was measured."""
        done = kept = len(self.losses)
        if (by_hand or self.evaluate is not None) and math.isfinite(self.best_score):
            self.model.load_state_dict(self.best_weights)
            kept = self.best_step
        words = f"Stopped by hand after {done:,} of {_steps(steps)}; the model of step {kept:,} was kept"
        stopped = f"{words}, the best so far." if by_hand else None
        if stopped:
            print(stopped)
        seconds = time.perf_counter() - self.started
        measured = tuple(self.losses), tuple(self.grad_norms), tuple(self.evaluations)
        return History(done, *measured, kept_step=kept, stopped_early=stopped, seconds=seconds)


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _overwrite(kept: dict[str, Tensor], model: nn.Module) -> None:
    for old, new in zip(kept.values(), model.state_dict().values()):
        old.copy_(new)


def _repeat(batches: Iterable[Any], steps: int) -> Iterator[Any]:
    """`steps` batches, starting again each time they run out."""
    given = 0
    while given < steps:
        before = given
        for batch in islice(batches, steps - given):
            yield batch
            given += 1
        if given == before:
            raise ValueError(
                f"batches gave {given} of the {steps} batches asked for, and nothing when started again: "
                "pass a list, a DataLoader or next_token_batches; a generator runs only once."
            )


def _to_device(batch: Any, device: torch.device) -> tuple[Any, ...]:
    if not isinstance(batch, (tuple, list)):
        raise ValueError(f"Each batch must be a tuple such as (inputs, targets), got {type(batch).__name__}.")
    return tuple(part.to(device) if isinstance(part, Tensor) else part for part in batch)


def _checked_loss(value: object) -> Tensor:
    if not isinstance(value, Tensor) or value.numel() != 1:
        got = _described(value)
        raise ValueError(f"loss must return a single number as a tensor, got {got}: average over steps and batch.")
    if not value.requires_grad:
        raise ValueError("The loss does not depend on weights that can be trained: was it detached or frozen?")
    return value


def _checked_score(value: object) -> float:
    several = isinstance(value, (Tensor, np.ndarray)) and math.prod(value.shape) != 1
    if several or not isinstance(value, SupportsFloat):
        raise ValueError(f"evaluate must return a single number, lower is better, got {_described(value)}.")
    return float(value)


def _described(value: object) -> str:
    if isinstance(value, (Tensor, np.ndarray)):
        return f"{'a tensor' if isinstance(value, Tensor) else 'an array'} of shape {tuple(value.shape)}"
    return "None" if value is None else type(value).__name__


def _evaluated(evaluate: Evaluate, model: nn.Module, device: torch.device) -> float:
    """Evaluate in eval mode, without gradients; random numbers drawn meanwhile leave the training as it was."""
    model.eval()
    try:
        with torch.no_grad(), _same_random_numbers_after(device):
            return _checked_score(evaluate(model))
    finally:
        model.train()


@contextmanager
def _same_random_numbers_after(device: torch.device) -> Iterator[None]:
    """Put back what Python, NumPy (its global generator) and PyTorch (on the CPU and on `device`) draw next."""
    python, numpy = random.getstate(), np.random.get_state()
    apple = torch.mps.get_rng_state() if device.type == "mps" else None  # fork_rng looks after CUDA alone
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        if apple is not None:
            torch.mps.set_rng_state(apple)


@contextmanager
def _training_mode(model: nn.Module) -> Iterator[None]:
    """Train mode inside; afterwards each module is back in the mode it came in."""
    modes = {module: module.training for module in model.modules()}
    model.train()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[float], None]]:
    """A line with the live loss, in a terminal or a notebook, gone when the training ends; silent elsewhere."""
    line = _NotebookLine() if _in_notebook() else None
    silent = True if os.environ.get("TQDM_DISABLE") else None  # None: silent unless a person is looking
    with tqdm(total=steps, file=line, disable=silent, leave=False, delay=0.5, mininterval=0.2, unit="step") as bar:

        def report(loss: float) -> None:
            bar.set_postfix_str(f"loss {loss:.3f}", refresh=False)
            bar.update()

        yield report


class _NotebookLine(io.StringIO):
    """A one-line terminal in a notebook's output, which leaves nothing to read behind."""

    handle: Any = None

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        line = {"text/plain": text.strip()}
        if self.handle is not None:
            self.handle.update(line, raw=True)
        elif text.strip():
            from IPython.display import display

            self.handle = display(line, raw=True, display_id=True)
        return len(text)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.inf


def _steps(count: int) -> str:
    return f"{count:,} {'step' if count == 1 else 'steps'}"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_settings(model: nn.Module, steps: int, lr: float, clip: float | None, evaluate_every: int | None) -> None:
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError("model has no weights that can be trained.")
    checked_count("steps", steps)
    if evaluate_every is not None:
        checked_count("evaluate_every", evaluate_every)
    if not (_is_number(lr) and 0 < lr < math.inf):
        raise ValueError(f"lr, the learning rate, must be a number above 0, got {lr!r}.")
    if clip is not None and not (_is_number(clip) and clip > 0):
        raise ValueError(f"clip must be the largest gradient norm allowed, above 0, or None, got {clip!r}.")
