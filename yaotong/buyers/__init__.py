"""Buyers of special drugs: what each gathered, what is odd, and what ties one to another, by pseudonym.

Pure: a frame of lines in, nodes and edges with their reasons out. A reason is a question, never a finding.
"""
