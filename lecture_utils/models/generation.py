"""Text, one token at a time: a recurrent language model, drawing from it, and mixing it with a model that counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lecture_utils import bptt
from lecture_utils.text import Vocabulary, bucketed_batches, checked_count, checked_seed, pad_batch, stateful_batches
from lecture_utils.text.padding import BucketedBatches
from lecture_utils.training import History, falling, fit, next_token_loss

START, END = "<s>", "</s>"
CELLS = {"rnn": bptt.RNN, "gru": bptt.GRU, "lstm": nn.LSTM}
CHUNK = 256  # tokens that are read at once where a long text is judged
State = Tensor | tuple[Tensor, Tensor] | None


class Step(NamedTuple):
    """One token that was drawn, and how likely each token was in its place, the most likely first."""

    token: str
    distribution: dict[str, float]


class Generator(nn.Module):
    """A language model: a vector for each token, a recurrent network, and logits for the token that follows.

    `vocabulary` numbers the tokens, characters as a rule, `<s>` and `</s>` among them; `cell` is "gru", "lstm" or
    "rnn". Called with ids (T, N) it returns logits (T, N, C). Raises ValueError for impossible settings.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        d_embed: int = 32,
        d_h: int = 256,
        num_layers: int = 1,
        cell: str = "gru",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {', '.join(CELLS)}, got {cell!r}.")
        missing = [token for token in (START, END) if token not in vocabulary]
        if missing:
            raise ValueError(f"The vocabulary of a generator needs the special token {' and '.join(missing)}.")
        self.vocabulary = vocabulary
        self.settings = {"d_embed": d_embed, "d_h": d_h, "num_layers": num_layers, "cell": cell, "dropout": dropout}
        self.table = nn.Embedding(len(vocabulary), checked_count("d_embed", d_embed))
        self.rnn = CELLS[cell](d_embed, checked_count("d_h", d_h), num_layers, dropout=dropout if num_layers > 1 else 0)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(d_h, len(vocabulary))

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (T, N, C) for the tokens that follow ids (T, N)."""
        return self.run(ids)[0]

    def run(self, ids: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Logits (T, N, C) and the state after the last step, begun with `state`, or with zeros."""
        states, last = self.rnn(self.drop(self.table(ids)), state)  # (T, N, d_h)
        return self.head(self.drop(states)), last

    def stream(
        self,
        seed_text: Sequence[str] = "",
        length: int = 200,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        greedy: bool = False,
        stop: str | None = END,
        seed: int = 0,
    ) -> Iterator[Step]:
        """Draw up to `length` tokens after `<s>` and the seed text, one by one, each with its distribution.

        The logits are divided by `temperature`; `top_k` keeps so many tokens; `greedy` takes the likeliest. None
        comes after `stop`. Raises ValueError for impossible settings, at once.
        """
        choice = _Choice(temperature, top_k, greedy)
        length, dice = checked_count("length", length), torch.Generator().manual_seed(checked_seed(seed))
        return self._stream(self._ids(seed_text), length, choice, stop, dice)

    @torch.no_grad()
    def _stream(
        self, ids: Tensor, length: int, choice: _Choice, stop: str | None, dice: torch.Generator
    ) -> Iterator[Step]:
        state: State = None
        for _ in range(length):
            logits, state = _evaluating(self, ids, state)
            chances = choice.chances(self._without_start(logits[-1, 0]))  # (C,)
            drawn = int(chances.argmax() if choice.greedy else torch.multinomial(chances, 1, generator=dice))
            step = Step(self.vocabulary.tokens[drawn], self._named(chances))
            yield step
            if step.token == stop:
                return
            ids = ids.new_full((1, 1), drawn)

    def sample(self, seed_text: Sequence[str] = "", length: int = 200, **settings: Any) -> str:
        """The tokens that `stream` draws, joined, without the seed text and without what `stop` names."""
        stop = settings.get("stop", END)
        return "".join(s.token for s in self.stream(seed_text, length, **settings) if s.token != stop)

    @torch.no_grad()
    def samples(self, count: int, length: int = 200, *, temperature: float = 1.0, seed: int = 0) -> list[str]:
        """`count` texts at once, each begun with `<s>` alone, up to `length` tokens, and ended before `</s>`."""
        choice, dice = _Choice(temperature, None, False), torch.Generator().manual_seed(checked_seed(seed))
        ids, state, rows = self._ids("").expand(1, checked_count("count", count)), None, []
        for _ in range(checked_count("length", length)):
            logits, state = _evaluating(self, ids, state)
            chances = choice.chances(self._without_start(logits[-1]))  # (N, C)
            ids = torch.multinomial(chances.cpu(), 1, generator=dice).T.to(ids.device)  # (1, N)
            rows.append(ids[0])
        return [self._until_end(row) for row in torch.stack(rows, dim=1)]

    @torch.no_grad()
    def distribution(self, text: Sequence[str] = "", temperature: float = 1.0) -> dict[str, float]:
        """Every token that may follow `<s>` and the text, with its probability, the most likely first."""
        logits, _ = _evaluating(self, self._ids(text), None)
        return self._named(_Choice(temperature, None, False).chances(logits[-1, 0]))

    @torch.no_grad()
    def probabilities(self, ids: Sequence[int] | Tensor, rows: int = 1) -> Tensor:
        """What the model gave to each token of ids (n,), each after all before it: (n,), the first after `<s>`.

        The state is carried from one end to the other. With `rows` > 1 the ids are cut into so many pieces, read
        side by side: faster, and a little worse, since all pieces but the first begin without a past.
        """
        ids = torch.as_tensor(ids)
        rows = min(checked_count("rows", rows), max(1, len(ids)))
        width = math.ceil(len(ids) / rows)
        start = self.vocabulary[START]
        targets = torch.cat([ids, ids.new_full((rows * width - len(ids),), start)]).view(rows, width).T  # (T, N)
        before = torch.cat([ids.new_full((1,), start), ids])[torch.arange(rows) * width]
        inputs = torch.cat([before.unsqueeze(0), targets[:-1]])  # (T, N)
        state, found = None, []
        device = self.head.weight.device
        for some, wanted in zip(inputs.split(CHUNK), targets.split(CHUNK)):
            logits, state = _evaluating(self, some.to(device), state)
            chances = logits.double().softmax(dim=-1)
            found.append(chances.gather(-1, wanted.to(device).unsqueeze(-1)).squeeze(-1).cpu())
        return torch.cat(found).T.flatten()[: len(ids)]

    def bits_per_character(self, text: str | Sequence[Sequence[str]], rows: int = 1) -> float:
        """The mean of -log2 P over the tokens of a text; for a list of documents, over their ends, too.

        The state is carried from token to token, and from document to document. Raises ValueError without tokens.
        """
        ids = torch.tensor(self.encode(text), dtype=torch.int64)
        counted = ids != self.vocabulary[START]  # what follows an end is no news
        if not counted.any():
            raise ValueError("There is no character to predict: the text is empty.")
        return bits(self.probabilities(ids, rows)[counted])

    def encode(self, text: str | Sequence[Sequence[str]]) -> list[int]:
        """The numbers of one text, or of a list of documents, each between `<s>` and `</s>`."""
        if isinstance(text, str):
            return self.vocabulary.encode(text)
        return [number for document in text for number in self.vocabulary.encode([START, *document, END])]

    def _ids(self, text: Sequence[str]) -> Tensor:
        ids = self.vocabulary.encode([START, *text])
        return torch.tensor(ids, device=self.head.weight.device).unsqueeze(1)  # (T, 1)

    def _without_start(self, logits: Tensor) -> Tensor:
        """`<s>` begins a text, and an unknown character is no character: neither is ever drawn."""
        barred = [self.vocabulary[START]]
        if self.vocabulary.unknown is not None:
            barred.append(self.vocabulary[self.vocabulary.unknown])
        return logits.index_fill(-1, torch.tensor(barred, device=logits.device), -math.inf)

    def _named(self, chances: Tensor) -> dict[str, float]:
        order = chances.argsort(descending=True, stable=True).tolist()
        values = chances.tolist()
        return {self.vocabulary.tokens[i]: values[i] for i in order if values[i] > 0}

    def _until_end(self, ids: Tensor) -> str:
        tokens = self.vocabulary.decode(ids)
        return "".join(tokens[: tokens.index(END)] if END in tokens else tokens)


class CarriedLoss:
    """Cross-entropy for truncated BPTT: a window begins with the state that the window before it ended with.

    Use one of these for each training, with the windows of `text.stateful_batches`. The state is carried on, the
    gradient is not.
    """

    def __init__(self) -> None:
        self.state: State = None

    def __call__(self, model: Generator, inputs: Tensor, targets: Tensor, starts: bool) -> Tensor:
        """The mean over all tokens, in nats: inputs and targets (T, N); where the text `starts`, the state is 0."""
        logits, last = model.run(inputs, None if starts else self.state)
        self.state = _detached(last)
        return nn.functional.cross_entropy(logits.flatten(end_dim=-2), targets.flatten())


def fit_carried(
    model: Generator,
    text: str | Sequence[Sequence[str]],
    *,
    seq_len: int,
    batch_size: int,
    steps: int,
    lr: float,
    seed: int,
    **bounds: Any,
) -> History:
    """Train on a text, or on documents, by truncated BPTT: windows of `seq_len` tokens, the state carried on.

    The learning rate falls from `lr` to 0. `bounds` are those of `training.fit`: seconds, clock, evaluate …
    """
    batches = stateful_batches(model.encode(text), seq_len=seq_len, batch_size=batch_size)
    return fit(model, batches, loss=CarriedLoss(), steps=steps, lr=falling(lr), clip=1.0, seed=seed, **bounds)


def fit_whole(
    model: Generator,
    documents: Sequence[Sequence[str]],
    *,
    batch_size: int,
    steps: int,
    lr: float,
    seed: int,
    **bounds: Any,
) -> History:
    """Train on whole documents, each from `<s>` to `</s>` and begun with a state of zeros; see `fit_carried`."""
    ids = [torch.tensor(model.encode([document])) for document in documents]
    batches = _WholeBatches(ids, bucketed_batches([len(some) for some in ids], batch_size, seed))
    return fit(model, batches, loss=next_token_loss, steps=steps, lr=falling(lr), clip=1.0, seed=seed, **bounds)


class _WholeBatches(NamedTuple):
    """Inputs and targets (T, N); where a document has ended, the target is -100, which the loss passes over."""

    ids: list[Tensor]
    places: BucketedBatches

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:  # type: ignore[override]
        for some in self.places:
            inputs, _ = pad_batch([self.ids[place][:-1] for place in some])
            targets, _ = pad_batch([self.ids[place][1:] for place in some], value=-100)
            yield inputs, targets


def character_vocabulary(text: str | Sequence[str], min_count: int = 1) -> Vocabulary:
    """The characters of a text or of several, with `<s>`, `</s>` and `<unk>`."""
    characters = text if isinstance(text, str) else "".join(text)
    return Vocabulary(characters, min_count=min_count, specials=(START, END, "<unk>"))


def bits(probabilities: Tensor) -> float:
    """The mean of -log2 over probabilities (n,); inf where one of them is 0."""
    return float(-probabilities.double().log2().mean())


def mixed_bits(model_probabilities: Tensor, ngram_probabilities: Tensor, weight: float | Tensor) -> float:
    """Bits per token of weight · the one model + (1 - weight) · the other; probabilities (n,), one weight or (n,).

    For a counting model, the probabilities are `torch.from_numpy(ngram.probabilities(text))`.
    """
    if not bool(((torch.as_tensor(weight) >= 0) & (torch.as_tensor(weight) <= 1)).all()):
        raise ValueError(f"weight must lie between 0 and 1, got {weight!r}.")
    return bits(weight * model_probabilities + (1 - weight) * ngram_probabilities)


def best_weight(model_probabilities: Tensor, ngram_probabilities: Tensor, passes: int = 50) -> float:
    """The weight of the first model with the fewest bits, by expectation–maximisation; choose it on held-out text.

    Each pass asks how likely it is that each token came from the first model, and takes the mean as the next weight.
    """
    weight = 0.5
    for _ in range(passes):
        first, second = weight * model_probabilities, (1 - weight) * ngram_probabilities
        weight = float((first / (first + second)).mean())
    return weight


def xz_bits_per_character(train: str, text: str) -> float:
    """What xz needs for `text` when it has seen `train`: the growth of the compressed file, in bits a character."""
    import lzma

    if not text:
        raise ValueError("There is no character to compress: the text is empty.")
    sizes = [len(lzma.compress(part.encode(), preset=9 | lzma.PRESET_EXTREME)) for part in (train + text, train)]
    return 8 * (sizes[0] - sizes[1]) / len(text)


def _detached(state: State) -> State:
    if isinstance(state, tuple):
        return state[0].detach(), state[1].detach()
    return None if state is None else state.detach()


class _Choice:
    """How the next token is chosen from the logits."""

    def __init__(self, temperature: float, top_k: int | None, greedy: bool) -> None:
        number = isinstance(temperature, int | float) and not isinstance(temperature, bool)
        if not (number and 0 < temperature < math.inf):
            raise ValueError(
                f"temperature must be a number above 0, got {temperature!r}; "
                "to take the likeliest token every time, write greedy=True."
            )
        self.temperature, self.greedy = float(temperature), greedy
        self.top_k = None if top_k is None else checked_count("top_k", top_k)

    def chances(self, logits: Tensor) -> Tensor:
        """Probabilities (…, C) from logits (…, C), after temperature and top-k."""
        logits = logits.double()
        logits = (logits - logits.amax(dim=-1, keepdim=True)) / self.temperature  # no overflow, however cold
        if self.top_k is not None and self.top_k < logits.shape[-1]:
            least = logits.topk(self.top_k, dim=-1).values[..., -1:]
            logits = logits.masked_fill(logits < least, -math.inf)
        return logits.softmax(dim=-1)


def _evaluating(model: Generator, ids: Tensor, state: State) -> tuple[Tensor, State]:
    """One run without dropout; the model is left in the mode that it was in."""
    training = model.training
    model.eval()
    try:
        return model.run(ids, state)
    finally:
        model.train(training)
