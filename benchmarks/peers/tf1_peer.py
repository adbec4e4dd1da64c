"""TensorFlow 1's cells and `dynamic_rnn`: genuine 1.15.5, or `tf.compat.v1` on TensorFlow 2."""

import numpy as np
import protocol
import tensorflow
import weights as layouts

tf = tensorflow.compat.v1
tf.disable_v2_behavior()


class Model:
    """A graph, its session and its training."""

    def __init__(self, job, weights):
        """Builds the graph and sets the initial weights.

        Args:
            job: the work.
            weights: in Keras' order.
        """
        self.batch, binary = job["batch"], job["classes"] == 1
        self.labels = tf.placeholder(tf.int64, [None])
        if job["words"]:
            self.inputs = tf.placeholder(tf.int32, [None, job["time"]])
            table = tf.get_variable("embedding", [job["words"], job["units"]])
            sequence = tf.nn.embedding_lookup(table, self.inputs)
        else:
            self.inputs = tf.placeholder(tf.float32, [None, job["time"], job["features"]])
            sequence = self.inputs
        last = _last_output(job, sequence)
        kernel = tf.get_variable("kernel", [last.shape[-1], job["classes"]])
        bias = tf.get_variable("bias", [job["classes"]])
        logits = tf.matmul(last, kernel) + bias
        if binary:
            logits = logits[:, 0]
            wanted = tf.cast(self.labels, tf.float32)
            losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=wanted, logits=logits)
            right = tf.equal(tf.cast(logits > 0, tf.int64), self.labels)
            self.probabilities = tf.sigmoid(logits)[:, tf.newaxis]
        else:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=self.labels, logits=logits
            )
            right = tf.equal(tf.argmax(logits, 1), self.labels)
            self.probabilities = tf.nn.softmax(logits)
        self.loss = tf.reduce_mean(losses)
        self.right = tf.reduce_sum(tf.cast(right, tf.int64))
        train, to_zero = _training(job, self.loss)
        self.session = tf.Session()
        self.session.run(tf.global_variables_initializer())
        self.session.run(to_zero)
        _set(job, weights, self.session)
        # A callable of fixed feeds and fetches skips what session.run works out at every call.
        feeds = [self.inputs, self.labels]
        self.step = self.session.make_callable([self.loss, self.right, train], feeds)
        self.infer = self.session.make_callable(self.probabilities, [self.inputs])

    def fit(self, x, y, first=None):
        """An epoch; loss and accuracy are summed up as Keras' `fit` does."""
        order = np.random.permutation(len(y)) if first is None else np.arange(first)
        loss_sum = right_sum = 0
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            loss, right, _ = self.step(x[rows], y[rows])
            loss_sum += loss * len(rows)
            right_sum += right
        print("loss", loss_sum / len(order), "accuracy", right_sum / len(order))

    def predict(self, x, batch):
        """Probabilities."""
        parts = [self.infer(x[start : start + batch]) for start in range(0, len(x), batch)]
        return np.concatenate(parts)


def _last_output(job, sequence):
    if job["cell"] == "bidirectional":
        cells = [tf.nn.rnn_cell.BasicLSTMCell(job["units"]) for _ in range(2)]
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(*cells, inputs=sequence, dtype=tf.float32)
        return tf.concat(outputs, 2)[:, -1]
    kinds = {"lstm": tf.nn.rnn_cell.BasicLSTMCell, "simple_rnn": tf.nn.rnn_cell.BasicRNNCell}
    cell = kinds[job["cell"]](job["units"])
    _, state = tf.nn.dynamic_rnn(cell, sequence, dtype=tf.float32)
    return state.h if job["cell"] == "lstm" else state


def _training(job, loss):
    """The training operation, and one that gives slots the initial value that Keras gives them."""
    if job["optimizer"] == "adam":
        optimizer = tf.train.AdamOptimizer(job["rate"], epsilon=1e-7)
    else:
        optimizer = tf.train.RMSPropOptimizer(job["rate"], decay=0.9, epsilon=1e-7)
    # TensorFlow 1 updates only the rows of a table that a batch has used; Keras all of them.
    gradients = [
        (tf.convert_to_tensor(gradient), variable)
        for gradient, variable in optimizer.compute_gradients(loss)
    ]
    train = optimizer.apply_gradients(gradients)
    slots = [optimizer.get_slot(v, "rms") for v in tf.trainable_variables()]
    return train, [tf.assign(slot, tf.zeros_like(slot)) for slot in slots if slot is not None]


def _set(job, weights, session):
    convert = layouts.tf1_simple_rnn if job["cell"] == "simple_rnn" else layouts.tf1_lstm
    start = 1 if job["words"] else 0
    values = weights[:start]
    for i in range(start, len(weights) - 2, 3):
        values += convert(*weights[i : i + 3])
    for i, value in enumerate(values + weights[-2:]):
        tf.trainable_variables()[i].load(value, session)


if __name__ == "__main__":
    versions = {"tensorflow": tensorflow.__version__}
    protocol.serve(protocol.model_commands(Model, versions))
