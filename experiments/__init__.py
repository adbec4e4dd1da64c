"""One module for every piece of the tutorials; `python -m experiments` lists them."""
