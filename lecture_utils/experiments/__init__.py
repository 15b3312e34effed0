"""The longer experiments: one file each, run with several seeds by `authoring experiments`, read by the notebooks."""

from lecture_utils.experiments.common import Experiment, Stored, names, stored

__all__ = ["Experiment", "Stored", "names", "stored"]
