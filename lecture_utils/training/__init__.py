"""The training loop of the lecture: a device, a seed, `fit`, and a `History` that reports what was measured."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from os import PathLike
from typing import Any, SupportsFloat

import numpy as np
import torch
from torch import Tensor, nn

from lecture_utils.text import checked_count
from lecture_utils.training.checkpoints import checked_path, load_checkpoint, save_checkpoint
from lecture_utils.training.devices import (
    DEVICES,
    batch_to_device,
    pick_device,
    same_random_numbers_after,
    seed_everything,
)
from lecture_utils.training.history import History, TrainingDiverged, in_steps, mean
from lecture_utils.training.progress import progress_line
from lecture_utils.training.rates import Rate, checked_lr, falling, is_number, rate_at

__all__ = [
    "DEVICES",
    "Evaluate",
    "History",
    "Loss",
    "Rate",
    "TrainingDiverged",
    "falling",
    "fit",
    "load_checkpoint",
    "next_token_loss",
    "pick_device",
    "save_checkpoint",
    "seed_everything",
]

Loss = Callable[..., Tensor]  # loss(model, *batch) -> scalar
Evaluate = Callable[[nn.Module], "float | Tensor"]


def next_token_loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats per token, averaged over all of them: logits (…, classes), targets (…)."""
    logits = model(inputs)
    return nn.functional.cross_entropy(logits.flatten(end_dim=-2), targets.flatten())


def fit(
    model: nn.Module,
    batches: Iterable[Any],
    *,
    loss: Loss,
    steps: int,
    lr: float | Rate,
    clip: float | None,
    seed: int,
    evaluate: Evaluate | None = None,
    evaluate_every: int | None = None,
    optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    seconds: float | None = None,
    clock: Callable[[], float] = time.perf_counter,
    patience: int | None = None,
    checkpoint: str | PathLike[str] | None = None,
) -> History:
    """Train `model` for `steps` steps, or until a bound of your own is reached, and report what was measured.

    Each batch is a tuple, such as (inputs, targets); its tensors go to the model's device. When `batches` ends
    it is started again. `loss(model, *batch)` returns a scalar; `clip` bounds the norm of the whole gradient.
    `lr` is a number, or a function that is asked before every step: from the progress, 0 at the first step and
    1 at the end, to the learning rate (`falling` makes the usual one). Progress is the share of the steps
    done or of the seconds used, whichever is larger.
    `evaluate(model)`, lower is better, runs in eval mode before the first step, then every `evaluate_every`
    steps (a tenth of the run unless told otherwise) and after the last; the best model so judged is kept, and
    one judged nan never is. Without it the last one is. `seed` starts all random numbers, so equal calls give
    equal results.

    `seconds` bounds the time by `clock`: no batch is taken after it, and an evaluation after the last step still
    fits in if it takes no longer than the latest one did. `patience` stops after so many evaluations without a
    new best. The history says in a sentence when either happened.
    The kernel's ■ (or Ctrl-C) stops early, keeps the best model so far, and says so in a sentence; without
    `evaluate`, best means the lowest training loss, averaged over a tenth of the run.
    `checkpoint` names a file that holds the best model so far, and in the end the one that remains.
    Raises TrainingDiverged when loss or gradient are no longer finite, ValueError for impossible settings.
    """
    _check_settings(model, steps, lr, clip, evaluate_every)
    _check_bounds(seconds, patience, evaluate)
    path = None if checkpoint is None else checked_path(checkpoint)
    seed_everything(seed)
    limits = _Limits(steps, seconds, patience, clock)
    run = _Run(model, evaluate, evaluate_every or max(1, steps // 10), limits, path)
    adjust = optimiser([p for p in model.parameters() if p.requires_grad], lr=rate_at(lr, 0.0) if callable(lr) else lr)
    by_hand = False
    with _training_mode(model), progress_line(steps, limited=seconds is not None) as report:
        try:
            run.look()
            for batch in _repeat(batches, steps, run.enough):
                if callable(lr):
                    _set_rate(adjust, rate_at(lr, run.progress()))
                run.step(batch, loss, adjust, clip)
                report(run.losses[-1], limits.seconds_left())
                if len(run.losses) % run.every == 0 or len(run.losses) == steps:
                    run.look()
            if len(run.losses) < steps:
                run.look()
        except KeyboardInterrupt:
            by_hand = True
            run.undo_half_step()
            with suppress(KeyboardInterrupt):  # pressed twice: be content with what was judged before
                run.look()
    return run.finish(by_hand)


def _optimiser_step(optimiser: torch.optim.Optimizer) -> None:
    """The only place where weights change."""
    optimiser.step()


def _set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate


class _Limits:
    """What ends a training: its steps, its seconds by the clock, or too many evaluations without a new best."""

    def __init__(
        self,
        steps: int,
        seconds: float | None = None,
        patience: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.steps, self.seconds, self.patience, self.clock = steps, seconds, patience, clock
        self.started = clock()
        self.latest_look = 0.0  # seconds, to be left for the one after the last step

    def seconds_used(self) -> float:
        return self.clock() - self.started

    def seconds_left(self) -> float | None:
        """For further steps; None without a limit."""
        return None if self.seconds is None else self.seconds - self.latest_look - self.seconds_used()

    def progress(self, done: int) -> float:
        """The larger of the share of the steps done and of the seconds used, at most 1."""
        if self.seconds is None:
            return done / self.steps
        used, available = self.seconds_used(), self.seconds - self.latest_look
        return min(1.0, max(done / self.steps, used / available if available > 0 else 1.0))

    def reached(self, without_best: int) -> str | None:
        """What there is enough of, in words; None while the training goes on."""
        left = self.seconds_left()
        if left is not None and left <= 0:
            return f"{self.seconds:g} s"
        if self.patience is not None and without_best >= self.patience:
            return f"{without_best} evaluation{'' if without_best == 1 else 's'} without a new best"
        return None


class _Run:
    """What one call of `fit` has measured, and copies of the weights it may have to go back to."""

    def __init__(
        self, model: nn.Module, evaluate: Evaluate | None, every: int, limits: _Limits, path: str | None = None
    ) -> None:
        self.model, self.evaluate, self.every, self.limits, self.path = model, evaluate, every, limits, path
        self.device = next(model.parameters()).device
        self.losses: list[float] = []
        self.grad_norms: list[float] = []
        self.evaluations: list[tuple[int, float]] = []
        self.best_score, self.best_step = math.inf, 0
        self.best_weights = _copy(model)
        self.finite_weights = _copy(model)  # those before the latest step
        self.begun = 0  # steps of the optimiser, the one under way included
        self.reached: str | None = None  # the limit that ended the training before its last step

    def step(self, batch: Any, loss: Loss, optimiser: torch.optim.Optimizer, clip: float | None) -> None:
        """One batch: loss, gradient, clipping, and one step of the optimiser."""
        scalar = _checked_loss(loss(self.model, *batch_to_device(batch, self.device)))
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
            score = mean(self.losses[-self.every :])
        elif self.evaluations and self.evaluations[-1][0] == step:  # stopped just after a look
            score = self.evaluations[-1][1]
        else:
            began = self.limits.seconds_used()
            score = _evaluated(self.evaluate, self.model, self.device)
            if step == 0 and math.isnan(score):  # later on it would be the training's fault
                raise ValueError("evaluate must return a number, got nan from the untrained model.")
            self.evaluations.append((step, score))
            self.limits.latest_look = self.limits.seconds_used() - began
        if score < self.best_score:
            _overwrite(self.best_weights, self.model)  # first: stopped here, the next look copies them again
            self.best_score, self.best_step = score, step
            if self.path and step:
                save_checkpoint(self.path, self.model, step=step)

    def progress(self) -> float:
        """How far the training has come: 0 before the first step, 1 at the end."""
        return self.limits.progress(len(self.losses))

    def enough(self) -> bool:
        """Whether a limit ends the training here."""
        if len(self.losses) < self.limits.steps:
            self.reached = self.limits.reached(sum(step > self.best_step for step, _ in self.evaluations))
        return self.reached is not None

    def finish(self, by_hand: bool) -> History:
        """Leave the model with its best weights or with its last, and freeze what was measured."""
        done = kept = len(self.losses)
        if (by_hand or self.evaluate is not None) and math.isfinite(self.best_score):
            self.model.load_state_dict(self.best_weights)
            kept = self.best_step
        stopped = None
        if by_hand:
            words = f"Stopped by hand after {done:,} of {in_steps(self.limits.steps)}"
            stopped = f"{words}; the model of step {kept:,} was kept, the best so far."
            print(stopped)
        elif self.reached:
            words = f"Stopped after {self.reached}, at step {done:,} of {self.limits.steps:,}"
            stopped = f"{words}; the model of step {kept:,} was kept."
        measured = tuple(self.losses), tuple(self.grad_norms), tuple(self.evaluations)
        seconds = self.limits.seconds_used()
        history = History(done, *measured, kept_step=kept, stopped_early=stopped, seconds=seconds)
        if self.path:
            save_checkpoint(self.path, self.model, history=history, step=kept)
        return history


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _overwrite(kept: dict[str, Tensor], model: nn.Module) -> None:
    for old, new in zip(kept.values(), model.state_dict().values()):
        old.copy_(new)


def _repeat(batches: Iterable[Any], steps: int, enough: Callable[[], bool]) -> Iterator[Any]:
    """`steps` batches, starting again each time they run out; fewer once there is `enough`."""
    given = 0
    while given < steps and not enough():
        before = given
        for batch in islice(batches, steps - given):
            yield batch
            given += 1
            if enough():
                return
        if given == before:
            raise ValueError(
                f"batches gave {given} of the {steps} batches asked for, and nothing when started again: "
                "pass a list, a DataLoader or next_token_batches; a generator runs only once."
            )


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
        with torch.no_grad(), same_random_numbers_after(device):
            return _checked_score(evaluate(model))
    finally:
        model.train()


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


def _check_settings(
    model: nn.Module, steps: int, lr: float | Rate, clip: float | None, evaluate_every: int | None
) -> None:
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError("model has no weights that can be trained.")
    checked_count("steps", steps)
    if evaluate_every is not None:
        checked_count("evaluate_every", evaluate_every)
    checked_lr(lr)
    if clip is not None and not (is_number(clip) and clip > 0):
        raise ValueError(f"clip must be the largest gradient norm allowed, above 0, or None, got {clip!r}.")


def _check_bounds(seconds: float | None, patience: int | None, evaluate: Evaluate | None) -> None:
    if seconds is not None and not (is_number(seconds) and seconds > 0):
        raise ValueError(f"seconds must be the longest time allowed, above 0, or None, got {seconds!r}.")
    if patience is not None:
        checked_count("patience", patience)
        if evaluate is None:
            raise ValueError("patience counts evaluations without a new best: pass evaluate too.")
