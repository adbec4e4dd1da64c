JOBS=()
