"""The captioner: what primes it, what it is asked for, and that it learns to see."""

import numpy as np
import pytest
import torch
from torch import nn

from lecture_utils.datasets.scenes import COLOURS, SHAPES, draw_scenes, scene_of
from lecture_utils.models.captioning import (
    IGNORED,
    Captioner,
    caption_batches,
    caption_loss,
    caption_words,
    most_frequent_captions,
    objects_of,
)
from lecture_utils.training import falling, fit

SCENES = draw_scenes(40, seed=7)
WORDS = caption_words(SCENES)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Captioner(WORDS, channels=(4, 5, 6), d_embedding=5, d_h=7).eval()


def batches(**settings):
    return caption_batches(WORDS, SCENES, batch_size=len(SCENES), seed=0, colours=list(COLOURS), **settings)


def test_teacher_forcing_equals_decoding_step_by_step(model):
    pictures, inputs, _ = next(iter(batches()))
    at_once, state = model(pictures, inputs), model.start_state(pictures)
    assert at_once.shape == (*inputs.shape, len(WORDS))
    for t, row in enumerate(inputs):
        logits, state = model.decode(row.unsqueeze(0), state)
        torch.testing.assert_close(logits[0], at_once[t])


def test_the_picture_reaches_the_words_through_the_start_state_alone(model):
    pictures, inputs, _ = next(iter(batches()))
    gru = nn.GRU(5, 7)
    gru.load_state_dict(model.gru.state_dict())
    expected = model.V(gru(model.table(inputs), model.start_state(pictures))[0])
    torch.testing.assert_close(model(pictures, inputs), expected)
    assert model.start_state(pictures).shape == (1, len(SCENES), 7)


def test_a_picture_is_seen_as_it_stands_out_from_its_own_mean(model):
    pictures = torch.randint(0, 200, (3, 32, 32, 3), dtype=torch.uint8)
    torch.testing.assert_close(model.start_state(pictures + 40), model.start_state(pictures), atol=1e-5, rtol=1e-4)
    turned = pictures.transpose(1, 2)  # rows for columns
    assert not torch.allclose(model.start_state(turned), model.start_state(pictures), atol=1e-3)


@pytest.mark.parametrize("axis", [1, 2])
def test_where_a_thing_stands_is_seen_along_both_axes(model, axis):
    blank = torch.full((1, 32, 32, 3), 200, dtype=torch.uint8)
    here, there = blank.clone(), blank.clone()
    here[:, 4:8, 4:8], there[:, 4:8, 4:8] = 20, 20
    there = there.roll(16, dims=axis)
    assert not torch.allclose(model.start_state(here), model.start_state(there), atol=1e-4)


def test_the_start_state_is_the_convolutions_read_by_row_and_column(model):
    pictures, *_ = next(iter(batches()))
    x = pictures.permute(0, 3, 1, 2) / 64
    x = model.look(x - x.mean(dim=(2, 3), keepdim=True))  # (N, 6, 4, 4)
    assert x.shape == (len(SCENES), 6, 4, 4)
    kept = torch.cat((x.max(dim=2).values, x.max(dim=3).values), dim=2).flatten(1)
    torch.testing.assert_close(model.start_state(pictures)[0], torch.tanh(model.prime(kept)))


@pytest.mark.parametrize("training", [False, True])
def test_a_caption_does_not_depend_on_the_pictures_beside_it(model, training):
    model.train(training)
    pictures = [scene.image() for scene in SCENES[:5]]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert model.captions(pictures, batch_size=2) == [model.caption(picture) for picture in pictures]
    assert model.captions([]) == []
    assert model.training == training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_caption_is_what_teacher_forcing_with_it_would_choose(model):
    for scene in SCENES[:5]:
        words = model.caption(scene.image()).split()
        inputs = torch.tensor(WORDS.encode(["<s>", *words])).unsqueeze(1)
        chosen = model(torch.from_numpy(scene.image())[None], inputs).argmax(dim=-1)[:, 0]
        assert WORDS.decode(chosen[: len(words)]) == words
        assert len(words) == 20 or WORDS.decode(chosen)[-1] == "</s>"


@pytest.mark.parametrize("picture", [np.zeros((32, 32)), np.zeros((32, 32, 4)), np.zeros((20, 32, 3)), "picture", None])
def test_what_is_no_picture_gets_a_sentence(model, picture):
    with pytest.raises(ValueError, match=r"^A picture must be an array of shape \(32, 32, 3\)"):
        model.caption(picture)


def captions_in(columns):
    return {" ".join(WORDS.decode(column[column != 0])) for column in columns.T}


def test_a_batch_holds_every_scene_with_its_own_words():
    pictures, inputs, targets = next(iter(batches()))
    assert captions_in(targets) == {f"{scene.text} </s>" for scene in SCENES}
    assert torch.equal(inputs[0], torch.full((len(SCENES),), WORDS["<s>"]))
    assert torch.equal(inputs[1:][targets[1:] != 0], targets[:-1][targets[1:] != 0])
    images = {scene.image().tobytes(): scene.text for scene in SCENES}
    for picture, column in zip(pictures, targets.T):
        assert images[picture.numpy().tobytes()] == " ".join(WORDS.decode(column[column != 0][:-1]))


def test_hidden_words_are_hidden_from_the_inputs_and_still_asked_for():
    plain, (_, inputs, targets) = next(iter(batches())), next(iter(batches(hide_words=0.5)))
    assert captions_in(targets) == captions_in(plain[2])
    hidden = inputs == WORDS["<unk>"]
    assert 0.3 < hidden[1:].float().mean() < 0.6
    assert not hidden[0].any()  # the start symbol stays


def test_a_grey_picture_is_not_asked_for_its_colours():
    pictures, inputs, targets = next(iter(batches(grey=0.5)))
    tones = pictures.flatten(1, 2)  # (N, H * W, 3)
    grey = (tones[..., 0] == tones[..., 1]).all(dim=1) & (tones[..., 1] == tones[..., 2]).all(dim=1)  # (N,)
    assert 5 < grey.sum() < 35
    colours = torch.tensor(WORDS.encode(list(COLOURS)))
    assert not torch.isin(targets[:, grey], colours).any()
    assert not torch.isin(inputs[:, grey], colours).any()
    assert ((targets == IGNORED).sum(dim=0) == 2 * grey).all()
    assert (torch.isin(targets[:, ~grey], colours).sum(dim=0) == 2).all()


def test_padding_and_words_not_asked_for_cost_nothing(model):
    pictures, inputs, targets = next(iter(batches(grey=0.5)))
    logits, kept = model(pictures, inputs), targets > 0
    assert (targets == 0).any()
    assert (targets == IGNORED).any()
    expected = nn.functional.cross_entropy(logits[kept], targets[kept])
    torch.testing.assert_close(caption_loss(model, pictures, inputs, targets), expected)


def test_it_learns_to_see():
    """Two colours, two shapes, four relations; the pictures it is judged on are new."""
    others = [
        (c, shape) for c in COLOURS for shape in SHAPES if c not in ("red", "blue") or shape not in ("circle", "cross")
    ]
    train, new = draw_scenes(600, 1, others), draw_scenes(100, 2, others)
    torch.manual_seed(0)
    model = Captioner(caption_words(train), channels=(8, 16, 32), d_embedding=8, d_h=64)
    stream = caption_batches(model.words, train, batch_size=32, seed=0)
    fit(model, stream, loss=caption_loss, steps=150, lr=falling(0.02, 0.05), clip=1.0, seed=0)
    said = model.captions([scene.image() for scene in new])
    blind = model.captions([np.zeros((32, 32, 3), dtype=np.uint8)]) * len(new)
    assert words_right(said, new) > 0.8
    assert words_right(said, new) > words_right(blind, new) + 0.2


def words_right(captions, scenes):
    """The share of the seven choices of a caption that are right; a caption of another length has none."""
    right = 0
    for caption, scene in zip(captions, scenes):
        said, true = (text.replace(" of ", " ").replace("a ", "").split() for text in (caption, scene.text))
        right += sum(one == other for one, other in zip(said, true)) if len(said) == len(true) else 0
    return right / (7 * len(scenes))


def test_the_baseline_knows_the_objects_and_nothing_else():
    one = [scene_of("small red circle above large blue square", seed) for seed in range(3)]
    other = [scene_of("small red circle below large blue square", seed) for seed in range(2)]
    third = [scene_of("medium green cross below large red circle", seed) for seed in range(4)]
    train = [*one, *other, *third]
    said = most_frequent_captions(train, [other[0], third[0], scene_of("small black cross above large red cross")])
    assert said == [one[0].text, third[0].text, third[0].text]  # an unknown pair gets the most frequent of all


def test_objects_are_named_without_their_size():
    assert objects_of(scene_of("small red circle above large blue square")) == ("red circle", "blue square")
