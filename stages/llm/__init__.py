"""Language models behind the OpenAI protocol: the embedded one, or any endpoint.

Not a stage: the dialogues stage, the evaluations' judges and the training of the units use them.
"""
