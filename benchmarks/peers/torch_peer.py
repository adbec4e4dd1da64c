"""PyTorch: a loop over batches of tensors in memory, eager, or with the argument `compile`."""

import itertools
import math
import sys

import protocol
import torch
import weights as layouts
from torch import nn


class Network(nn.Module):
    """Embedding (if any), recurrent layer, readout of the last step; returns logits."""

    def __init__(self, job, weights):
        """Builds the layers and sets the initial weights.

        Args:
            job: the work.
            weights: in Keras' order.
        """
        super().__init__()
        units, both = job["units"], job["cell"] == "bidirectional"
        kind = {"gru": nn.GRU, "simple_rnn": nn.RNN}.get(job["cell"], nn.LSTM)
        self.embedding = nn.Embedding(job["words"], units) if job["words"] else None
        features = units if job["words"] else job["features"]
        self.recurrent = kind(features, units, batch_first=True, bidirectional=both)
        self.readout = nn.Linear(units * (2 if both else 1), job["classes"])
        self._set(job["cell"], [torch.from_numpy(weight) for weight in weights])

    @torch.no_grad()
    def _set(self, cell, weights):
        if self.embedding:
            self.embedding.weight.copy_(weights[0])
        *recurrent, kernel, bias = weights[1:] if self.embedding else weights
        self.readout.weight.copy_(kernel.T)
        self.readout.bias.copy_(bias)
        own = list(self.recurrent.parameters())  # four a direction
        for i in range(len(recurrent) // 3):
            of_direction = [w.numpy() for w in recurrent[3 * i : 3 * i + 3]]
            arrays = layouts.torch_recurrent(cell, *of_direction)
            for parameter, array in zip(own[4 * i : 4 * i + 4], arrays, strict=True):
                parameter.copy_(torch.from_numpy(array))
            if cell != "gru":  # two trained biases would move twice as fast as Keras' one
                own[4 * i + 3].requires_grad_(False)

    def forward(self, x):
        """`(batch, time, features)`, or ids `(batch, time)`, to logits `(batch, classes)`."""
        outputs, _ = self.recurrent(self.embedding(x) if self.embedding else x)
        return self.readout(outputs[:, -1])


class RMSprop(torch.optim.Optimizer):
    """RMSprop with epsilon inside the root, as Keras has it; PyTorch's own adds it outside.

    The same operations, one more or less, as PyTorch's own does on a CPU.
    """

    def __init__(self, parameters, lr, rho=0.9, eps=1e-7):
        """Takes the parameters.

        Args:
            parameters: to train.
            lr: rate.
            rho: decay of the mean of squared gradients.
            eps: added to that mean.
        """
        super().__init__(parameters, {"lr": lr, "rho": rho, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        """Takes a step."""
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter]
                if not state:
                    state["mean"] = torch.zeros_like(parameter)
                mean, gradient = state["mean"], parameter.grad
                mean.mul_(group["rho"]).addcmul_(gradient, gradient, value=1 - group["rho"])
                parameter.addcdiv_(gradient, (mean + group["eps"]).sqrt_(), value=-group["lr"])


def adam(parameters, lr, eps=1e-7):
    """PyTorch's own Adam, its fused step, with Keras' epsilon.

    Keras adds epsilon to the root of the running mean itself, PyTorch to the root of the corrected
    mean. An epsilon that is corrected too makes them one.

    Args:
        parameters: to train.
        lr: rate.
        eps: as Keras means it.

    Returns:
        The optimizer.
    """
    optimizer, steps = torch.optim.Adam(parameters, lr=lr, fused=True), itertools.count(1)

    def correct_epsilon(*_):
        for group in optimizer.param_groups:
            group["eps"] = eps / math.sqrt(1 - group["betas"][1] ** next(steps))

    optimizer.register_step_pre_hook(correct_epsilon)
    return optimizer


class Model:
    """The network and its training."""

    def __init__(self, job, weights, compiled=False):
        """Builds the network.

        Args:
            job: the work.
            weights: the initial weights.
            compiled: whether torch.compile compiles it.
        """
        self.batch, self.binary = job["batch"], job["classes"] == 1
        network = Network(job, weights)
        trained = [p for p in network.parameters() if p.requires_grad]
        self.optimizer = {"adam": adam, "rmsprop": RMSprop}[job["optimizer"]](trained, job["rate"])
        self.network = torch.compile(network) if compiled else network
        self.cross_entropy = nn.BCEWithLogitsLoss() if self.binary else nn.CrossEntropyLoss()

    def fit(self, x, y, first=None):
        """An epoch; loss and accuracy are summed up as Keras' `fit` does."""
        x, y = torch.from_numpy(x), torch.from_numpy(y)
        order = torch.randperm(len(y)) if first is None else torch.arange(first)
        loss_sum, right = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            labels = y[rows]
            logits = self.network(x[rows])
            if self.binary:
                logits = logits[:, 0]
                guesses, loss = logits > 0, self.cross_entropy(logits, labels.float())
            else:
                guesses, loss = logits.argmax(1), self.cross_entropy(logits, labels)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            loss_sum += loss.detach() * len(rows)
            right += (guesses == labels).sum()
        print("loss", loss_sum.item() / len(order), "accuracy", right.item() / len(order))

    @torch.inference_mode()
    def predict(self, x, batch):
        """Probabilities."""
        logits = torch.cat([self.network(part) for part in torch.from_numpy(x).split(batch)])
        return (logits.sigmoid() if self.binary else logits.softmax(1)).numpy()


if __name__ == "__main__":
    compiled = "compile" in sys.argv[1:]
    versions = {"torch": torch.__version__}
    protocol.serve(
        protocol.model_commands(lambda job, weights: Model(job, weights, compiled), versions)
    )
