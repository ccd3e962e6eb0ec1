"""Words for the templates of `evalmuse_hf.prompts.synthetic`, in American spelling."""

from types import MappingProxyType

PEOPLE = (
    *("baker", "sailor", "violinist", "gardener", "firefighter", "librarian", "tailor", "postman", "shepherd"),
    *(
        "blacksmith",
        "nurse",
        "beekeeper",
        "carpenter",
        "cyclist",
        "diver",
        "farmer",
        "fisherman",
        "florist",
        "goalkeeper",
    ),
    *("janitor", "juggler", "magician", "miner", "monk", "nun", "painter", "pilot", "plumber", "potter", "referee"),
    *("sculptor", "skater", "surgeon", "teacher", "teenager", "toddler", "tourist", "grandmother", "ballerina"),
)
ANIMALS = (
    *("otter", "heron", "badger", "camel", "dolphin", "donkey", "eagle", "ferret", "flamingo", "gecko", "gorilla"),
    *("hamster", "hedgehog", "jellyfish", "kangaroo", "koala", "ladybug", "llama", "lobster", "magpie", "meerkat"),
    *("moose", "octopus", "ostrich", "parrot", "peacock", "pelican", "poodle", "raccoon", "seahorse", "seal"),
    *("squirrel", "swan", "tortoise", "toucan", "walrus", "woodpecker", "beaver", "chameleon", "rooster"),
)
FOODS = (
    *("pancake", "pretzel", "avocado", "bagel", "blueberry", "burrito", "cabbage", "coconut", "croissant", "cupcake"),
    *("donut", "dumpling", "eggplant", "fig", "kiwi", "lollipop", "mango", "meatball", "muffin", "mushroom", "onion"),
    *("papaya", "peach", "pineapple", "plum", "pomegranate", "pumpkin", "radish", "taco", "turnip", "waffle"),
)
THINGS = (
    *("accordion", "anchor", "anvil", "armchair", "backpack", "barrel", "basket", "bathtub", "binoculars", "birdcage"),
    *(
        "bookcase",
        "boomerang",
        "bracelet",
        "broom",
        "bucket",
        "cabinet",
        "cactus",
        "camera",
        "canoe",
        "cello",
        "compass",
    ),
    *("crown", "drum", "dustpan", "fan", "fence", "fork", "fountain", "gate", "globe", "hammer", "harp", "helicopter"),
    *(
        "helmet",
        "hourglass",
        "igloo",
        "jar",
        "kettle",
        "ladder",
        "lantern",
        "laptop",
        "lighthouse",
        "locker",
        "mailbox",
    ),
    *("microscope", "motorcycle", "necklace", "pillow", "piano", "printer", "raft", "ring", "rocket", "sailboat"),
    *(
        "saxophone",
        "scooter",
        "shovel",
        "skateboard",
        "sled",
        "sofa",
        "spoon",
        "stool",
        "suitcase",
        "sundial",
        "teapot",
    ),
    *(
        "telescope",
        "tent",
        "toaster",
        "tractor",
        "tricycle",
        "trumpet",
        "typewriter",
        "wagon",
        "wheelbarrow",
        "whistle",
    ),
)
PLURALS = MappingProxyType({
    **{"jellyfish": "jellyfish", "moose": "moose", "binoculars": "binoculars", "postman": "postmen"},
    **{"fisherman": "fishermen", "cactus": "cacti", "bookcase": "bookcases"},
})  # fmt: skip
"""Plurals that no rule makes."""

ONLY_PLURAL = frozenset({"binoculars"})
"""Nouns without a singular; no template takes them where one thing is meant."""

AMOUNTS = (
    *("no", "one", "two", "three", "four", "five", "six", "some", "several", "many", "a few", "a large number of"),
    *("a pair of", "a crowd of"),
)
NONE, ONE = "no", "one"
COLORS = (
    *("amber", "aqua", "burgundy", "charcoal", "coral", "cream", "emerald", "indigo", "ivory", "khaki", "lavender"),
    *("lilac", "maroon", "mint", "mustard", "ochre", "olive", "peach-colored", "plum-colored", "rose", "ruby"),
    *("salmon-colored", "scarlet", "sky-blue", "tan", "yellow", "black", "white", "red", "green", "orange", "gray"),
)
MATERIALS = (
    *("bamboo", "brass", "cardboard", "clay", "copper", "cork", "crystal", "denim", "felt", "fiberglass", "foam"),
    *("granite", "iron", "lace", "linen", "nylon", "pewter", "quilted", "sandstone", "steel", "straw", "suede"),
    *("terracotta", "tin", "wicker", "wax", "woven", "enamel", "lacquered", "mesh"),
)
LOCATIONS = (
    *(("in", "a greenhouse"), ("in", "a barn"), ("in", "a cave"), ("in", "a library"), ("in", "a subway station")),
    *(("in", "an orchard"), ("in", "a courtyard"), ("in", "a vineyard"), ("in", "a meadow"), ("in", "a workshop")),
    *(("in", "a parking garage"), ("in", "an alley"), ("in", "a swamp"), ("in", "a canyon"), ("in", "an attic")),
    *(
        ("at", "a harbor"),
        ("at", "a gas station"),
        ("at", "a bus stop"),
        ("at", "a flea market"),
        ("at", "a waterfall"),
    ),
    *(("at", "an airport"), ("at", "a campsite"), ("at", "a skate park"), ("at", "a construction site")),
    *(("on", "a rooftop"), ("on", "a pier"), ("on", "a balcony"), ("on", "a cliff"), ("on", "a train platform")),
    *(("on", "a glacier"), ("on", "a sand dune"), ("on", "a soccer field"), ("on", "a theater stage")),
)
STYLES = (
    *("charcoal sketch", "pastel drawing", "ink wash painting", "stained glass", "pixel art", "woodcut print"),
    *("fresco", "paper collage", "claymation", "Art Deco poster", "cubist painting", "pointillist painting"),
    *("pop art", "line art", "low-poly 3D render", "black-and-white photograph", "comic book panel", "mosaic"),
    *("tapestry", "surrealist painting"),
)
WEATHER = (
    *("drizzling", "thick fog", "heavy snowfall", "thunderstorm", "clear sky", "overcast", "hailstorm", "strong wind"),
    *("light rain", "misty", "scorching heat", "rainbow after rain"),
)
TIMES = (
    *("early morning", "dawn", "midday", "late afternoon", "dusk", "midnight", "twilight", "golden hour"),
    *("in the 1920s", "in the Middle Ages", "in the far future", "in autumn", "in spring"),
)
ACTIONS_OF_PEOPLE = (
    *(("paints", ("a mural", "a fence", "a portrait")), ("repairs", ("a bicycle", "a clock", "a roof", "a violin"))),
    *(("carries", ("a ladder", "a suitcase", "a basket", "a surfboard")), ("pushes", ("a wheelbarrow", "a stroller"))),
    *(("peels", ("an orange", "a potato")), ("slices", ("a watermelon", "a loaf of bread", "a pizza"))),
    *(("waters", ("a cactus", "a flower bed", "a bonsai tree")), ("sweeps", ("a porch", "a sidewalk"))),
    *(("plays", ("an accordion", "a harp", "a trumpet", "a board game")), ("builds", ("a sandcastle", "a birdhouse"))),
    *(("reads", ("a map", "a newspaper", "a letter")), ("throws", ("a frisbee", "a snowball", "a javelin"))),
    *(("feeds", ("a goat", "a parrot", "a kitten")), ("hugs", ("a teddy bear", "a pillow", "a puppy"))),
    *(("opens", ("an umbrella", "a treasure chest", "a window")), ("polishes", ("a trophy", "a mirror"))),
    *(("folds", ("a blanket", "a paper crane")), ("stirs", ("a pot of soup", "a cup of coffee"))),
    *(("climbs", ("a rope", "a ladder", "a tree")), ("rides", ("a scooter", "a camel", "a unicycle"))),
    *(("photographs", ("a waterfall", "a sleeping lion")), ("unwraps", ("a present", "a sandwich"))),
)
ACTIONS_OF_ANIMALS = (
    *(("chases", ("a ball", "a butterfly", "a balloon")), ("sniffs", ("a sunflower", "a shoe", "a mushroom"))),
    *(("pulls", ("a sled", "a rope", "a small cart")), ("guards", ("a nest", "a gate", "a pile of coins"))),
    *(("watches", ("a goldfish", "a campfire", "a passing train")), ("pushes", ("a shopping cart", "a snowball"))),
    *(("balances", ("a teacup", "a beach ball", "a stack of books")), ("eats", ("a carrot", "a slice of melon"))),
    *(("wears", ("a top hat", "a scarf", "a raincoat")), ("inspects", ("a mirror", "a cardboard box"))),
)
EDIBLE = frozenset({
    *("an orange", "a potato", "a watermelon", "a loaf of bread", "a pizza", "a pot of soup", "a cup of coffee"),
    *("a sandwich", "a carrot", "a slice of melon", "a mushroom"),
})  # fmt: skip
LIVING = frozenset({
    *("a goat", "a parrot", "a kitten", "a puppy", "a camel", "a butterfly", "a goldfish", "a sleeping lion"),
})  # fmt: skip
SHOTS = (
    *("panorama", "wide shot", "long shot", "medium shot", "close-up", "extreme close-up", "aerial shot"),
    *(
        "overhead shot",
        "low-angle shot",
        "high-angle shot",
        "eye-level shot",
        "Dutch angle shot",
        "over-the-shoulder shot",
    ),
    *("fisheye view",),
)
CARRIERS = (
    *(
        "blackboard",
        "whiteboard",
        "wooden sign",
        "street banner",
        "coffee mug",
        "birthday card",
        "road sign",
        "T-shirt",
    ),
    *("shop window", "neon sign", "book cover", "brick wall", "chalkboard menu", "movie poster", "paper bag"),
)
WRITINGS = (
    *("Courage", "Harmony", "Journey", "Lighthouse", "Marvel", "Velvet", "Ocean", "Thunder", "Kindness", "Wisdom"),
    *("Breathe", "Imagine", "Welcome", "Sale", "Exit", "Recycle", "Quiet please", "Fresh bread", "Open daily"),
    *("Wet paint", "Mind the gap", "Good luck", "Happy New Year", "Thank you", "No parking", "Bon voyage", "Danke"),
    *("42", "1984", "7:30", "50%", "A+", "E = mc2", "#", "&", "!", "?", "@", "\u2192", "\u2665", "\u221e", "\u2605"),
    *("Summer", "Winter", "Coffee", "Library", "Museum", "Justice", "Balance", "Gravity", "Rhythm", "Sunday"),
)
LETTERINGS = (
    *("Garamond font", "Comic Sans font", "handwritten cursive font", "Gothic blackletter font", "stencil font"),
    *("bubble letters", "italic font", "typewriter font", "portrait orientation", "landscape orientation"),
    *("graffiti style", "embroidered letters"),
)
RELATIONS = (
    *(
        "to the left of",
        "to the right of",
        "above",
        "below",
        "in front of",
        "behind",
        "next to",
        "on top of",
        "underneath",
    ),
    *("leaning against", "hanging over", "inside"),
)
COMPARATIVES = (
    *(
        "larger",
        "smaller",
        "taller",
        "shorter",
        "older",
        "newer",
        "heavier",
        "brighter",
        "darker",
        "shinier",
        "dirtier",
    ),
    *("wider", "thinner", "more colorful", "more expensive"),
)
