"""What to use in the place of a name of TensorFlow 1 that is not here."""

NOTHING = "nothing in this package or in TensorFlow 2 replaces it"
_KERAS = "there is no tf.compat.v1 form on Keras 3; use"

_STATIC = "it is tf.nn.static_rnn since TensorFlow 1.0"
_BOTH = "it is tf.nn.static_bidirectional_rnn since TensorFlow 1.0"
_SAVING = "it is tf.nn.static_state_saving_rnn since TensorFlow 1.0"
_SEQ2SEQ = "it is tf.contrib.legacy_seq2seq since TensorFlow 1.0"
_MODULE = "its cells are in tf.nn.rnn_cell, and its functions in tf.nn, since TensorFlow 1.0"
_MODELS = "the models have a repository of their own, tensorflow/models"
_HIGHWAY = "write its gate out: t * cell(x) + (1 - t) * x"
_LINEAR = "use tf.layers.dense(tf.concat(args, 1), output_size)"

# The longest entry that a name begins with is the one that counts.
_REPLACEMENTS = {
    "tf.app": "use tf.compat.v1.app, or absl.app",
    "tf.contrib": "contrib was never moved to TensorFlow 2",
    "tf.contrib.crf": "of tf.contrib.crf only the functions are here, not the cells",
    "tf.contrib.cudnn_rnn": "use tf.contrib.rnn.CudnnCompatibleLSTMCell, or keras.layers.LSTM",
    "tf.contrib.data": "use tf.data",
    "tf.contrib.eager": "TensorFlow 2 is eager by itself",
    "tf.contrib.estimator": "tf.estimator is gone from TensorFlow 2.16 on; use Keras",
    "tf.contrib.grid_rnn": NOTHING,
    "tf.contrib.keras": "use tf.keras",
    "tf.contrib.layers": "use the function of tf.layers or of Keras with that purpose",
    "tf.contrib.layers.batch_norm": "use keras.layers.BatchNormalization",
    "tf.contrib.learn": "use Keras; of its data sets, tensorflow_datasets",
    "tf.contrib.legacy_seq2seq": "write the decoder's loop out, or use keras.layers.Attention",
    "tf.contrib.legacy_seq2seq.sequence_loss": (
        "use tf.nn.sparse_softmax_cross_entropy_with_logits, weighted and summed over the steps"
    ),
    "tf.contrib.legacy_seq2seq.sequence_loss_by_example": (
        "use tf.nn.sparse_softmax_cross_entropy_with_logits, weighted and summed over the steps"
    ),
    "tf.contrib.lite": "use tf.lite",
    "tf.contrib.lookup": "use tf.lookup",
    "tf.contrib.metrics": "use tf.metrics, or keras.metrics",
    "tf.contrib.rnn": "see the list of cells in keras_rnn_tutorials.tf1",
    "tf.contrib.rnn.ConvLSTMCell": "use keras.layers.ConvLSTM2D",
    "tf.contrib.rnn.Conv1DLSTMCell": "use keras.layers.ConvLSTM1D",
    "tf.contrib.rnn.Conv2DLSTMCell": "use keras.layers.ConvLSTM2D",
    "tf.contrib.rnn.Conv3DLSTMCell": "use keras.layers.ConvLSTM3D",
    "tf.contrib.rnn.GridLSTMCell": NOTHING,
    "tf.contrib.rnn.CoupledInputForgetGateLSTMCell": NOTHING,
    "tf.contrib.rnn.HighwayWrapper": _HIGHWAY,
    "tf.contrib.rnn.IntersectionRNNCell": NOTHING,
    "tf.contrib.rnn.PhasedLSTMCell": NOTHING,
    "tf.contrib.rnn.TimeFreqLSTMCell": NOTHING,
    "tf.contrib.rnn.static_state_saving_rnn": "it is tf.nn.static_state_saving_rnn",
    "tf.contrib.seq2seq": "write the decoder's loop out, or use keras.layers.Attention",
    "tf.contrib.seq2seq.sequence_loss": (
        "use tf.nn.sparse_softmax_cross_entropy_with_logits, weighted and averaged"
    ),
    "tf.contrib.slim": "use the package tf_slim",
    "tf.contrib.tensorboard": "use the package tensorboard",
    "tf.contrib.tpu": "use tf.distribute.TPUStrategy",
    "tf.estimator": "it is gone from TensorFlow 2.16 on; use Keras",
    "tf.examples": "of the tutorials only tensorflow.examples.tutorials.mnist is here",
    "tf.layers": f"{_KERAS} keras.layers",
    "tf.layers.batch_normalization": f"{_KERAS} keras.layers.BatchNormalization",
    "tf.models": _MODELS,
    # TensorFlow 0's places of them.
    "tf.models.rnn": _MODULE,
    "tf.models.rnn.ptb": _MODELS,
    "tf.models.rnn.translate": _MODELS,
    "tf.models.rnn.seq2seq": _SEQ2SEQ,
    "tf.python.ops.rnn.bidirectional_rnn": _BOTH,
    "tf.python.ops.rnn.rnn": _STATIC,
    "tf.python.ops.rnn.state_saving_rnn": _SAVING,
    "tf.python.ops.seq2seq": _SEQ2SEQ,
    "tf.nn.state_saving_rnn": _SAVING,
    "tf.nn.rnn_cell": "see the list of cells in keras_rnn_tutorials.tf1",
    "tf.nn.rnn_cell.HighwayWrapper": _HIGHWAY,
    "tf.nn.rnn_cell._linear": _LINEAR,
    "tf.nn.rnn_cell.linear": _LINEAR,
    "tf.nn.rnn": _STATIC,
    "tf.nn.bidirectional_rnn": _BOTH,
    "tf.nn.seq2seq": _SEQ2SEQ,
    # Gone with TensorFlow 1.0.
    "tf.audio_summary": "it is tf.summary.audio since TensorFlow 1.0",
    "tf.batch_matmul": "it is tf.matmul since TensorFlow 1.0",
    "tf.histogram_summary": "it is tf.summary.histogram since TensorFlow 1.0",
    "tf.image_summary": "it is tf.summary.image since TensorFlow 1.0",
    "tf.merge_all_summaries": "it is tf.summary.merge_all since TensorFlow 1.0",
    "tf.merge_summary": "it is tf.summary.merge since TensorFlow 1.0",
    "tf.mul": "it is tf.multiply since TensorFlow 1.0",
    "tf.neg": "it is tf.negative since TensorFlow 1.0",
    "tf.pack": "it is tf.stack since TensorFlow 1.0",
    "tf.scalar_summary": "it is tf.summary.scalar since TensorFlow 1.0",
    "tf.select": "it is tf.where since TensorFlow 1.0",
    "tf.sub": "it is tf.subtract since TensorFlow 1.0",
    "tf.train.SummaryWriter": "it is tf.summary.FileWriter since TensorFlow 1.0",
    "tf.unpack": "it is tf.unstack since TensorFlow 1.0",
}
_ELSE = "TensorFlow 2 has no such name; see https://www.tensorflow.org/guide/migrate"


def replacement(name: str) -> str:
    """What to use instead of a name.

    Args:
        name: in full, as in `tf.contrib.crf.crf_log_likelihood`.

    Returns:
        The end of a sentence, without its full stop.
    """
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if (found := _REPLACEMENTS.get(".".join(parts[:length]))) is not None:
            return found
    return _ELSE
