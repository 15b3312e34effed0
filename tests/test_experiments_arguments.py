"""What an experiment cannot measure is refused with a sentence, before anything is trained."""

import pytest

from lecture_utils.datasets.professions import EXAMPLES
from lecture_utils.experiments import clipping, common, depth, gradient_distance, professions, recall, truncation
from lecture_utils.text import Vocabulary

UNKNOWN = [
    ("recall", {"kinds": ["RNN", "LTSM"]}, r"each of kinds must be one of RNN, .*, got 'LTSM'\. Did you mean 'LSTM'\?"),
    ("recall", {"kinds": "RNN"}, r"kinds must be a list of names, such as \['RNN'\], got 'RNN'"),
    ("recall", {"kinds": None}, "kinds must be a list of names, .* got None"),
    ("depth", {"ways": ("same with",)}, r"each of ways must be one of .*, got 'same with'\. Did you mean 'same width'"),
    ("gradient_distance", {"activations": ["sigmoid"]}, "each of activations must be one of tanh, relu, identity, got"),
    ("gradient_distance", {"starts": ["uniform"]}, "each of starts must be one of orthogonal, gaussian, default, got"),
    ("gradient_distance", {"kinds": [3]}, "each of kinds must be one of RNN, .* identity ReLU, got 3"),
    ("truncation", {"tasks": ["ecko"]}, r"each of tasks must be one of characters, echo, got 'ecko'\. Did you mean"),
    ("clipping", {"activations": ["identity"]}, "each of activations must be one of tanh, relu, got 'identity'"),
    ("clipping", {"methods": ["size"]}, "each of methods must be one of none, norm, value, got 'size'"),
    ("clipping", {"recall_kinds": ["rnn"]}, "each of recall_kinds must be one of RNN, .*, got 'rnn'"),
    ("professions", {"kinds": ["lstm"]}, "each of kinds must be one of rnn, .*, got 'lstm'"),
]


@pytest.mark.parametrize(("name", "changes", "sentence"), UNKNOWN)
def test_an_unknown_name_is_refused_before_anything_is_trained(monkeypatch, name, changes, sentence):
    for module in (clipping, depth, professions, recall, truncation):
        monkeypatch.setattr(module, "fit", lambda *arguments, **settings: pytest.fail("a training began"))
    with pytest.raises(ValueError, match=sentence):
        common.find(name).measure(0, **changes)


ACTS = [
    (lambda: gradient_distance.walk(None, "tahn", []), "activation must be one of tanh, relu, identity, got 'tahn'"),
    (lambda: gradient_distance.slopes([], "tahn"), "activation must be one of tanh, relu, identity, got 'tahn'"),
    (lambda: gradient_distance.recurrent_matrix("zero", 1.0, 2), "start must be one of orthogonal, gaussian, default"),
    (lambda: recall.recurrent_layer("rnn", 2, 2), "no kind of layer called 'rnn'. There is: RNN, .*identity ReLU"),
    (lambda: professions.train_filler(0, "lstm"), "kind must be one of rnn, .* gru, got 'lstm'"),
    (lambda: professions.Filler(Vocabulary("ab"), "GRU"), r"kind must be one of .* got 'GRU'"),
    (lambda: professions.blank(""), "blank needs a subject of study, then a word to take out and a full stop, as in"),
    (lambda: professions.blank("law."), "blank needs a subject of study"),
    (lambda: professions.blank("I study philately to become a stamp."), "blank needs .* got 'I study philately"),
    (lambda: professions.blank(None), "blank needs a subject of study, .* got None"),
]


@pytest.mark.parametrize(("act", "sentence"), ACTS)
def test_the_parts_of_an_experiment_refuse_unknown_names_too(act, sentence):
    with pytest.raises(ValueError, match=sentence):
        act()


def test_a_blank_stands_where_the_profession_was():
    for sentence in EXAMPLES:
        words, answer, distance = professions.blank(sentence)
        assert " ".join([*words, answer]) + "." == sentence
        assert words[-distance] in professions.PROFESSIONS
        assert professions.PROFESSIONS[words[-distance]] == answer
