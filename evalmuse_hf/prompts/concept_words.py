"""Ideas, arts, drawn signs, sayings and names, for `evalmuse_hf.prompts.rule_labelling`.

They are written as in `subject_words`.
"""

ABSTRACT = """
abstract, abstract concept, concept of, idea, thought, dream, dreams, dreamscape, nightmare, memory, memories,
nostalgia, love, hate, hatred, anger, rage, joy, happiness, sadness, sorrow, grief, despair, depression, melancholy,
loneliness, solitude, fear, anxiety, terror, madness, insanity, chaos, order, entropy, harmony, balance, serenity,
peace, war and peace, hope, faith, belief, trust, doubt, guilt, shame, pride, envy, jealousy, greed, lust, desire,
passion, courage, bravery, freedom, liberty, justice, truth, lie, beauty, evil, good and evil, virtue, sin, mercy,
wisdom, knowledge, intelligence, artificial intelligence, consciousness, subconscious, mind, imagination,
creativity, inspiration, insight, intuition, curiosity, wonder, awe, mystery, magic, fate, destiny, fortune, luck,
karma, infinity, eternity, time, past, present tense, future, history, space-time, spacetime, dimension,
4-dimensional, fourth dimension, multiverse, reality, virtual reality, existence, existential, nothingness, void,
emptiness, oblivion, death, life, meaning of life, afterlife, heaven, hell, purgatory, limbo, paradise, utopia,
dystopia, soul, spirit, spirituality, enlightenment, meditation, zen, yin-yang, yin yang, energy, force, motion,
inertia, gravity, momentum, velocity, speed, power, strength, weakness, light and darkness, darkness, silence,
noise, sound, vibration, frequency, pattern, geometry, sacred geometry, fractal, fractals, mandelbrot, symmetry,
asymmetry, golden ratio, mathematics, math, logic, paradox, philosophy, science, physics, quantum, quantum physics,
chemistry, biology, evolution, gene, genetics, dna, molecule, atom, element, bond, protein, cell biology, bacteria,
virus, black hole, wormhole, singularity, fire, plasma, fusion, explosion, reaction, commonsense, common sense,
bias, gender, race, culture, society, economy, capitalism, communism, socialism, democracy, revolution, rebellion,
politics, religion, ideology, propaganda, progress, innovation, technology, industry, globalization, climate change,
sustainability, poverty, wealth, success, failure, victory, defeat, conflict, violence, friendship, relationship,
betrayal, communication, language, learning, education, growth, change, transformation, metamorphosis, rebirth,
decay, aging, childhood, feeling, emotion, mood, boredom, laughter, pain, pleasure, sleep, insomnia, hunger, thirst,
health, illness, addiction, hallucination, psychedelic, trippy, dmt, lsd, vaporware, aether, ether, astral, astral
plane, cosmic, cosmos, shape shifting, ambiguity, contradiction, illusion, optical illusion, delusion, perception,
incomprehensibility, incomprehensibilities, absurdity, simplicity, complexity, unity, diversity, equality, identity,
ego, id, superego, archetype, symbolism, metaphor, allegory, apocalypse of the mind, essence, aura, omen, prophecy,
curse, ritual, sacrifice, omnipotence, transcendence, entanglement, recursion, feedback, data, information,
algorithm, code, internet, cyberspace, metaverse, blockchain, nft, crypto, machine learning, deep learning, neural
network, waveform, audio waveform, kaleidoscope, kaleidoscopic, flow, swirls of color, shapes, blob, texture,
gradient
"""

ARTS = """
the starry night, oil painting, abstract painting, abstract oil painting, surrealist painting, surreal painting,
impressionist painting, impressionistic painting, cubist painting, baroque painting, renaissance painting, classical
painting, chinese painting, japanese painting, acrylic painting, watercolor painting, watercolour painting, gouache
painting, fresco, mural, landscape painting, portrait painting, still life, fine art, art piece, artwork of, work of
art, masterpiece of art, art installation, installation art, street art, art gallery, art exhibition, museum piece,
ukiyo-e, woodblock print, woodcut, etching, engraving, lithograph, stained glass, tapestry art, mosaic, calligraphy,
ceramics, pottery, origami, theater, theatre, opera, ballet, dance, dancing, tango, choreography, orchestra,
symphony, concert, music, song, melody, album cover, album art, band poster, musical, performance, stage play,
puppet show, circus act, poetry, poem, novel, literature, film, movie, film noir, movie scene, movie still, movie
poster, film still, tv show, animation, cartoon series, comic book, graphic novel, architecture, fashion show,
fashion design, runway show, tattoo, body art, bronze sculpture, marble sculpture, marble statue, ice sculpture,
wire sculpture, oil on canvas, acrylic on canvas, painting in the style, painting by, drawing by, art by, a painting
of a house, drawing of a landscape, brush strokes, brushstrokes, palette knife, matte painting
"""

ILLUSTRATIONS = """
illustration, vector illustration, vector art, vector image, clipart, clip art, line art, line drawing, drawing,
sketch, doodle, cartoon, comic, comic strip, comic panel, icon, icons, emoji, emoticon, logo, emblem, badge logo,
symbol, pictogram, diagram, chart, graph, infographic, blueprint, schematic, flowchart, floor plan, thumbnail image,
book cover, cover of a book, magazine cover, poster design, sticker design, graffiti, stencil, pattern, background
pattern, seamless pattern, wallpaper pattern, checkerboard, stripes, vertical stripes, circle, circles, concentric
circles, square, squares, triangle, triangles, rectangle, pentagon, hexagon, octagon, oval, ellipse, polygon, cube,
cubes, sphere, spheres, cone, cones, cylinder, pyramid shape, blue pyramid, green pyramid, red pyramid, yellow
pyramid, prism, dashed line, swirl, spiral, dot, line, curve, lattice, black background, painting of black and
white, musical note, letter a, letters, lettering, the word, the words, word art, typography, font, alphabet,
numeral, the saying, coloring page, colouring page, coloring book, storyboard, children's book illustration,
silhouette, paper cutout, mandala, anatomical drawing, technical drawing, satellite image, stained glass window,
pixel sprite, sprite sheet, tarot card
"""

IDIOMS = """
a bed of roses, a bird in the hand, a blessing in disguise, a bull in a china shop, a can of worms, a dime a dozen,
a drop in the bucket, a drop in the ocean, a fish out of water, fish out of water, a fly in the ointment, a hot
potato, a house of cards, a leopard can't change its spots, a needle in a haystack, needle in a haystack, a penny
for your thoughts, a piece of cake idiom, a piece of the pie, a shot in the dark, a storm in a teacup, storm in a
teacup, tempest in a teapot, a taste of your own medicine, a wild goose chase, wild goose chase, a wolf in sheep's
clothing, wolf in sheep's clothing, actions speak louder than words, add fuel to the fire, adding fuel to the fire,
all ears, all eggs in one basket, all your eggs in one basket, all that glitters is not gold, an apple a day, an arm
and a leg, an axe to grind, ants in your pants, apple of my eye, apple of his eye, apple of her eye, armed to the
teeth, as cool as a cucumber, cool as a cucumber, as the crow flies, as cold as ice, at the drop of a hat, back to
square one, back to the drawing board, backseat driver, bark up the wrong tree, barking up the wrong tree, bated
breath, beat a dead horse, beating a dead horse, beat around the bush, beating around the bush, bee in your bonnet,
bend over backwards, best thing since sliced bread, between a rock and a hard place, big fish in a small pond, birds
of a feather, bite off more than you can chew, bite the bullet, biting the bullet, bite the dust, bite the hand that
feeds you, black sheep of the family, blow off steam, blowing off steam, born with a silver spoon, break a leg,
break the ice, breaking the ice, bring home the bacon, burn the midnight oil, burning the midnight oil, burn
bridges, burning bridges, bury the hatchet, burying the hatchet, busy as a bee, busy as a beaver, butterflies in my
stomach, butterflies in the stomach, butterflies in his stomach, butterflies in her stomach, by the skin of your
teeth, calm before the storm, can't see the forest for the trees, cat got your tongue, caught red-handed, caught red
handed, chasing rainbows, chip off the old block, chip on your shoulder, clear as mud, cloud nine, cold feet, cold
shoulder, couch potato, cost an arm and a leg, costs an arm and a leg, cross that bridge when, cry over spilled
milk, crying over spilled milk, cry wolf, crying wolf, curiosity killed the cat, cut corners, cutting corners, cut
the cheese, cut the mustard, dark horse, dead as a doornail, devil's advocate, devil in the details, diamond in the
rough, don't count your chickens, don't judge a book by its cover, judge a book by its cover, double-edged sword,
down the rabbit hole, down to earth person, drink like a fish, drive me up the wall, dropping like flies, early
bird, the early bird catches the worm, easy as pie, eat humble pie, eat like a horse, egg on your face, elephant in
the room, eleventh hour, every cloud has a silver lining, silver lining, eye of the beholder, eyes bigger than
stomach, face the music, fall head over heels, head over heels, fat chance, fight fire with fire, fighting fire with
fire, fit as a fiddle, flogging a dead horse, fly off the handle, fool's gold, forbidden fruit, get out of hand, get
your ducks in a row, ducks in a row, give up the ghost, go with the flow, goose is cooked, grass is always greener,
the grass is greener, green with envy, green thumb, hair of the dog, hang in there, haste makes waste, hat trick,
have a cow, having a cow, head in the clouds, heart of gold, heart of stone, hit the books, hit the hay, hit the
road jack, hit the nail on the head, hit the sack, hitting the sack, hold your horses, hold your tongue, holy cow,
house of cards, in a nutshell, in a pickle, in hot water, in the doghouse, in the same boat, in the nick of time, it
takes two to tango, it's raining cats and dogs, raining cats and dogs, rain cats and dogs, jump on the bandwagon,
jumping on the bandwagon, jump the gun, jump the shark, keep your chin up, kick the bucket, kicked the bucket,
kicking the bucket, kill two birds with one stone, killing two birds with one stone, knock on wood, last straw, the
straw that broke the camel's back, leave no stone unturned, let sleeping dogs lie, let the cat out of the bag,
letting the cat out of the bag, cat out of the bag, like father like son, like a moth to a flame, like two peas in a
pod, two peas in a pod, peas in a pod, lion's share, loose cannon, low hanging fruit, low-hanging fruit, mad as a
hatter, make a mountain out of a molehill, mountain out of a molehill, make hay while the sun shines, melting pot,
mind your own business, mind over matter, miss the boat, missed the boat, money to burn, burning money idiom, money
doesn't grow on trees, money grows on trees, monkey business, monkey see monkey do, more than meets the eye, no pain
no gain, no smoke without fire, not my cup of tea, cup of tea idiom, nest egg, night owl, off the hook, old as the
hills, on cloud nine, on the fence about, on thin ice, once in a blue moon, one-trick pony, one trick pony, opening
pandora's box, pandora's box, out of the frying pan, out of the blue, over the moon, paint the town red, painting
the town red, pass the buck, pie in the sky, piece of cake, pig in a poke, play it by ear, play with fire, playing
with fire, pot calling the kettle black, pull someone's leg, pulling my leg, pulling your leg, pull the wool over,
push the envelope, put a sock in it, put the cart before the horse, cart before the horse, quiet as a mouse, rat
race, red herring, rise and shine, ring a bell, road to hell is paved, rock the boat, rocking the boat, rome wasn't
built in a day, rolling stone gathers no moss, rub salt in the wound, rule of thumb, run like the wind, sands of
time, save it for a rainy day, scapegoat, sea change, see eye to eye, seeing eye to eye, shoot the messenger, sick
as a dog, sitting duck, sitting ducks, skeleton in the closet, skeletons in the closet, slippery slope, snake in the
grass, snake oil, sour grapes, speak of the devil, spill the beans, spilling the beans, spilled the beans, start
from scratch, steal his thunder, steal my thunder, stealing thunder, stick to your guns, still waters run deep,
straight from the horse's mouth, strike while the iron is hot, swallow your pride, swan song, swim with the fishes,
take a rain check, take it with a grain of salt, with a grain of salt, grain of salt, taking candy from a baby, talk
the hind legs off a donkey, teach an old dog new tricks, old dog new tricks, the ball is in your court, the best of
both worlds, the bigger they are the harder they fall, the buck stops here, the cat's pajamas, the bee's knees, the
devil is in the details, the last straw, the tip of the iceberg, tip of the iceberg, the whole nine yards, the world
is your oyster, the writing on the wall, third wheel, through thick and thin, throw in the towel, throwing in the
towel, throw the baby out with the bathwater, throw caution to the wind, tie the knot, tied the knot, time flies,
time is money, to each his own, tongue in cheek, tongue-in-cheek, too many cooks, turn a blind eye, turn the tables,
turn over a new leaf, turning over a new leaf, two left feet, ugly duckling, under the weather, up in the air idiom,
walk on eggshells, walking on eggshells, walk the plank, walls have ears, the walls have ears, wash your hands of,
watched pot never boils, water under the bridge, weather the storm, wear your heart on your sleeve, heart on his
sleeve, heart on her sleeve, when life gives you lemons, when hell freezes over, when pigs fly, pigs might fly,
white elephant idiom, wind of change, winds of change, with flying colors, wrap your head around, you are what you
eat, your guess is as good as mine, you can lead a horse to water, a watched pot, cat's out of the bag, bring the
house down, bury your head in the sand, head in the sand, carrot and stick, carrot on a stick, crocodile tears, eat
your heart out, fish in a barrel, shooting fish in a barrel
"""

WORLD = """
eiffel tower, statue of liberty, golden gate, golden gate bridge, empire state building, great wall, great wall of
china, great pyramid, pyramids of giza, pyramid of giza, sphinx, taj mahal, colosseum, coliseum, parthenon,
acropolis, stonehenge, big ben, tower bridge, london eye, buckingham palace, tower of london, arc de triomphe, notre
dame, louvre, versailles, sagrada familia, leaning tower of pisa, tower of pisa, st. peter's, vatican, sistine
chapel, trevi fountain, brandenburg gate, neuschwanstein, berlin wall, kremlin, red square, st. basil's, hagia
sophia, blue mosque, petra, machu picchu, chichen itza, angkor wat, burj khalifa, burj al arab, petronas towers,
marina bay, oriental pearl, forbidden city, terracotta army, mount fuji, mt fuji, mount everest, mt everest, mount
rushmore, mount kilimanjaro, matterhorn, grand canyon, niagara falls, yosemite, yellowstone, half dome, el capitan,
monument valley, arches national park, national park, sahara, amazon rainforest, amazon river, nile, ganges, thames,
mississippi, charles river, great barrier reef, uluru, sydney opera house, opera house, sydney harbour, christ the
redeemer, easter island, moai, times square, central park, brooklyn bridge, manhattan, wall street, white house,
capitol building, pentagon building, hollywood, hollywood sign, space needle, gateway arch, alamo, alcatraz,
disneyland, disney world, las vegas, ha long bay, rosetta stone, stone henge, pantheon, pompeii, atlantis, karnak,
luxor, international space station, space shuttle endeavor, hubble, apollo 11, titanic, hindenburg, mayflower, enola
gay, mars rover, africa, asia, europe, north america, south america, america, antarctica, australia, arctic, usa,
united states, u.s., mexico, canada, brazil, argentina, chile, peru, colombia, cuba, england, united kingdom,
britain, scotland, ireland, wales, france, germany, spain, portugal, italy, greece, turkey country, switzerland,
austria, netherlands, holland, belgium, denmark, sweden, norway, finland, iceland, poland, ukraine, russia, soviet
union, soviet, ussr, romania, transylvania, hungary, egypt, morocco, nigeria, kenya, ethiopia, south africa, israel,
palestine, syria, iraq, iran, persia, afghanistan, pakistan, india, kerala, nepal, tibet, china, mongolia, japan,
korea, north korea, south korea, vietnam, thailand, cambodia, indonesia, bali, philippines, malaysia, singapore, new
zealand, hawaii, texas, california, florida, alaska, nevada, arizona, new york, new york city, nyc, los angeles, san
francisco, chicago, boston, seattle, miami, austin, houston, detroit, new orleans, washington dc, toronto,
vancouver, montreal, mexico city, rio de janeiro, rio, sao paulo, buenos aires, london, paris, berlin, munich, rome,
venice, florence, milan, madrid, barcelona, lisbon, amsterdam, brussels, copenhagen, stockholm, oslo, helsinki,
vienna, prague, budapest, warsaw, moscow, st. petersburg, kyiv, istanbul, constantinople, athens, cairo, jerusalem,
tehran, baghdad, dubai, mumbai, delhi, kolkata, kathmandu, bangkok, saigon, hanoi, beijing, shanghai, hong kong,
taipei, tokyo, kyoto, osaka, shibuya, akihabara, seoul, sydney, melbourne, american, mexican, british, english
countryside, scottish, irish, french, german, spanish, italian, greek, roman, roman empire, ancient rome, ancient
greece, ancient egypt, egyptian, aztec, mayan, maya, inca, mesoamerican, russian, slavic, norse, celtic, arabian,
persian, indian, chinese, japanese, edo, korean, vietnamese, thai, african, polynesian, maori, aboriginal, athenian,
victorian, edwardian, medieval, middle ages, renaissance era, world war, world war ii, ww2, ww1, wwii, cold war,
vietnam war, civil war, wild west, 1920s, 1930s, 1940s, 1950s, 1960s, 1970s, 1980s, 1990s, great depression, french
revolution, crusades, bible, biblical, noah's ark, last supper, buddhist, ganesha, shiva, krishna, vishnu, allah,
osiris, horus, ra the sun god, hades, apollo god, odysseus, ragnarok, valhalla, quetzalcoatl, cthulhu, lovecraft,
lovecraftian, halloween, christmas, easter, thanksgiving, hanukkah, chinese new year, new year's eve, olympics,
super bowl, world cup, nasa, spacex, nazi, beatles, daft punk, pink floyd, breaking bad, star wars, baby yoda,
chewbacca, princess leia, stormtrooper, jedi, sith, death star, r2d2, r2-d2, mandalorian, star trek, spock, lord of
the rings, sauron, hobbit, mordor, shire, hogwarts, dumbledore, game of thrones, daenerys, westeros, deadpool,
thanos, wolverine marvel, marvel, avengers, dc comics, gotham, mickey mouse, donald duck, bugs bunny, tom and jerry,
simpsons, family guy, peter griffin, spongebob, spongebob squarepants, patrick star, squidward, scooby doo,
scooby-doo, garfield, snoopy, sesame street, muppets, kermit, kermit the frog, elmo, teletubbies, barbie, ken doll,
minions, toy story, buzz lightyear, lion king, frozen elsa, elsa, alice in wonderland, cheshire cat, mad hatter,
wizard of oz, peter pan, pinocchio, winnie the pooh, peppa pig, thomas the tank engine, pikachu, pokemon, charizard,
dragon ball, sailor moon, one piece anime, evangelion, gundam, godzilla, king kong, totoro, spirited away, princess
mononoke, hello kitty, super mario, zelda, hyrule, sonic the hedgehog, sonic, kirby, minecraft, fortnite, among us,
world of warcraft, warcraft, league of legends, dota, overwatch, elden ring, dark souls, skyrim, witcher, cyberpunk
2077, halo, master chief, doomguy, half-life, portal game, fallout game, grand theft auto, gta, call of duty, final
fantasy, metal gear, silent hill, resident evil, bioshock, mass effect, tomb raider, warhammer, warhammer 40k,
warhammer 40 k, dungeons and dragons, magic the gathering, alien movie, xenomorph, predator movie, terminator,
matrix, neo from the matrix, blade runner, dune movie, jurassic park, back to the future, ghostbusters, indiana
jones, rocky balboa, the shining, stranger things, the office tv, friends tv, doctor who, dalek, tardis, rick and
morty, south park, futurama, bojack, adventure time, twin peaks, mad max, pulp fiction, fight club, squid game,
starbucks, mcdonalds, mcdonald's, burger king, taco bell, kfc, coca-cola, pepsi, nike, adidas, gucci, louis vuitton,
apple inc, google, facebook, microsoft, amazon warehouse, walmart, ikea, costco, twitter, instagram, youtube,
tiktok, netflix, mit, red sox, lakers, mona lisa, the starry night, the scream, american gothic, girl with a pearl
earring, birth of venus, creation of adam, rembrandt, picasso, van gogh, mercury planet, venus planet, mars,
jupiter, saturn, uranus, neptune, pluto, orion, orion constellation, andromeda, big dipper, earth, planet earth,
solar system, moon landing, star constellations, greek letter, hieroglyphics, rube goldberg, map of the world, world
map, flag of, imari, kachina, kachina doll, gundams, vw van, porsche 356, f-16, f-35, ak-47, ak47, doge, pepe, pepe
the frog, wojak
"""

FIGURES = """
hitler, adolf hitler, stalin, lenin, mao zedong, napoleon, julius caesar, caesar, cleopatra, genghis khan, alexander
the great, george washington, abraham lincoln, lincoln, jfk, john f. kennedy, nixon, ronald reagan, barack obama,
obama, donald trump, trump, joe biden, biden, hillary clinton, bill clinton, george bush, vladimir putin, putin,
angela merkel, boris johnson, queen elizabeth, winston churchill, gandhi, nelson mandela, martin luther king, che
guevara, kim jong un, xi jinping, zelensky, albert einstein, einstein, isaac newton, newton, nikola tesla, tesla,
stephen hawking, charles darwin, darwin, marie curie, sigmund freud, nietzsche, karl marx, socrates, plato,
aristotle, shakespeare, edgar allan poe, mozart, beethoven, bach, elon musk, jeff bezos, bill gates, mark
zuckerberg, steve jobs, elvis, elvis presley, michael jackson, madonna, freddie mercury, david bowie, john lennon,
bob dylan, bob marley, kurt cobain, kanye west, drake rapper, snoop dogg, eminem, tupac, beyonce, rihanna, taylor
swift, lady gaga, billie eilish, ariana grande, britney spears, marilyn monroe, audrey hepburn, charlie chaplin,
bruce lee, jackie chan, arnold schwarzenegger, sylvester stallone, tom cruise, tom hanks, brad pitt, leonardo
dicaprio, johnny depp, keanu reeves, nicolas cage, danny devito, will smith, morgan freeman, samuel l jackson,
dwayne johnson, the rock actor, ryan gosling, ryan reynolds, robert downey jr, chris hemsworth, scarlett johansson,
emma watson, emma stone, natalie portman, angelina jolie, margot robbie, anya taylor-joy, anya taylor joy, gal
gadot, ana de armas, zendaya, timothee chalamet, willem dafoe, steve buscemi, jack nicholson, clint eastwood,
harrison ford, walter white, jesse pinkman, saul goodman, gordon freeman, michael jordan, lebron james, messi,
ronaldo, pele, muhammad ali, mike tyson, tiger woods, gordon ramsay, oprah, joe rogan, mr. bean, mr bean, jesus,
jesus christ, christ, virgin mary, moses, buddha, hanuman, anubis, zeus, poseidon, athena, aphrodite, hercules,
achilles, medusa, thor, odin, loki, king arthur, merlin, robin hood, dracula, frankenstein, sherlock holmes,
pharaoh, darth vader, luke skywalker, yoda, gandalf, frodo, gollum, harry potter, hermione, voldemort, batman,
superman, spiderman, spider-man, iron man, hulk, captain america, wonder woman, joker, harley quinn, homer simpson,
bart simpson, shrek, snow white, cinderella, mario, luigi, lara croft, geralt, james bond, john wick, rambo,
robocop, goku, naruto
"""
"""People and characters that one has to know."""

NOTHING = """
first person, first-person, third person, third-person, point of view, bird's eye view, birds eye view, bird's-eye
view, worm's eye view, worms eye view, fisheye, fish-eye, fish eye lens, wide angle, fall colors, white background,
dark background, trending on artstation, art station, artstation, award winning, award - winning, award-winning,
smoke trail, light trail, golden hour, depth of field, field of view, studio lighting, studio light, volumetric
lighting, cinematic lighting, dramatic lighting, natural lighting, lens flare, film grain, movie still, film still,
unreal engine, unreal engine 5, octane render, ray tracing, high contrast, sharp focus, time lapse, raw photo, stock
photo, gold leaf, eye level, sky-high, light rays, god rays, sun rays, sun light, sunlight, moonlight, starlight,
candlelight, lamp light, street light, light effect, oil paint, water color, spray paint, art style, photo frame,
picture of, photo of, world class, high quality, best quality
"""
"""Phrases of looks and views whose words would be subjects elsewhere."""
