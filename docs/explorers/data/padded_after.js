// Written by python -m experiments.export_explorers. Do not edit.
"use strict";
var PADDED_AFTER = {
"record":"58c4518c69c9f6ae7916218c8a798930411371caf7ddbd779dc8be9701523dbc","command":"python -m experiments.imdb_simplernn --padding=post --data=tfds","seed":0,"test_accuracy":0.4975599944591522};
