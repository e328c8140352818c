"""Sentences that no training speech says: the benchmarks measure on them."""

import re

HELD_OUT = (
    "Could you remind me what time the museum closes on Thursday?",
    "It shuts at half past six, but they stop selling tickets an hour earlier.",
    "My neighbour's cat has been sleeping on our balcony all week.",
    "That sounds lovely, have you asked whether anyone is missing her?",
    "I left my umbrella on the train again this morning.",
    "You can report it at the lost property desk near platform nine.",
    "How long should I boil these potatoes for a salad?",
    "About fifteen minutes, until a knife slides in without any effort.",
    "We planned to paint the kitchen yellow, but the shop only had green.",
    "A pale green can look very fresh next to white cupboards.",
    "Sorry, I did not catch your last question.",
    "I was asking if the bridge is open for bicycles.",
    "Yes, the left lane has been reserved for cyclists since April.",
    "My grandmother used to bake bread in a wood stove every Sunday.",
    "What kind of flour did she like best?",
    "She swore by rye, although wheat rises more easily.",
    "Let me think about that for a moment.",
    "The quickest way is to walk through the park and cross the river.",
    "Is there a pharmacy that stays open late tonight?",
    "There is one behind the town hall which closes at midnight.",
    "I have been learning the violin for almost two years.",
    "That must take a lot of patience and very kind neighbours.",
    "Our flight was delayed because of heavy fog over the coast.",
    "They should offer you a meal voucher after three hours.",
    "Would you rather sit by the window or near the door?",
    "Near the door, please, since I may have to leave early.",
    "The doctor said I should drink more water and worry less.",
    "Those are two good habits, though the second one is harder.",
    "Can you explain how a solar panel turns light into power?",
    "Sunlight knocks electrons loose, and the panel pushes them along a wire.",
    "I think somebody parked in front of our garage.",
    "You could leave a friendly note before calling anyone.",
    "Her birthday is in November, so we still have plenty of time.",
    "How about a small dinner with her oldest friends?",
    "The last film I watched was far too long for me.",
    "Which part bored you the most?",
    "Honestly, the whole chase through the desert.",
    "Please turn the volume down, the baby just fell asleep.",
    "Of course, I will switch to the headphones.",
    "We need a new washing machine before the guests arrive.",
    "A front loader saves water, but a top loader is faster.",
    "I wonder why the leaves turned red so early this year.",
    "A dry summer often brings the autumn colours forward.",
    "My brother wants to open a bakery in the old station.",
    "Has he thought about where the customers would park?",
    "He says most of them would come by bus.",
    "Could we move our meeting to Wednesday afternoon?",
    "Wednesday works well, shall we say a quarter past two?",
    "The printer keeps telling me that the paper is stuck.",
    "Open the back cover and pull the sheet out slowly.",
    "That did the trick, thank you very much.",
    "You are welcome, tell me if it happens again.",
    "Is it safe to leave rice in the fridge for three days?",
    "It is fine for one day, after that I would throw it away.",
    "The children built a castle out of cardboard boxes.",
    "I hope they saved a tower for the dragon.",
    "Nobody told us that the lift was broken.",
    "Then we had better take the stairs and rest on every floor.",
    "I would like to cancel my subscription from next month.",
    "No problem, you will get a message once that is done.",
)
"""Both sides of small conversations, in turn."""


def is_held_out(text: str) -> bool:
    """Tell whether the words of a text have those of a held-out sentence among them, in its order."""
    return any(f" {one} " in f" {_words(text)} " for one in _HELD_OUT_WORDS)


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))


_HELD_OUT_WORDS = tuple(map(_words, HELD_OUT))
