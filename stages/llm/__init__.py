"""Language models behind the OpenAI protocol: the embedded one, or any endpoint.

No stage of its own: the dialogues stage, the judges of evaluations and the training of the units ask them.
"""
