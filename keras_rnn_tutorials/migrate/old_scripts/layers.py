"""`tf.layers` and `tf.contrib.layers`: what RNN scripts use of them, on `tf.compat.v1`.

Keras 3 took `tf.layers` away; `tf.contrib` was never in TensorFlow 2. Variables have TensorFlow 1's
names and shapes: `dense/kernel` and `dense/bias` in `tf.layers`, `fully_connected/weights` and
`fully_connected/biases` in `tf.contrib.layers`.
"""

from collections.abc import Callable

import tensorflow.compat.v1 as tf


class Dense:
    """A matrix product on the last axis, a bias and an activation: `tf.layers.Dense`."""

    def __init__(
        self,
        units: int,
        activation: Callable | None = None,
        use_bias: bool = True,
        kernel_initializer=None,
        bias_initializer=None,
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        trainable: bool = True,
        name: str | None = None,
        _scope: str | None = None,
        _reuse: bool | None = None,
        _names: tuple[str, str, str] = ("dense", "kernel", "bias"),
        dtype=None,
    ):
        """Takes TensorFlow 1's arguments."""
        del activity_regularizer, dtype
        self.units = units
        self.activation = activation
        self.use_bias = use_bias
        self._kernel_options = {
            "initializer": kernel_initializer,
            "regularizer": kernel_regularizer,
            "constraint": kernel_constraint,
            "trainable": trainable,
        }
        self._bias_options = {
            "initializer": bias_initializer or tf.zeros_initializer(),
            "regularizer": bias_regularizer,
            "constraint": bias_constraint,
            "trainable": trainable,
        }
        default, self._kernel_name, self._bias_name = _names
        self._scope = _Scope(_scope or name, default, _reuse)
        self.kernel = self.bias = None

    def __call__(self, inputs):
        """`(..., features)` to `(..., units)`."""
        inputs = tf.convert_to_tensor(inputs)
        features = inputs.shape.as_list()[-1]
        with self._scope.entered():
            if self.kernel is None:
                shape = [features, self.units]
                self.kernel = tf.get_variable(
                    self._kernel_name, shape, inputs.dtype, **self._kernel_options
                )
                if self.use_bias:
                    self.bias = tf.get_variable(
                        self._bias_name, [self.units], inputs.dtype, **self._bias_options
                    )
            if inputs.shape.rank == 2:
                outputs = tf.matmul(inputs, self.kernel)
            else:
                outputs = tf.tensordot(inputs, self.kernel, [[inputs.shape.rank - 1], [0]])
                outputs.set_shape([*inputs.shape.as_list()[:-1], self.units])
            if self.bias is not None:
                outputs = tf.nn.bias_add(outputs, self.bias)
            return outputs if self.activation is None else self.activation(outputs)

    apply = __call__


class _Scope:
    """The variable scope of a layer, made when it is first entered and kept."""

    def __init__(self, name, default: str, reuse):
        self._name, self._default, self._reuse = name, default, reuse
        self._captured = None

    def entered(self):
        if self._captured is not None:
            return tf.variable_scope(self._captured, reuse=True)
        if self._reuse:
            scope = tf.variable_scope(self._name or self._default, reuse=self._reuse)
        else:
            scope = tf.variable_scope(self._name, default_name=self._default)
        with scope as self._captured:
            pass
        return tf.variable_scope(self._captured, auxiliary_name_scope=False)


def dense(inputs, units, *args, name=None, reuse=None, **kwargs):
    """`tf.layers.dense`: a `Dense` that is called once."""
    return Dense(units, *args, name=name, _reuse=reuse, **kwargs)(inputs)


def dropout(inputs, rate=0.5, noise_shape=None, seed=None, training=False, name=None):
    """`tf.layers.dropout`: drops only where `training` is, or becomes, true."""

    def dropped():
        return tf.nn.dropout(inputs, noise_shape=noise_shape, seed=seed, name=name, rate=rate)

    if isinstance(training, (bool, int)):
        return dropped() if training else tf.identity(inputs)
    return tf.cond(training, dropped, lambda: tf.identity(inputs))


def flatten(inputs, name=None, **kwargs):
    """All axes but the batch's joined into one."""
    del kwargs
    shape = tf.convert_to_tensor(inputs).shape.as_list()[1:]
    width = -1 if None in shape else _product(shape)
    outputs = tf.reshape(inputs, [tf.shape(inputs)[0], width], name=name)
    outputs.set_shape([None, None if width == -1 else width])
    return outputs


def _product(sizes):
    result = 1
    for size in sizes:
        result *= size
    return result


def _convolution(rank: int):
    def convolution(
        inputs,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer=None,
        bias_initializer=None,
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        reuse=None,
    ):
        """`tf.layers.conv1d` or `conv2d`."""
        del activity_regularizer
        if data_format != "channels_last":
            raise ValueError(f"data_format: only channels_last is here, got {data_format!r}")
        with tf.variable_scope(name, default_name=f"conv{rank}d", reuse=reuse):
            kernel = tf.get_variable(
                "kernel",
                [*_sizes(kernel_size, rank), inputs.shape.as_list()[-1], filters],
                inputs.dtype,
                kernel_initializer,
                kernel_regularizer,
                trainable,
                constraint=kernel_constraint,
            )
            outputs = tf.nn.convolution(
                inputs,
                kernel,
                padding.upper(),
                _sizes(strides, rank),
                _sizes(dilation_rate, rank),
            )
            if use_bias:
                bias = tf.get_variable(
                    "bias",
                    [filters],
                    inputs.dtype,
                    bias_initializer or tf.zeros_initializer(),
                    bias_regularizer,
                    trainable,
                    constraint=bias_constraint,
                )
                outputs = tf.nn.bias_add(outputs, bias)
            return outputs if activation is None else activation(outputs)

    return convolution


def _pooling(kind: str, rank: int):
    def pooling(
        inputs, pool_size, strides, padding="valid", data_format="channels_last", name=None
    ):
        """`tf.layers.max_pooling1d` and its relatives."""
        if data_format != "channels_last":
            raise ValueError(f"data_format: only channels_last is here, got {data_format!r}")
        return tf.nn.pool(
            inputs,
            _sizes(pool_size, rank),
            kind,
            padding.upper(),
            strides=_sizes(strides, rank),
            name=name,
        )

    return pooling


def _sizes(size, rank: int) -> list[int]:
    return [size] * rank if isinstance(size, int) else list(size)


conv1d, conv2d = _convolution(1), _convolution(2)
max_pooling1d, max_pooling2d = _pooling("MAX", 1), _pooling("MAX", 2)
average_pooling1d, average_pooling2d = _pooling("AVG", 1), _pooling("AVG", 2)


# As a default: None is for no bias.
_ZEROS = tf.zeros_initializer()


def fully_connected(
    inputs,
    num_outputs,
    activation_fn=tf.nn.relu,
    normalizer_fn=None,
    normalizer_params=None,
    weights_initializer=None,
    weights_regularizer=None,
    biases_initializer=_ZEROS,
    biases_regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
):
    """`tf.contrib.layers.fully_connected`: a dense layer, with ReLU unless told otherwise."""
    if normalizer_fn is not None:
        raise ValueError("normalizer_fn: normalization is not here, call it on the outputs")
    del normalizer_params, variables_collections, outputs_collections
    layer = Dense(
        num_outputs,
        activation_fn,
        biases_initializer is not None,
        weights_initializer or xavier_initializer(),
        biases_initializer,
        weights_regularizer,
        biases_regularizer,
        trainable=trainable,
        _scope=scope,
        _reuse=reuse,
        _names=("fully_connected", "weights", "biases"),
    )
    return layer(inputs)


def linear(inputs, num_outputs, **kwargs):
    """`tf.contrib.layers.linear`: `fully_connected` without an activation."""
    return fully_connected(inputs, num_outputs, activation_fn=None, **kwargs)


def contrib_dropout(inputs, keep_prob=0.5, noise_shape=None, is_training=True, **kwargs):
    """`tf.contrib.layers.dropout`, whose number is the probability to keep."""
    return dropout(inputs, 1 - keep_prob, noise_shape, kwargs.get("seed"), is_training)


def one_hot_encoding(labels, num_classes, on_value=1.0, off_value=0.0, **kwargs):
    """`tf.contrib.layers.one_hot_encoding`."""
    del kwargs
    labels = tf.cast(labels, tf.int64) if labels.dtype == tf.int32 else labels
    return tf.one_hot(labels, num_classes, on_value, off_value)


def embed_sequence(
    ids,
    vocab_size=None,
    embed_dim=None,
    unique=False,
    initializer=None,
    regularizer=None,
    trainable=True,
    scope=None,
    reuse=None,
):
    """`tf.contrib.layers.embed_sequence`: a table `EmbedSequence/embeddings` and its look-up."""
    del unique
    with tf.variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        table = tf.get_variable(
            "embeddings",
            [vocab_size, embed_dim],
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
        )
        return tf.nn.embedding_lookup(table, ids)


def xavier_initializer(uniform=True, seed=None, dtype=tf.float32):
    """`tf.contrib.layers.xavier_initializer`: Glorot's, uniform or normal."""
    return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)


def variance_scaling_initializer(
    factor=2.0, mode="FAN_IN", uniform=False, seed=None, dtype=tf.float32
):
    """`tf.contrib.layers.variance_scaling_initializer`."""
    distribution = "uniform" if uniform else "truncated_normal"
    del dtype  # TensorFlow warns of it
    return tf.variance_scaling_initializer(factor, mode.lower(), distribution, seed)


def l2_regularizer(scale: float, scope=None):
    """`tf.contrib.layers.l2_regularizer`: scale · Σ w² / 2."""
    del scope
    return lambda weights: tf.multiply(float(scale), tf.nn.l2_loss(weights), name="l2_regularizer")


def l1_regularizer(scale: float, scope=None):
    """`tf.contrib.layers.l1_regularizer`: scale · Σ |w|."""
    del scope
    return lambda weights: tf.multiply(
        float(scale), tf.reduce_sum(tf.abs(weights)), name="l1_regularizer"
    )


def apply_regularization(regularizer, weights_list=None):
    """`tf.contrib.layers.apply_regularization`: the sum over the weights."""
    weights = tf.get_collection(tf.GraphKeys.WEIGHTS) if weights_list is None else weights_list
    penalties = [regularizer(w) for w in weights]
    penalties = [p if p is not None else tf.constant(0.0) for p in penalties]
    total = tf.add_n(penalties, name="regularization_penalties")
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, total)
    return total


LAYERS = {
    "Dense": Dense,
    "average_pooling1d": average_pooling1d,
    "average_pooling2d": average_pooling2d,
    "conv1d": conv1d,
    "conv2d": conv2d,
    "dense": dense,
    "dropout": dropout,
    "flatten": flatten,
    "max_pooling1d": max_pooling1d,
    "max_pooling2d": max_pooling2d,
}
CONTRIB_LAYERS = {
    "apply_regularization": apply_regularization,
    "dropout": contrib_dropout,
    "embed_sequence": embed_sequence,
    "flatten": flatten,
    "fully_connected": fully_connected,
    "l1_regularizer": l1_regularizer,
    "l2_regularizer": l2_regularizer,
    "linear": linear,
    "one_hot_encoding": one_hot_encoding,
    "relu": fully_connected,
    "variance_scaling_initializer": variance_scaling_initializer,
    "xavier_initializer": xavier_initializer,
    "xavier_initializer_conv2d": xavier_initializer,
}
