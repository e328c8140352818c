"""The proof of a corpus: a causal LM trained on its rows through the curriculum of OmniFlatten (arXiv 2410.17799)."""
