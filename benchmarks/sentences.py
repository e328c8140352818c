"""Short and bracketed turns for the speech benchmarks, written for them."""

BRACKETED = (
    "My sister (the younger one) moved to Lisbon last spring.",
    "You will need two forms (one for each driver) and a pen.",
    "The late show [the one with the clowns] is sold out.",
    "We met Anna (my cousin) and her dog at the harbour.",
    "Bring something warm (a coat or a blanket) for the boat.",
    "It opens at nine (ten on Sundays) and closes at six.",
    "I read the letter (twice) and still did not understand it.",
    "Most trains (not the night ones) carry bicycles for free.",
    "Add the onions (finely chopped) before the garlic.",
    "The blue door (on the left) leads to the garden.",
    "He paid for dinner (again) and would not hear of sharing.",
    "The old mill (built by monks) is a library now.",
)
"""Sentences that hold words in brackets, which engines speak and a judge writes down without them."""

SHORT = (
    "Yes.",
    "No.",
    "Of course.",
    "Not yet.",
    "Thank you.",
    "On Monday.",
    "Why not?",
    "Good idea.",
    "At home.",
    "Never again.",
    "That's right.",
    "Two, please.",
    "I agree.",
    "Maybe later.",
    "How much?",
    "See you soon.",
)
"""Turns of one to three words; none says the words of the next one."""
