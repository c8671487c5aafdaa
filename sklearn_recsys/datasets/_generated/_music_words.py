"""The words that the generated music world is told in."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["ADJECTIVES", "BANDS", "FILLERS", "NOUNS", "TERMS", "TRAITS", "TRAIT_NAMES"]

# What people hear in music, and what they know about it: per trait, what they say of songs at its
# upper and at its lower end. The last two traits leave no trace in the sound.
TRAITS = {
    "tempo": (
        ("uptempo", "driving", "frantic", "danceable"),
        ("slow", "languid", "drowsy", "unhurried"),
    ),
    "brightness": (
        ("bright", "glassy", "brilliant", "crisp"),
        ("dark", "mellow", "muffled", "warm"),
    ),
    "attack": (
        ("plucked", "percussive", "staccato", "punchy"),
        ("sustained", "droning", "ambient", "flowing"),
    ),
    "noise": (
        ("gritty", "distorted", "lo-fi", "raw"),
        ("clean", "polished", "pure", "clear"),
    ),
    "register": (
        ("soaring", "shimmering", "airy", "weightless"),
        ("deep", "heavy", "bass", "rumbling"),
    ),
    "contour": (
        ("rising", "uplifting", "hopeful", "triumphant"),
        ("falling", "melancholy", "wistful", "resigned"),
    ),
    "lyrics": (
        ("political", "literary", "storytelling", "poetic"),
        ("playful", "romantic", "catchy", "summery"),
    ),
    "scene": (
        ("underground", "cult", "independent", "experimental"),
        ("mainstream", "stadium", "chart", "anthemic"),
    ),
}
TRAIT_NAMES = tuple(TRAITS)
# Eight terms a trait: first the four of its upper end.
TERMS = tuple(term for ends in TRAITS.values() for end in ends for term in end)

FILLERS = ("the", "a", "and", "of", "with", "song", "album", "music", "sounds", "on", "by", "is")
ADJECTIVES = (
    "Silent",
    "Golden",
    "Broken",
    "Distant",
    "Crimson",
    "Hidden",
    "Restless",
    "Hollow",
    "Gentle",
    "Burning",
    "Frozen",
    "Wild",
    "Lonely",
    "Secret",
    "Velvet",
    "Bitter",
    "Second",
    "Final",
    "Perfect",
    "Crooked",
    "Electric",
    "Faded",
    "Midnight",
    "Northern",
    "Painted",
)
NOUNS = (
    "River",
    "Window",
    "Summer",
    "Highway",
    "Mirror",
    "Letter",
    "Garden",
    "Signal",
    "Thunder",
    "Station",
    "Shadow",
    "Harbour",
    "Morning",
    "Fever",
    "Ladder",
    "Compass",
    "Winter",
    "Candle",
    "Ocean",
    "Radio",
    "Avenue",
    "Promise",
    "Satellite",
    "Carousel",
)
BANDS = (
    "Foxes",
    "Pilots",
    "Lanterns",
    "Cousins",
    "Swimmers",
    "Architects",
    "Magpies",
    "Strangers",
    "Engines",
    "Botanists",
    "Gardeners",
    "Comets",
    "Sailors",
    "Orchards",
    "Parades",
    "Telegraphs",
    "Wolves",
    "Neighbours",
    "Tigers",
    "Librarians",
)
