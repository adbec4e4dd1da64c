"""Encoders, decoders and buckets: the networks of `tf.contrib.legacy_seq2seq`.

Answers to TensorFlow 1.15's `contrib/legacy_seq2seq/python/ops/seq2seq.py`. Inputs and outputs are
lists with one tensor per time step.
"""

import copy

import tensorflow.compat.v1 as tf

from keras_rnn_tutorials import tf1
from keras_rnn_tutorials.migrate.old_scripts.losses import sequence_loss, sequence_loss_by_example


def rnn_decoder(decoder_inputs, initial_state, cell, loop_function=None, scope=None):
    """Steps a cell through a list of inputs; a loop function makes inputs of earlier outputs.

    Args:
        decoder_inputs: `(batch, features)` each.
        initial_state: of the cell.
        cell: the cell.
        loop_function: of an output and the number of the step, returns the next input; None to read
            `decoder_inputs`.
        scope: of the variables, `rnn_decoder` if None.

    Returns:
        The outputs, `(batch, units)` each, and the final state.
    """
    with tf.variable_scope(scope or "rnn_decoder"):
        state, outputs, previous = initial_state, [], None
        for i, inputs in enumerate(decoder_inputs):
            inputs = _input_of_step(i, inputs, previous, loop_function)
            if i > 0:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(inputs, state)
            outputs.append(output)
            previous = output
    return outputs, state


def basic_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, dtype=tf.float32, scope=None):
    """An encoder whose last state starts a decoder with weights of its own.

    Args:
        encoder_inputs: `(batch, features)` each.
        decoder_inputs: `(batch, features)` each.
        cell: of the decoder; the encoder has a copy.
        dtype: of the state.
        scope: of the variables, `basic_rnn_seq2seq` if None.

    Returns:
        The decoder's outputs and final state.
    """
    with tf.variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = tf1.static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(
    encoder_inputs, decoder_inputs, cell, loop_function=None, dtype=tf.float32, scope=None
):
    """The same with one set of weights for encoder and decoder; see `rnn_decoder`."""
    with tf.variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = tf1.static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        tf.get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function, scope)


def embedding_rnn_decoder(
    decoder_inputs,
    initial_state,
    cell,
    num_symbols,
    embedding_size,
    output_projection=None,
    feed_previous=False,
    update_embedding_for_previous=True,
    scope=None,
):
    """A decoder that reads symbols, or its own most likely ones.

    Args:
        decoder_inputs: integers `(batch,)` each.
        initial_state: of the cell.
        cell: the cell.
        num_symbols: how many there are.
        embedding_size: width of a symbol's row.
        output_projection: a matrix `(units, num_symbols)` and a bias, applied to an output before
            the next symbol is taken; None if the cell's outputs have `num_symbols` columns.
        feed_previous: whether only the first input is read and then the outputs' symbols.
        update_embedding_for_previous: whether gradients reach the rows of those symbols.
        scope: of the variables, `embedding_rnn_decoder` if None.

    Returns:
        The cell's outputs and its final state.
    """
    with tf.variable_scope(scope or "embedding_rnn_decoder") as scope:
        _check_projection(output_projection, num_symbols, scope.dtype)
        embedding = tf.get_variable("embedding", [num_symbols, embedding_size])
        loop_function = _reading_itself(
            feed_previous, embedding, output_projection, update_embedding_for_previous
        )
        embedded = (tf.nn.embedding_lookup(embedding, ids) for ids in decoder_inputs)
        return rnn_decoder(embedded, initial_state, cell, loop_function)


def embedding_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_encoder_symbols,
    num_decoder_symbols,
    embedding_size,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
):
    """An encoder and a decoder of symbols, each with weights and embeddings of its own.

    Args:
        encoder_inputs: integers `(batch,)` each.
        decoder_inputs: integers `(batch,)` each.
        cell: of the decoder; the encoder has a copy.
        num_encoder_symbols: how many the encoder reads.
        num_decoder_symbols: how many the decoder reads and puts out.
        embedding_size: width of a symbol's row.
        output_projection: see `embedding_rnn_decoder`; None to add one to the cell.
        feed_previous: whether the decoder reads itself; may be a boolean tensor.
        dtype: of the states.
        scope: of the variables, `embedding_rnn_seq2seq` if None.

    Returns:
        The decoder's outputs and final state.
    """
    with tf.variable_scope(scope or "embedding_rnn_seq2seq") as scope:
        if dtype is not None:
            scope.set_dtype(dtype)
        dtype = scope.dtype
        encoder = tf1.EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        _, encoded = tf1.static_rnn(encoder, encoder_inputs, dtype=dtype)
        if output_projection is None:
            cell = tf1.OutputProjectionWrapper(cell, num_decoder_symbols)

        def decoder(feeds, **options):
            return embedding_rnn_decoder(
                decoder_inputs,
                encoded,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection,
                feeds,
                **options,
            )

        return _fed_or_not(feed_previous, decoder, {"update_embedding_for_previous": False})


def embedding_tied_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_symbols,
    embedding_size,
    num_decoder_symbols=None,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
):
    """The same with one set of weights and one table of embeddings for encoder and decoder.

    Args:
        encoder_inputs: integers `(batch,)` each.
        decoder_inputs: integers `(batch,)` each.
        cell: of both.
        num_symbols: how many either reads.
        embedding_size: width of a symbol's row.
        num_decoder_symbols: how many the decoder puts out; None for `num_symbols`.
        output_projection: see `embedding_rnn_decoder`; None to add one to the cell.
        feed_previous: whether the decoder reads itself; may be a boolean tensor.
        dtype: of the states.
        scope: of the variables, `embedding_tied_rnn_seq2seq` if None.

    Returns:
        The decoder's outputs and final state.
    """
    with tf.variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as scope:
        dtype = scope.dtype
        _check_projection(output_projection, num_symbols, dtype)
        embedding = tf.get_variable("embedding", [num_symbols, embedding_size], dtype=dtype)
        read, decoded = (
            [tf.nn.embedding_lookup(embedding, ids) for ids in inputs]
            for inputs in (encoder_inputs, decoder_inputs)
        )
        if output_projection is None:
            cell = tf1.OutputProjectionWrapper(cell, num_decoder_symbols or num_symbols)

        def decoder(feeds, updates=True):
            loop_function = _reading_itself(feeds, embedding, output_projection, updates)
            return tied_rnn_seq2seq(read, decoded, cell, loop_function, dtype)

        return _fed_or_not(feed_previous, decoder, {"updates": False})


def attention_decoder(
    decoder_inputs,
    initial_state,
    attention_states,
    cell,
    output_size=None,
    num_heads=1,
    loop_function=None,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """A decoder that looks at the encoder's states before it puts something out.

    Args:
        decoder_inputs: `(batch, features)` each.
        initial_state: of the cell.
        attention_states: `(batch, length, size)`.
        cell: the cell.
        output_size: width of the outputs; None for the cell's.
        num_heads: how many looks it takes at a step.
        loop_function: see `rnn_decoder`.
        dtype: of the variables.
        scope: of the variables, `attention_decoder` if None.
        initial_state_attention: whether it looks before the first step too.

    Returns:
        The outputs, `(batch, output_size)` each, and the cell's final state.

    Raises:
        ValueError: there is no input, no head, or the size is not known.
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError("With less than 1 heads, use a non-attention decoder.")
    size = attention_states.shape.as_list()[2]
    if size is None:
        raise ValueError(f"Shape[2] of attention_states must be known: {attention_states.shape}")
    with tf.variable_scope(scope or "attention_decoder", dtype=dtype) as scope:
        attention = _Attention(attention_states, size, num_heads, scope.dtype)
        state, outputs, previous = initial_state, [], None
        looks = attention(state) if initial_state_attention else attention.nothing(decoder_inputs)
        for i, inputs in enumerate(decoder_inputs):
            if i > 0:
                tf.get_variable_scope().reuse_variables()
            inputs = _input_of_step(i, inputs, previous, loop_function)
            features = inputs.shape.as_list()[1]
            if features is None:
                raise ValueError(f"Could not infer input size from input: {inputs.name}")
            joined = [tf.cast(part, scope.dtype) for part in (inputs, *looks)]
            output, state = cell(_linear(joined, features), state)
            reuse = True if i == 0 and initial_state_attention else None
            with tf.variable_scope(tf.get_variable_scope(), reuse=reuse):
                looks = attention(state)
            with tf.variable_scope("AttnOutputProjection"):
                joined = [tf.cast(output, scope.dtype), *looks]
                output = _linear(joined, output_size or cell.output_size)
            outputs.append(output)
            previous = output
    return outputs, state


class _Attention:
    """Looks at an encoder's states, `(batch, length, size)`; the query is a decoder's state."""

    def __init__(self, states, size, num_heads, dtype):
        self._size, self._dtype = size, dtype
        self._length = states.shape.as_list()[1] or tf.shape(states)[1]
        self._hidden = tf.reshape(states, [-1, self._length, 1, size])
        self._heads = []
        for head in range(num_heads):
            matrix = tf.get_variable(f"AttnW_{head}", [1, 1, size, size], dtype=dtype)
            keys = tf.nn.conv2d(self._hidden, matrix, [1, 1, 1, 1], "SAME")
            vector = tf.get_variable(f"AttnV_{head}", [size], dtype=dtype)
            self._heads.append((keys, vector))

    def __call__(self, query) -> list:
        """What each head sees, `(batch, size)`."""
        if tf.nest.is_nested(query):
            query = tf.concat(tf.nest.flatten(query), axis=1)
        return [self._look(query, number) for number in range(len(self._heads))]

    def _look(self, query, number):
        keys, vector = self._heads[number]
        with tf.variable_scope(f"Attention_{number}"):
            asked = tf.reshape(_linear([query], self._size), [-1, 1, 1, self._size])
            asked = tf.cast(asked, self._dtype)
            scores = tf.reduce_sum(vector * tf.tanh(keys + asked), [2, 3])
            shares = tf.cast(tf.nn.softmax(tf.cast(scores, tf.float32)), self._dtype)
            shares = tf.reshape(shares, [-1, self._length, 1, 1])
            seen = tf.reduce_sum(shares * self._hidden, [1, 2])
        return tf.reshape(seen, [-1, self._size])

    def nothing(self, inputs) -> list:
        """What the heads see before their first look."""
        seen = tf.zeros(tf.stack([tf.shape(inputs[0])[0], self._size]), self._dtype)
        seen.set_shape([None, self._size])
        return [seen] * len(self._heads)


def embedding_attention_decoder(
    decoder_inputs,
    initial_state,
    attention_states,
    cell,
    num_symbols,
    embedding_size,
    num_heads=1,
    output_size=None,
    output_projection=None,
    feed_previous=False,
    update_embedding_for_previous=True,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """`attention_decoder` of symbols; for the arguments see there and `embedding_rnn_decoder`."""
    _check_projection(output_projection, num_symbols, dtype, bias_alone=True)
    with tf.variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding = tf.get_variable("embedding", [num_symbols, embedding_size])
        loop_function = _reading_itself(
            feed_previous, embedding, output_projection, update_embedding_for_previous
        )
        return attention_decoder(
            [tf.nn.embedding_lookup(embedding, ids) for ids in decoder_inputs],
            initial_state,
            attention_states,
            cell,
            output_size,
            num_heads,
            loop_function,
            initial_state_attention=initial_state_attention,
        )


def embedding_attention_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_encoder_symbols,
    num_decoder_symbols,
    embedding_size,
    num_heads=1,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """`embedding_rnn_seq2seq` whose decoder looks at all of the encoder's outputs.

    Args:
        encoder_inputs: integers `(batch,)` each.
        decoder_inputs: integers `(batch,)` each.
        cell: of the decoder; the encoder has a copy.
        num_encoder_symbols: how many the encoder reads.
        num_decoder_symbols: how many the decoder reads and puts out.
        embedding_size: width of a symbol's row.
        num_heads: how many looks the decoder takes at a step.
        output_projection: see `embedding_rnn_decoder`; None to add one to the cell.
        feed_previous: whether the decoder reads itself; may be a boolean tensor.
        dtype: of the states.
        scope: of the variables, `embedding_attention_seq2seq` if None.
        initial_state_attention: whether the decoder looks before the first step too.

    Returns:
        The decoder's outputs and final state.
    """
    with tf.variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as scope:
        encoder = tf1.EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        outputs, encoded = tf1.static_rnn(encoder, encoder_inputs, dtype=scope.dtype)
        states = tf.concat([tf.reshape(y, [-1, 1, cell.output_size]) for y in outputs], 1)
        output_size = None
        if output_projection is None:
            cell = tf1.OutputProjectionWrapper(cell, num_decoder_symbols)
            output_size = num_decoder_symbols

        def decoder(feeds, **options):
            return embedding_attention_decoder(
                decoder_inputs,
                encoded,
                states,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads,
                output_size,
                output_projection,
                feeds,
                initial_state_attention=initial_state_attention,
                **options,
            )

        return _fed_or_not(feed_previous, decoder, {"update_embedding_for_previous": False})


def one2many_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs_dict,
    enc_cell,
    dec_cells_dict,
    num_encoder_symbols,
    num_decoder_symbols_dict,
    embedding_size,
    feed_previous=False,
    dtype=None,
    scope=None,
):
    """One encoder, and a decoder for each name in the dictionaries.

    Args:
        encoder_inputs: integers `(batch,)` each.
        decoder_inputs_dict: by name, integers `(batch,)` each.
        enc_cell: the encoder's.
        dec_cells_dict: the decoders', by name.
        num_encoder_symbols: how many the encoder reads.
        num_decoder_symbols_dict: how many a decoder reads and puts out, by name.
        embedding_size: width of a symbol's row.
        feed_previous: whether the decoders read themselves; may be a boolean tensor.
        dtype: of the states.
        scope: of the variables, `one2many_rnn_seq2seq` if None.

    Returns:
        The outputs and the final states, by name.

    Raises:
        ValueError: if the dictionaries have other names.
    """
    if set(dec_cells_dict) != set(decoder_inputs_dict):
        raise ValueError("keys of dec_cells_dict != keys of decodre_inputs_dict")
    outputs, states = {}, {}
    with tf.variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as scope:
        encoder = tf1.EmbeddingWrapper(enc_cell, num_encoder_symbols, embedding_size)
        _, encoded = tf1.static_rnn(encoder, encoder_inputs, dtype=scope.dtype)
        for name, inputs in decoder_inputs_dict.items():
            symbols = num_decoder_symbols_dict[name]
            with tf.variable_scope(f"one2many_decoder_{name}"):
                cell = tf1.OutputProjectionWrapper(dec_cells_dict[name], symbols)

                def decoder(feeds, inputs=inputs, cell=cell, symbols=symbols):
                    return embedding_rnn_decoder(
                        inputs, encoded, cell, symbols, embedding_size, feed_previous=feeds
                    )

                outputs[name], states[name] = _fed_or_not(feed_previous, decoder, {})
    return outputs, states


def model_with_buckets(
    encoder_inputs,
    decoder_inputs,
    targets,
    weights,
    buckets,
    seq2seq,
    softmax_loss_function=None,
    per_example_loss=False,
    name=None,
):
    """A network for each pair of lengths, all with the same weights.

    Args:
        encoder_inputs: of the longest bucket.
        decoder_inputs: of the longest bucket.
        targets: integers `(batch,)` each.
        weights: of the targets.
        buckets: pairs of lengths, of the encoder's and the decoder's inputs.
        seq2seq: a function of both inputs, returns outputs and states.
        softmax_loss_function: see `sequence_loss_by_example`.
        per_example_loss: whether the losses are those of the rows.
        name: of the operations.

    Returns:
        The outputs and the losses, by bucket.

    Raises:
        ValueError: if there are fewer inputs, targets or weights than the last bucket has.
    """
    longest = (buckets[-1][0], buckets[-1][1], buckets[-1][1])
    given = {"encoder_inputs": encoder_inputs, "targets": targets, "weights": weights}
    for (what, tensors), length in zip(given.items(), longest, strict=True):
        if len(tensors) < length:
            raise ValueError(
                f"Length of {what} ({len(tensors)}) must be at least that of last bucket "
                f"({length})."
            )
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    outputs, losses = [], []
    everything = [*encoder_inputs, *decoder_inputs, *targets, *weights]
    with tf.name_scope(name, "model_with_buckets", everything):
        for number, (read, written) in enumerate(buckets):
            reuse = True if number > 0 else None
            with tf.variable_scope(tf.get_variable_scope(), reuse=reuse):
                of_bucket, _ = seq2seq(encoder_inputs[:read], decoder_inputs[:written])
                outputs.append(of_bucket)
                losses.append(
                    loss(
                        of_bucket,
                        targets[:written],
                        weights[:written],
                        softmax_loss_function=softmax_loss_function,
                    )
                )
    return outputs, losses


def _input_of_step(number, given, previous, loop_function):
    """What a decoder reads: what it is given, or what the loop function makes of its output."""
    if loop_function is None or previous is None:
        return given
    with tf.variable_scope("loop_function", reuse=True):
        return loop_function(previous, number)


def _reading_itself(feeds, embedding, output_projection, updates):
    """A loop function, the row of the most likely symbol; None if the decoder is fed."""
    if not feeds:
        return None

    def loop_function(previous, _):
        if output_projection is not None:
            previous = tf.nn.xw_plus_b(previous, *output_projection)
        row = tf.nn.embedding_lookup(embedding, tf.argmax(previous, 1))
        return row if updates else tf.stop_gradient(row)

    return loop_function


def _check_projection(output_projection, num_symbols, dtype, bias_alone=False):
    if output_projection is None:
        return
    matrix, bias = (tf.convert_to_tensor(part, dtype=dtype) for part in output_projection)
    if not bias_alone:
        matrix.shape.assert_is_compatible_with([None, num_symbols])
    bias.shape.assert_is_compatible_with([num_symbols])


def _fed_or_not(feed_previous, decoder, when_tensor):
    """Runs a decoder that reads itself, or not; a tensor says which when the graph runs.

    Args:
        feed_previous: a bool, or a boolean tensor.
        decoder: of whether it reads itself, returns outputs and a state.
        when_tensor: what else it is given if a tensor decides.

    Returns:
        Its outputs and its state.
    """
    if isinstance(feed_previous, bool):
        return decoder(feed_previous)

    def branch(feeds):
        with tf.variable_scope(tf.get_variable_scope(), reuse=None if feeds else True):
            return decoder(feeds, **when_tensor)

    return tf.cond(feed_previous, lambda: branch(True), lambda: branch(False))


def _linear(tensors, size):
    """`[tensors] · kernel + bias`, with variables of the scope around."""
    joined = tensors[0] if len(tensors) == 1 else tf.concat(tensors, axis=1)
    shape = [joined.shape.as_list()[1], size]
    kernel = tf.get_variable("kernel", shape, dtype=joined.dtype)
    with tf.variable_scope(tf.get_variable_scope()) as scope:
        scope.set_partitioner(None)
        zeros = tf.constant_initializer(0.0, dtype=joined.dtype)
        bias = tf.get_variable("bias", [size], dtype=joined.dtype, initializer=zeros)
    return tf.nn.bias_add(tf.matmul(joined, kernel), bias)


LEGACY_SEQ2SEQ = {
    function.__name__: function
    for function in (
        attention_decoder,
        basic_rnn_seq2seq,
        embedding_attention_decoder,
        embedding_attention_seq2seq,
        embedding_rnn_decoder,
        embedding_rnn_seq2seq,
        embedding_tied_rnn_seq2seq,
        model_with_buckets,
        one2many_rnn_seq2seq,
        rnn_decoder,
        sequence_loss,
        sequence_loss_by_example,
        tied_rnn_seq2seq,
    )
}
