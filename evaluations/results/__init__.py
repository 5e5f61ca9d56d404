"""What scores are shown as: tables, drawings, sentences, a threshold, a report."""
