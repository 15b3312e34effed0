"""Models that were trained before: small files in notebooks/checkpoints, and how each of them was made.

`python -m lecture_utils.authoring checkpoints` trains what is missing or stale, for the steps that stand here, on
corpora that every installation has. Each file holds the weights and, as text, what the model was built from and the
figure that it reached on held-out text.
"""

from __future__ import annotations

import difflib
import json
import sysconfig
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import nn

from lecture_utils.datasets import load, split_of
from lecture_utils.datasets.python_source import MODULES
from lecture_utils.models.generation import Generator, character_vocabulary, fit_carried, fit_whole
from lecture_utils.models.tagging import Tagger, tag_accuracy, tagged_batches, tagging_loss
from lecture_utils.music import tokens
from lecture_utils.text import Vocabulary
from lecture_utils.training import falling, fit, seed_everything

FOLDER = Path(__file__).resolve().parents[2] / "notebooks" / "checkpoints"
FACTS = "unrolled"  # the one key of a file's metadata
LARGEST = 2_000_000  # bytes

Documents = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Trained:
    """A model in a file: what it is, how it is trained, what it is measured by, and how it is put together again.

    Trained again, it reaches its figure, in `unit`, to within `tolerance`. `sources` are the modules of ours, and
    what they import, that the figure depends on. `facts` and `build` are the way into the file's text and back.
    """

    name: str
    about: str
    unit: str
    tolerance: float
    sources: tuple[str, ...]
    settings: Mapping[str, Any]
    train: Callable[[Mapping[str, Any]], nn.Module] = field(repr=False)
    measure: Callable[[Any], float] = field(repr=False)
    facts: Callable[[Any], dict[str, Any]] = field(repr=False)
    build: Callable[[Mapping[str, Any]], nn.Module] = field(repr=False)

    @property
    def path(self) -> Path:
        """The file."""
        return FOLDER / f"{self.name}.safetensors"


class Stored:
    """What one file holds: `facts`, text as JSON holds it, and `weights`."""

    def __init__(self, path: Path) -> None:
        with safe_open(path, framework="pt") as file:
            self.facts: dict[str, Any] = json.loads((file.metadata() or {})[FACTS])
            self.weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no mapping


def load_trained(name: str) -> Any:
    """A trained model by its name, ready to use: on the CPU and in eval mode.

    Raises ValueError for an unknown name, with the nearest; FileNotFoundError where the file is missing.
    """
    recipe = find(name)
    if not recipe.path.is_file():
        raise FileNotFoundError(
            f"The file of the trained model {name!r} is missing. This makes it: "
            f"python -m lecture_utils.authoring checkpoints {name}"
        )
    stored = Stored(recipe.path)
    model = recipe.build(stored.facts["model"])
    model.load_state_dict(stored.weights)
    return model.eval()


def find(name: str) -> Trained:
    """The recipe of that name. Raises ValueError, with the nearest name."""
    if not isinstance(name, str) or name not in TRAINED:
        near = difflib.get_close_matches(str(name), list(TRAINED), n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"There is no trained model called {name!r}.{guess} There is: {', '.join(TRAINED)}.")
    return TRAINED[name]


def file_of(facts: Mapping[str, Any], weights: Mapping[str, torch.Tensor]) -> bytes:
    """The bytes of a file: the same facts and weights give the same bytes."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return save({name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}, {FACTS: text})


# --- generators


def generator_facts(model: Generator) -> dict[str, Any]:
    """What a generator is built from."""
    vocabulary = model.vocabulary
    return {
        "settings": model.settings,
        "specials": list(vocabulary.specials),
        "tokens": list(vocabulary.tokens[len(vocabulary.specials) :]),
    }


def build_generator(facts: Mapping[str, Any]) -> Generator:
    """A generator with weights that still wait to be loaded."""
    return Generator(_vocabulary(facts), **facts["settings"])


def _vocabulary(facts: Mapping[str, Any], unknown: str = "<unk>") -> Vocabulary:
    """A vocabulary with the same tokens in the same order."""
    tokens = facts["tokens"]
    counts = {token: len(tokens) - place for place, token in enumerate(tokens)}  # from frequent to rare
    return Vocabulary(counts, specials=facts["specials"], unknown=unknown)


def documentation(split: str) -> tuple[str, ...]:
    """Paragraphs of Python's documentation."""
    return tuple(load("python_docs", split).documents)


def python_code(split: str) -> tuple[str, ...]:
    """The source text of the modules of `python_source` whose names fall into a split, comments and all."""
    library = Path(sysconfig.get_path("stdlib"))
    texts = []
    for module in MODULES:
        path = library.joinpath(*module.split("."))
        files = [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]
        if files and split_of(module) == split:
            with tokenize.open(files[0]) as opened:
                texts.append(opened.read())
    return tuple(texts)


def tunes(split: str) -> tuple[tuple[str, ...], ...]:
    """Tunes, cut into notes, bar lines and fields."""
    return tuple(tuple(tokens(tune)) for tune in load("tunes", split).documents)


def _new(vocabulary: Vocabulary, settings: Mapping[str, Any]) -> Generator:
    seed_everything(settings["training"]["seed"])
    return Generator(vocabulary, **settings["model"])


def _of_characters(
    documents: Callable[[str], tuple[str, ...]], corpus: str, name: str, about: str, **settings: Any
) -> Trained:
    """A generator of characters, whose state is carried through all documents."""

    def train(settings: Mapping[str, Any]) -> Generator:
        texts = documents("train")
        vocabulary = character_vocabulary(texts, min_count=settings["min_count"])
        model = _new(vocabulary, settings)
        fit_carried(model, texts, **settings["training"])
        return model

    return Trained(
        name,
        about,
        "bits per character of held-out text",
        tolerance=0.1,  # other versions of Python hold other texts
        sources=("lecture_utils.models.generation", f"lecture_utils.datasets.{corpus}"),
        settings=settings,
        train=train,
        measure=lambda model: model.bits_per_character(documents("test"), rows=64),
        facts=generator_facts,
        build=build_generator,
    )


def _train_tunes(settings: Mapping[str, Any]) -> Generator:
    documents = tunes("train")
    vocabulary = Vocabulary((word for tune in documents for word in tune), specials=("<s>", "</s>", "<unk>"))
    model = _new(vocabulary, settings)
    fit_whole(model, documents, **settings["training"])
    return model


# --- taggers


def tagger_facts(model: Tagger) -> dict[str, Any]:
    """What a tagger is built from."""
    return {
        "settings": {
            "bidirectional": model.bidirectional,
            "d_embedding": model.vectors.embedding_dim,
            "d_h": model.rnn.hidden_size,
        },
        "specials": list(model.features.specials),
        "tokens": list(model.features.tokens[len(model.features.specials) :]),
        "tags": list(model.tag_names),
    }


def build_tagger(facts: Mapping[str, Any]) -> Tagger:
    """A tagger with weights that still wait to be loaded."""
    features = _vocabulary(facts, unknown=facts["specials"][0])
    return Tagger(features, facts["tags"], **facts["settings"])


def _of_english(name: str, about: str, bidirectional: bool) -> Trained:
    """A tagger of the generated English sentences."""

    def train(settings: Mapping[str, Any]) -> Tagger:
        training = settings["training"]
        documents = load("english", "train").documents
        seed_everything(training["seed"])
        model = Tagger.of(documents, **settings["model"])
        batches = tagged_batches(model, documents, batch_size=training["batch_size"], seed=training["seed"])
        rate = falling(training["lr"])
        fit(model, batches, loss=tagging_loss, steps=training["steps"], lr=rate, clip=1.0, seed=training["seed"])
        return model

    def measure(model: Tagger) -> float:
        documents = load("english", "test").documents
        found = model.tag_all([document.words for document in documents])
        return 100 * tag_accuracy([document.tags for document in documents], found)

    return Trained(
        name,
        about,
        "% of the words of held-out sentences tagged right",
        tolerance=0.5,
        sources=("lecture_utils.models.tagging", "lecture_utils.datasets.english"),
        settings={
            "model": {"bidirectional": bidirectional, "d_embedding": 32, "d_h": 48},
            "training": {"steps": 600, "batch_size": 32, "lr": 5e-3, "seed": 0},
        },
        train=train,
        measure=measure,
        facts=tagger_facts,
        build=build_tagger,
    )


_RECIPES = (
    _of_characters(
        documentation,
        "python_docs",
        "python_docs",
        "Characters of Python's documentation, for the generation explorer",
        min_count=3,
        model={"d_embed": 32, "d_h": 256, "dropout": 0.3},
        training={"steps": 2500, "seq_len": 96, "batch_size": 16, "lr": 4e-3, "seed": 0},
    ),
    _of_characters(
        python_code,
        "python_source",
        "python_code",
        "Characters of Python's source, for units that keep track of quotes, brackets and indentation",
        min_count=20,
        model={"d_embed": 32, "d_h": 192},
        training={"steps": 4000, "seq_len": 128, "batch_size": 16, "lr": 4e-3, "seed": 0},
    ),
    Trained(
        "tunes",
        "Melodies of 16 bars in ABC notation",
        "bits per word of held-out tunes",
        tolerance=0.05,
        sources=("lecture_utils.models.generation", "lecture_utils.datasets.tunes"),
        settings={
            "model": {"d_embed": 32, "d_h": 192, "dropout": 0.3},
            "training": {"steps": 2000, "batch_size": 32, "lr": 6e-3, "seed": 0},
        },
        train=_train_tunes,
        measure=lambda model: model.bits_per_character(tunes("test")),
        facts=generator_facts,
        build=build_generator,
    ),
    _of_english("english_one_way", "Parts of speech, read from left to right", bidirectional=False),
    _of_english("english_two_way", "Parts of speech, read in both directions", bidirectional=True),
)

TRAINED = {recipe.name: recipe for recipe in _RECIPES}
