// Written by python -m experiments.export_explorers. Do not edit.
"use strict";
var PADDED_AFTER = {
"record":"bb4505df21ba83e017a2473ebe4482150a350952502d73931830e01b520b3035","command":"python -m experiments.imdb_simplernn --padding=post --data=tfds","seed":0,"test_accuracy":0.5001599788665771};
