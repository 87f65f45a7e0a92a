"""Finding the abnormal: pure arrays in, aligned results out."""
