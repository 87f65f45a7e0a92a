"""The ledger (账): opening + bought + moved in - sold + returned - lost, held to counts of the shelf.

Pure: columns in, columns out. A shelf is a shop and a drug, or a shop, a drug and a lot.
"""
