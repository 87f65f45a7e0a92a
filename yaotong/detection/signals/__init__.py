"""The sales of a city judged at three levels: pure Python, kept apart from what is compiled."""
