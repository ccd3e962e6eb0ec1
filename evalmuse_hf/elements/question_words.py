"""Words whose ending misleads the rules of `evalmuse_hf.elements.question_grammar`, in lower case."""

_MASS_NOUNS = """
air architecture armor armour art artwork attire bacon beer blood brass bread butter calligraphy chaos cheese
clothing coffee concrete copper cotton darkness data death depth detail dust electricity energy equipment fabric
fashion fire focus fog foliage food footage freedom fruit fur furniture garbage glass gold graffiti grass hair hay
ice incense ink iron ivy jewelry juice lace lava lavender leather lichen light lighting lightning lots love luggage
machinery magic makeup marble meat metal milk mist money moonlight moss motion movement mud music nature oil paint
paper parchment pasta peace photography plastic plenty polish quality rain realism rice sand scenery silk silver
skiing skin smoke snow software soup space spaghetti steam steel sunlight sunshine sushi symmetry tea technology
text thunder time traffic trash treasure vegetation water weather wine wood wool writing
"""

_NO_PLURALS = """
always atlas canvas chaos christmas cos cosmos elvis gas james las lens los mars mathematics news physics politics s
series texas thanos thomas
"""

_NO_PARTICIPLES = """
award being building ceiling clothing drawing engraving etching evening king lighting morning painting pattern
rendering ring something spring string thing wedding wing
"""

_ADJECTIVES = """
abstract afraid alive alone analog angry antique asleep awake bad bald bare best bitter blind blurry bold busy calm
cherry chubby clear clever cold complex cool copper cosy cozy crazy crisp dead deep digital dim dirty drunk dry
eager eerie empty epic evil extreme faint fake fast fat feathery female feminine fiery fine flat fresh friendly full
furry gentle good gothic grand great grim grotesque hairy half hard heavy holy hot humble hungry hyper inner leather
leathery light lonely loud lovely lower lush mad male masculine mature merry mild mini moody naked narrow noble noir
nude obscure odd opaque outer pale plump poor pretty proper pure quick quiet rare raw real retro rich ripe robust
rough rubber rustic scary sharp silly silver silvery simple sleek slim slippery slow smooth sober soft starry steep
strange strong subtle super surreal symmetrical tender thick thin ugly unique upper vast vintage vivid warm weak
weird wide wild
"""

_NOUNS_LIKE_ADJECTIVES = """
accident animal army artist assembly baby bakery bay beauty bed berry body boy butterfly cable candy chest chicken
children chocolate city clay climate comic country crystal daisy day diary dish donkey element embroidery enemy
engine fabric factory fairy family fantasy festival fish fly forest galaxy gallery garden gate geometry giant grid
guest harvest highway honey ivory jelly jewelry key kid kitchen lady library lily line linen machine machinery
magazine magic memory metal missile monkey mural music mystery nest nursery parent party picnic plant plate play
pony portal pottery property puppy pyramid ray robot ruby scientist seed shed shrine sky sled smile story student
table territory tile tourist toy turkey vegetable way weed wine woman
"""

MASS_NOUNS = frozenset(_MASS_NOUNS.split())
"""Stuffs and ideas, which no article counts."""

NO_PLURALS = frozenset(_NO_PLURALS.split())
"""Singular in spite of their last letter."""

NO_PARTICIPLES = frozenset(_NO_PARTICIPLES.split())
"""Nouns that end like the -ing form of a verb, and others of which no adjective is made."""

ADJECTIVES = frozenset(_ADJECTIVES.split())
"""Adjectives whose ending does not tell, or tells otherwise."""

NOUNS_LIKE_ADJECTIVES = frozenset(_NOUNS_LIKE_ADJECTIVES.split())
"""Nouns that end like adjectives."""
