"""Every figure in `img/`: the stem of its file, and the function without arguments that draws it."""

from __future__ import annotations

from collections.abc import Callable

from lecture_utils.diagrams import arrangements, banner, cells, lecture, motivation, stacked, training
from lecture_utils.diagrams.network import network
from lecture_utils.diagrams.picture import Picture
from lecture_utils.shapes import RecurrentShape


def shape_explorer() -> Picture:
    """What the shape explorer draws for an LSTM with two layers, read in both directions."""
    return network(RecurrentShape("lstm", 20, 10, num_layers=2, bidirectional=True), 5, 3, output_size=4)


def teacher_forcing() -> Picture:
    """Generation in training: the true symbol goes in at each step, whatever was predicted."""
    return arrangements.text_generation(forced=True)


FIGURES: dict[str, Callable[[], Picture]] = {
    "banner": banner.banner,
    "window_network": motivation.window_network,
    "markov_window": motivation.markov_window,
    "networks_per_word": motivation.networks_per_word,
    "joined_networks": motivation.joined_networks,
    "unrolled": lecture.unrolled,
    "recursive": lecture.recursive,
    "graphical_model": lecture.graphical_model,
    "sharing": lecture.sharing,
    "feed_forward": lecture.feed_forward,
    "weight_shapes": lecture.weight_shapes,
    "shape_explorer": shape_explorer,
    "loss_over_time": training.loss_over_time,
    "truncated_bptt": training.truncated_bptt,
    "gradient_over_distance": training.gradient_over_distance,
    "five_arrangements": arrangements.five_arrangements,
    "sequence_labelling": arrangements.sequence_labelling,
    "sequence_classification": arrangements.sequence_classification,
    "text_generation": arrangements.text_generation,
    "teacher_forcing": teacher_forcing,
    "encoder_decoder": arrangements.encoder_decoder,
    "image_captioning": arrangements.image_captioning,
    "stacked": stacked.stacked,
    "bidirectional": stacked.bidirectional,
    "bidirectional_classification": stacked.bidirectional_classification,
    "around_a_blank": stacked.around_a_blank,
    "who_sees_what": stacked.who_sees_what,
    "gru_cell": cells.gru_cell,
    "lstm_cell": cells.lstm_cell,
}
