"""Adam with the arithmetic of TensorFlow 1."""

import keras


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class AdamOptimizer(keras.optimizers.Adam):
    """Adam, its powers of beta kept as TensorFlow 1 kept them.

        alpha = learning_rate * sqrt(1 - beta2_power) / (1 - beta1_power)
        m = m + (1 - beta1) * (gradient - m)
        v = v + (1 - beta2) * (gradient² - v)
        variable = variable - alpha * m / (sqrt(v) + epsilon)
        beta1_power, beta2_power = beta1_power * beta1, beta2_power * beta2

    Keras' own Adam has the same equations, but computes the powers anew at every step, and `1 -
    beta` in double precision. In single precision `1 - beta2_power` has four good digits in the
    first steps, so there the two differ by more than the rounding of everything else. Answers to
    `tf.train.AdamOptimizer` of TensorFlow 1.15 (`python/training/adam.py`, and `ApplyAdam` in
    `core/kernels/training_ops.cc`).
    """

    def __init__(
        self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, name="Adam", **kwargs
    ):
        """Takes TensorFlow 1's arguments, with its defaults.

        Args:
            learning_rate: a number, or a Keras schedule.
            beta1: decay of the mean of gradients.
            beta2: decay of the mean of squared gradients.
            epsilon: added to the root; Keras' own default is 1e-7.
            name: of the optimizer.
            **kwargs: what `keras.optimizers.Optimizer` takes.
        """
        super().__init__(learning_rate, beta1, beta2, epsilon, name=name, **kwargs)

    def build(self, variables):
        """Creates the slots and the two powers.

        Args:
            variables: what will be trained.
        """
        if self.built:
            return
        super().build(variables)
        constant = keras.initializers.Constant
        self.beta1_power = self.add_variable((), constant(self.beta_1), name="beta1_power")
        self.beta2_power = self.add_variable((), constant(self.beta_2), name="beta2_power")

    def apply(self, grads, trainable_variables=None):
        """Updates the variables, then the powers.

        Args:
            grads: one gradient a variable.
            trainable_variables: the variables, if they are not those it was built with.
        """
        super().apply(grads, trainable_variables)
        self.beta1_power.assign(self.beta1_power * self.beta_1)
        self.beta2_power.assign(self.beta2_power * self.beta_2)

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable.

        Args:
            gradient: of the loss.
            variable: to update.
            learning_rate: a scalar tensor.
        """
        ops = keras.ops
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        gradient = ops.cast(gradient, variable.dtype)
        one_less = [1 - ops.cast(beta, variable.dtype) for beta in (self.beta_1, self.beta_2)]
        alpha = learning_rate * ops.sqrt(1 - self.beta2_power) / (1 - self.beta1_power)
        self.assign_add(m, (gradient - m) * one_less[0])
        self.assign_add(v, (ops.square(gradient) - v) * one_less[1])
        self.assign_sub(variable, m * alpha / (ops.sqrt(v) + self.epsilon))

    def get_config(self):
        """The arguments that make such an optimizer again."""
        config = super().get_config()
        config |= {"beta1": config.pop("beta_1"), "beta2": config.pop("beta_2")}
        del config["amsgrad"]
        return config
