"""What a training measured, and the error of one that left the finite numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class History:
    """What `fit` measured. Two runs are equal when all numbers but their seconds are."""

    steps: int  # completed
    losses: tuple[float, ...] = field(repr=False)  # one a step, before the step is taken
    grad_norms: tuple[float, ...] = field(repr=False)  # one a step, before clipping
    evaluations: tuple[tuple[int, float], ...] = ()  # (steps taken, evaluate(model)), first untrained
    kept_step: int = 0  # the model that remains is the one after this many steps
    stopped_early: str | None = None
    seconds: float = field(default=0.0, compare=False)  # by the clock of `fit`, evaluations included

    def sentence(self) -> str:
        """The run in words, for a notebook to print: no measured number needs typing."""
        words = f"{in_steps(self.steps)} in {self.seconds:.1f} s"
        if self.losses:
            some = max(1, len(self.losses) // 10)  # single batches are noisy: average a tenth of the run
            first, last = mean(self.losses[:some]), mean(self.losses[-some:])
            means = f"{'mean' if some == 1 else 'means'} over {in_steps(some)}"
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


def mean(values: Sequence[float]) -> float:
    """The mean, added up without rounding; inf of nothing."""
    return math.fsum(values) / len(values) if values else math.inf


def in_steps(count: int) -> str:
    """A count of steps in words: 1 step, 1,234 steps."""
    return f"{count:,} {'step' if count == 1 else 'steps'}"
