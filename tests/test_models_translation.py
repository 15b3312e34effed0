"""The encoder–decoder: what it reads, what it writes, and that it learns."""

import pytest
import torch
from torch import nn

from lecture_utils.datasets import Pair
from lecture_utils.models import translation
from lecture_utils.models.translation import (
    EncoderDecoder,
    NearestSource,
    copied_digits,
    exact,
    keep_longer,
    prepared,
    translation_batches,
    translation_loss,
    vocabularies,
)
from lecture_utils.text import pad_batch
from lecture_utils.training import fit

PAIRS = [Pair("3 May 1998", "1998-05-03"), Pair("le 7 mars 2001", "2001-03-07"), Pair("1 de abril de 1950", "1950")]


@pytest.fixture
def model():
    torch.manual_seed(0)
    return EncoderDecoder(*vocabularies(PAIRS), d_embedding=5, d_h=7)


def batch(model, pairs=PAIRS):
    return next(iter(translation_batches(model, pairs, batch_size=len(pairs), seed=0)))


def test_padding_changes_no_encoding(model):
    sources, lengths = pad_batch([model.ids(pair.source) for pair in PAIRS])
    together = model.encode(sources, lengths)  # (1, N, d_h)
    longer = torch.cat((sources, torch.full((9, len(PAIRS)), 3)))
    assert torch.equal(model.encode(longer, lengths), together)
    for place, pair in enumerate(PAIRS):
        alone = model.encode(*pad_batch([model.ids(pair.source)]))
        torch.testing.assert_close(together[:, place], alone[:, 0])


def test_the_encoder_is_torchs_gru_and_the_decoder_starts_from_its_last_state(model):
    encoder, decoder = nn.GRU(5, 7), nn.GRU(5, 7)
    encoder.load_state_dict(model.encoder.state_dict())
    decoder.load_state_dict(model.decoder.state_dict())
    source = torch.tensor(model.ids(PAIRS[0].source)).unsqueeze(1)  # (T, 1)
    inputs = torch.tensor(model.target.encode(["<s>", "1", "9"])).unsqueeze(1)
    _, state = encoder(model.source_table(source))
    expected = model.V(decoder(model.target_table(inputs), state)[0])
    torch.testing.assert_close(model(source, torch.tensor([len(source)]), inputs), expected)


def test_teacher_forcing_equals_decoding_step_by_step(model):
    sources, lengths, inputs, _ = batch(model)
    at_once = model(sources, lengths, inputs)  # (T', N, C)
    state = model.encode(sources, lengths)
    for t, row in enumerate(inputs):
        logits, state = model.decode(row.unsqueeze(0), state)
        torch.testing.assert_close(logits[0], at_once[t])


def test_greedy_decoding_repeats_under_teacher_forcing(model):
    sources, lengths, *_ = batch(model)
    for place, ids in enumerate(model.greedy(model.encode(sources, lengths), longest=12)):
        inputs = torch.tensor([model.target["<s>"], *ids]).unsqueeze(1)  # (T', 1)
        alone = sources[: lengths[place], place : place + 1]
        chosen = model(alone, lengths[place : place + 1], inputs).argmax(dim=-1)[:, 0].tolist()
        ended = len(ids) < 12
        assert chosen[: len(ids) + ended] == [*ids, model.target["</s>"]][: len(ids) + ended]


def test_a_batch_asks_for_each_symbol_after_the_one_it_gives(model):
    sources, lengths, inputs, targets = batch(model)
    assert sources.shape == (int(lengths.max()), len(PAIRS))
    read = set()
    for place in range(len(PAIRS)):
        source = "".join(model.source.decode(sources[: lengths[place], place]))
        given = [c for c in model.target.decode(inputs[:, place]) if c != "<pad>"]
        asked = [c for c in model.target.decode(targets[:, place]) if c != "<pad>"]
        [pair] = [pair for pair in PAIRS if prepared(pair.source) == source]
        assert asked == [*pair.target, "</s>"]
        assert given[: len(asked)] == ["<s>", *pair.target]
        read.add(source)
    assert len(read) == len(PAIRS)


def test_every_pair_comes_once_in_a_round_and_streams_repeat(model):
    stream = translation_batches(model, PAIRS, batch_size=2, seed=1)
    first = iter(stream)
    widths = [len(next(first)[1]) for _ in range(4)]
    assert widths == [2, 1, 2, 1]
    for one, other in zip(next(iter(stream)), next(iter(stream))):
        assert torch.equal(one, other)


def test_padding_of_a_target_costs_nothing(model):
    sources, lengths, inputs, targets = batch(model)
    logits = model(sources, lengths, inputs)
    kept = targets != 0
    assert not kept.all()
    expected = nn.functional.cross_entropy(logits[kept], targets[kept])
    torch.testing.assert_close(translation_loss(model, sources, lengths, inputs, targets), expected)


def test_answers_do_not_depend_on_their_company(model):
    texts = [pair.source for pair in PAIRS]
    assert model.translate_all(texts, batch_size=2) == [model.translate(text) for text in texts]
    assert model.translate_all([]) == []


@pytest.mark.parametrize("text", ["3 May 1998", "☃☃☃", "x" * 200, "<b>3</b>"])
def test_anything_written_gets_an_answer(model, text):
    assert isinstance(model.translate(text), str)


@pytest.mark.parametrize("text", ["", "   ", "\n", None, "x" * 201])
def test_what_cannot_be_read_gets_a_sentence(model, text):
    with pytest.raises(ValueError, match=r"^(Type something to translate|The text has 201 characters)"):
        model.translate(text)


def test_capitals_and_blanks_do_not_matter(model):
    assert model.translate("  3  MAY 1998 ") == model.translate("3 may 1998")


def test_a_gru_that_keeps_longer_has_orthogonal_blocks_and_a_larger_gate_bias():
    torch.manual_seed(0)
    layer = translation.bptt.GRU(4, 6)
    before = layer.bias_ih_l0.clone()
    keep_longer(layer)
    for block in layer.weight_hh_l0.split(6):
        torch.testing.assert_close(block @ block.T, torch.eye(6), atol=1e-5, rtol=0)
    added = (layer.bias_ih_l0 - before).tolist()
    assert added == pytest.approx([0.0] * 6 + [1.0] * 6 + [0.0] * 6, abs=1e-6)  # r, z, n
    plain = nn.GRU(4, 6)
    plain.load_state_dict(layer.state_dict())
    with torch.no_grad():  # and z is the share of the old state
        plain.bias_ih_l0[6:12] += 100
    state = torch.randn(1, 1, 6)
    torch.testing.assert_close(plain(torch.randn(1, 1, 4), state)[1], state)


def test_it_learns_a_small_language():
    """Two-symbol strings are turned round: nothing of it can be done without having read the source to its end."""
    pairs = [Pair(a + b, b + a) for a in "abcdef" for b in "abcdef"]
    torch.manual_seed(0)
    model = EncoderDecoder(*vocabularies(pairs), d_embedding=16, d_h=32)
    before = exact(model.translate_all([pair.source for pair in pairs]), pairs)
    batches = translation_batches(model, pairs, batch_size=36, seed=0)
    fit(model, batches, loss=translation_loss, steps=80, lr=0.02, clip=1.0, seed=0)
    after = exact(model.translate_all([pair.source for pair in pairs]), pairs)
    assert before < 0.2
    assert after > 0.9


def test_the_nearest_source_lends_its_target():
    nearest = NearestSource(PAIRS)
    assert nearest.translate_all([pair.source for pair in PAIRS]) == [pair.target for pair in PAIRS]
    assert nearest.translate_all(["LE 8 mars 2001"]) == ["2001-03-07"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3 May 1998", "1998-01-03"),
        ("May 22nd, 2021", "2021-01-22"),
        ("no digits", "2000-01-01"),
        ("17", "2000-01-17"),
    ],
)
def test_copied_digits(text, said):
    assert copied_digits(text) == said


def test_exact_counts_whole_answers():
    assert exact(["1998-05-03", "2001-03-08", "1950"], PAIRS) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="longer"):
        exact(["1998-05-03"], PAIRS)
