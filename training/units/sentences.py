"""Conversational sentences for unit training: a small grammar whose every word is the project's own."""

import re

import numpy as np

GRAMMAR: dict[str, tuple[str, ...]] = {
    "sentence": (
        "{greeting}, {request}",
        "{greeting}. {problem}",
        "{request}",
        "{problem} {plea}",
        "{fact} {reaction}",
        "{answer}, {offer}",
        "{answer}. {fact}",
        "{question}",
        "{question} {reason}",
        "{reaction} {question}",
        "{story} {reaction}",
        "{offer} {question}",
        "{advice}",
        "{advice} {reason}",
        "{thanks}",
        "{thanks} {question}",
        "{story} {question}",
        "{number_talk}",
    ),
    "greeting": (
        "Hi there", "Hello", "Good morning", "Hey", "Good evening", "Oh, hi", "Hello again", "Hi, it's {name}",
    ),
    "request": (
        "I'd like to {task} {time}.",
        "could you help me {task}?",
        "would you mind checking whether the {thing} is {state}?",
        "can you tell me how to {task}?",
        "I was hoping to {task} {time}.",
        "please {task}, and then {task}.",
        "I need a {quality} {thing} for {person}.",
        "let's {task} with {person} {time}.",
    ),
    "problem": (
        "My {thing} has been {state} since {time}.",
        "The {thing} at {place} keeps making a {quality} noise.",
        "I think I left my {thing} near {place}.",
        "Nobody at {place} could {task}.",
        "I tried to {task}, but the {thing} was {state}.",
        "Every time I {task}, the {thing} goes {quality}.",
        "The {food} I ordered {time} never arrived.",
    ),
    "plea": (
        "What should I do?",
        "Is there anything you can suggest?",
        "Could you look into it?",
        "I'm a bit worried, to be honest.",
        "It is driving {person} crazy.",
    ),
    "fact": (
        "{place} is usually {quality} {time}.",
        "The {thing} should be {state} by {time}.",
        "There are {number} kinds of {food} on the menu.",
        "It takes about {number} minutes to reach {place}.",
        "{name} says the {thing} costs {number} dollars.",
        "The weather around {place} looks {quality} {time}.",
        "You can {task} at {place} for free.",
        "A {quality} {thing} lasts roughly {number} years.",
    ),
    "reaction": (
        "That sounds {quality}.",
        "Oh no, really?",
        "Wow, I had no idea.",
        "Well, that's a shame.",
        "I suppose that makes sense.",
        "Fair enough.",
        "Huh, how strange.",
        "Great, I'm glad to hear it.",
        "Hmm, let me think.",
    ),
    "answer": (
        "Sure",
        "Of course",
        "Absolutely",
        "No, not quite",
        "Yes, that's right",
        "I'm afraid not",
        "Let me see",
        "Good question",
        "Actually, yes",
        "Okay, no problem",
        "Unfortunately the {thing} is {state}",
    ),
    "offer": (
        "I can {task} for you {time}.",
        "shall I {task}?",
        "we could {task} at {place} instead.",
        "I'll send {person} a {thing} right away.",
        "why don't you join {person} at {place}?",
        "there is some {food} left if you are hungry.",
    ),
    "question": (
        "Do you know when {place} opens?",
        "Have you ever been to {place}?",
        "How many {food} recipes do you have?",
        "What would you cook with {food} and {food}?",
        "Which {thing} do you prefer, the {quality} one or the {quality} one?",
        "Where did {name} put the {thing}?",
        "Who is going to {task} {time}?",
        "Why is the {thing} so {quality}?",
        "Does {person} enjoy {hobby}?",
        "Would {time} work for you?",
    ),
    "reason": (
        "I only ask because {person} wants to {task}.",
        "It matters, since the {thing} is {state}.",
        "Otherwise {person} will have to {task}.",
        "We promised {name} some {food}.",
    ),
    "story": (
        "Yesterday {name} and I went {hobby} near {place}.",
        "When I was young, {person} taught me {hobby}.",
        "Last year we drove from {place} to {place} in a {quality} van.",
        "{name} just bought a {quality} {thing}.",
        "This morning I burned the {food} again.",
        "My {thing} fell into the river while I was {hobby}.",
    ),
    "advice": (
        "First {task}, then wait {number} minutes, and finally {task}.",
        "If the {thing} is {state}, try to {task}.",
        "You should never {task} without a {quality} {thing}.",
        "Add a spoonful of {food}, stir gently, and serve it with {food}.",
        "Take the second left after {place} and look for a {quality} sign.",
        "Most beginners find {hobby} {quality}, so be patient.",
    ),
    "thanks": (
        "Thanks a lot, {name}, you've been very {quality}.",
        "Perfect, thank you. I'll {task} {time}.",
        "Thank you so much for the {thing}.",
        "All right, bye for now, and say hello to {person}.",
        "Cheers, that is exactly what I wanted.",
    ),
    "number_talk": (
        "The code is {digit} {digit} {digit} {digit}, and the room is {number}.",
        "My number ends in {digit} {digit} {digit}.",
        "That comes to {number} dollars and {number} cents.",
        "Bus {number} leaves every {number} minutes from {place}.",
        "I was born in the house at number {number}, just off {place}.",
    ),
    "task": (
        "book a table", "change my appointment", "fix the {thing}", "plan a weekend trip", "learn {hobby}",
        "choose a birthday gift", "cancel the order", "measure the kitchen", "paint the fence", "call the doctor",
        "bake fresh bread", "water the plants", "find a cheaper flight", "renew my passport", "practise {hobby}",
        "pick up the {thing}", "write a short speech", "move the sofa", "return the {thing}", "wash the curtains",
        "organise the garage", "join a choir", "compare the prices", "visit {place}", "save more money",
        "feed the neighbour's cat", "check the train times", "order some {food}", "share the photographs",
        "judge the school contest", "sharpen the knives", "unpack the boxes", "charge the battery",
    ),
    "thing": (
        "phone", "laptop", "bicycle", "umbrella", "washing machine", "jacket", "guitar", "suitcase", "printer",
        "ladder",
        "coffee grinder", "keyboard", "fridge", "car", "toothbrush", "watch", "wallet", "lamp", "radio", "tent",
        "camera", "map", "oven", "sewing kit", "garden hose", "mirror", "telescope", "pillow", "heater", "backpack",
        "vacuum cleaner", "chessboard", "microphone", "yoga mat", "thermometer", "skateboard", "blanket",
        "calendar",
    ),
    "state": (
        "broken", "missing", "ready", "too loud", "out of stock", "frozen", "leaking", "locked", "half empty",
        "available",
        "covered in dust", "overheating", "sold out", "stuck", "fully charged", "beyond repair", "on its way",
        "delayed",
    ),
    "place": (
        "the library", "the harbour", "the old bakery", "Oxford Street", "the city museum", "the north station",
        "the farmers' market", "Lake Geneva", "the airport", "the dentist", "our village", "the swimming pool",
        "the bridge", "Chicago", "the theatre", "the beach", "Jutland", "the campsite", "the bookshop", "the zoo",
        "Thursday's workshop", "the vineyard", "Queen's Square", "the hospital", "the football field", "Tokyo",
    ),
    "time": (
        "tomorrow", "on Monday", "this afternoon", "next week", "around noon", "at half past six", "in January",
        "before lunch", "late at night", "at the weekend", "in the spring", "after work", "on Wednesday morning",
        "by Friday", "in a few hours", "during the holidays", "at a quarter to nine", "in August", "right now",
    ),
    "food": (
        "mushroom soup", "lemon cake", "rye bread", "chickpeas", "goat cheese", "orange juice", "noodles",
        "fried rice",
        "apple pie", "garlic", "yoghurt", "smoked fish", "vegetable stew", "chocolate", "porridge", "green beans",
        "ginger tea", "pancakes", "olive oil", "sausages", "mashed potatoes", "strawberries", "hazelnuts", "pizza",
    ),
    "hobby": (
        "hiking", "playing chess", "sailing", "birdwatching", "pottery", "jogging", "singing", "knitting",
        "fishing",
        "rock climbing", "gardening", "juggling", "photography", "archery", "salsa dancing", "rowing", "baking",
    ),
    "quality": (
        "wonderful", "cheap", "strange", "quiet", "heavy", "bright", "useful", "dreadful", "smooth", "crowded",
        "cosy",
        "thick", "sharp", "unusual", "reliable", "gorgeous", "muddy", "huge", "tiny", "fresh", "dull", "purple",
        "valuable", "easy", "chilly", "joyful", "awkward", "generous", "broad", "weird", "yellow", "thorough",
    ),
    "person": (
        "my sister", "{name}", "the children", "our neighbour", "my boss", "my grandfather", "the whole team",
        "her uncle",
        "your cousin", "the new student", "their coach", "everyone", "the plumber", "my best friend",
    ),
    "name": (
        "Maya", "Tom", "Charlotte", "George", "Yusuf", "Beth", "Ingrid", "Pavel", "Zoe", "Joy", "Victor", "Hannah",
        "Thea", "Oscar", "Judith", "Raj", "Sheila", "Quentin", "Laura", "Eve", "Hugh", "Fiona", "Walter",
    ),
    "number": (
        "two", "three", "five", "seven", "eight", "eleven", "twelve", "thirteen", "fifteen", "eighteen", "twenty",
        "twenty four", "thirty", "thirty six", "forty", "forty nine", "fifty", "sixty two", "eighty", "ninety nine",
    ),
    "digit": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}  # fmt: skip

SLOT = re.compile(r"\{(\w+)\}")


def sentence(rng: np.random.Generator) -> str:
    """Return one sentence, or two short ones, with a capital at the start of each."""
    text = expand("sentence", rng)
    return re.sub(r"(^|[.?!] )([a-z])", lambda match: match.group(1) + match.group(2).upper(), text)


def expand(symbol: str, rng: np.random.Generator) -> str:
    """Return one drawn expansion of a symbol of the grammar, such as ``"place"``."""
    choice = GRAMMAR[symbol][int(rng.integers(len(GRAMMAR[symbol])))]
    return SLOT.sub(lambda slot: expand(slot.group(1), rng), choice)
