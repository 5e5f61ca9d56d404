"""Send finished fine-tunes to trackers of experiments: Weights & Biases, MLflow."""
