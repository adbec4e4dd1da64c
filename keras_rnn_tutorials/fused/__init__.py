"""Whole-sequence kernels of SimpleRNN, LSTM and GRU for a CPU: pure functions, with gradients.

    from keras_rnn_tutorials.fused.lstm import lstm
    (h, c), outputs = lstm(x, kernel, recurrent_kernel, bias, (h, c), return_sequences=True)

Weights have Keras' layout, and every function computes what Keras' layer of the same name computes
step by step. `benchmarks/NOTES.md` explains why they are written this way.
"""
