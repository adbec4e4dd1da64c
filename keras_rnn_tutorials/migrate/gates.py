"""What Keras 3 has no gate activation for, under a name that a saved model keeps."""

import keras

from keras_rnn_tutorials.tf1 import activations


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
def tf1_hard_sigmoid(x):
    """`min(max(0.2 * x + 0.5, 0), 1)`: the gates of TensorFlow 1's tf.keras."""
    return activations.tf1_hard_sigmoid(x)
