"""Nouns by kind, for the splitter that reads a parse: living things, food, materials, famous names.

The lists are broad on purpose and were written from general knowledge, in the singular and in lower case. What stands
in none of them is an object.
"""

_ANIMALS = """
animal, creature, beast, pet, cat, kitten, kitty, dog, puppy, pup, hound, corgi, poodle, labrador, retriever, bulldog,
pug, husky, shiba inu, shiba, dachshund, chihuahua, beagle, dalmatian, terrier, greyhound, rottweiler, german
shepherd, golden retriever, bird, sparrow, robin, crow, raven, magpie, jay, pigeon, dove, seagull, gull, albatross,
pelican, heron, stork, flamingo, swan, goose, duck, duckling, chicken, hen, rooster, chick, peacock, pheasant, quail,
ostrich, emu, penguin, puffin, toucan, parrot, macaw, cockatoo, parakeet, budgie, canary, finch, cardinal,
hummingbird, woodpecker, kingfisher, owl, eagle, hawk, falcon, vulture, condor, fish, goldfish, koi, carp, trout,
marlin, swordfish, pufferfish, clownfish, angelfish, stingray, manta ray, eel, shark, whale, orca, dolphin, porpoise,
narwhal, seal, sea lion, walrus, otter, sea otter, beaver, manatee, octopus, squid, cuttlefish, jellyfish, starfish,
seahorse, sea urchin, coral, anemone, sea anemone, crab, hermit crab, lobster, crayfish, snail, slug, oyster, clam,
mussel, scallop, mollusk, worm, earthworm, leech, caterpillar, butterfly, moth, bee, bumblebee, wasp, hornet, fly,
housefly, mosquito, dragonfly, firefly, ant, termite, beetle, ladybug, cockroach, cricket, grasshopper, locust,
mantis, praying mantis, spider, tarantula, scorpion, centipede, millipede, insect, bug, larva, lizard, gecko, iguana,
chameleon, komodo dragon, crocodile, alligator, snake, cobra, python, viper, rattlesnake, turtle, tortoise, sea
turtle, frog, toad, newt, salamander, axolotl, tadpole, dinosaur, tyrannosaurus, tyrannosaurus rex, t - rex, t-rex,
trex, triceratops, stegosaurus, velociraptor, raptor, brontosaurus, pterodactyl, mammoth, sabertooth, horse, pony,
foal, mare, stallion, unicorn, pegasus, zebra, donkey, mule, camel, llama, alpaca, giraffe, deer, fawn, stag, doe,
elk, moose, reindeer, caribou, antelope, gazelle, impala, bison, buffalo, yak, ox, bull, cow, calf, cattle, sheep,
lamb, ram, ewe, goat, pig, piglet, boar, hog, rhino, rhinoceros, hippo, hippopotamus, elephant, tapir, anteater,
armadillo, sloth, monkey, chimpanzee, chimp, gorilla, orangutan, ape, baboon, lemur, gibbon, bear, polar bear,
grizzly, panda, red panda, koala, kangaroo, wallaby, wombat, opossum, platypus, echidna, tasmanian devil, wolf, fox,
coyote, jackal, hyena, dingo, lion, lioness, tiger, leopard, cheetah, jaguar, panther, puma, cougar, lynx, bobcat,
ocelot, meerkat, mongoose, weasel, ferret, mink, stoat, badger, skunk, raccoon, rat, mouse, hamster, gerbil, guinea
pig, squirrel, chipmunk, groundhog, marmot, prairie dog, hedgehog, porcupine, mole, shrew, bat, rabbit, bunny, hare,
dragon, wyvern, griffin, gryphon, phoenix, hydra, kraken, sphinx, chimera, basilisk, monster, sea monster, werewolf,
yeti, bigfoot, sasquatch, pokemon, salmon, tuna, shrimp, prawn, parasite, bacteria, wildlife, mammal, reptile,
amphibian, livestock, herd, feline, canine, critter, songbird, waterfowl, mastiff, collie, spaniel, setter, tabby,
siamese cat, persian cat, sphynx cat, maine coon, bronco, chinchilla, capybara, quokka, pangolin, okapi, ibex,
chamois, oryx, wildebeest, warthog, civet, genet, caracal, serval, dodo, moa, ibis, spoonbill, egret, cormorant,
gannet, tern, sandpiper, plover, lapwing, cuckoo, starling, blackbird, nightingale, wren, lark, oriole, warbler
"""

_PEOPLE = """
person, people, human, man, men, woman, women, boy, girl, kid, child, children, baby, infant, newborn, toddler,
teenager, teen, youth, adult, elder, lady, gentleman, guy, dude, fellow, couple, crowd, family, friend, lover, mother,
mom, mum, father, dad, parent, son, daughter, brother, sister, sibling, twin, uncle, aunt, cousin, grandmother,
grandma, grandfather, grandpa, grandson, husband, wife, bride, groom, bridesmaid, widow, neighbor, stranger, guest,
visitor, customer, client, buyer, seller, shopper, passenger, pedestrian, commuter, tourist, traveler, traveller,
hiker, climber, mountaineer, explorer, adventurer, nomad, pilgrim, citizen, villager, peasant, resident, male, female,
lad, maiden, damsel, elderly, senior, orphan, bystander, audience, spectator, viewer, member, team, group of people,
worker, employee, employer, boss, manager, director, executive, ceo, businessman, businesswoman, entrepreneur,
secretary, clerk, receptionist, assistant, intern, accountant, auditor, banker, cashier, salesman, saleswoman,
salesperson, broker, trader, merchant, vendor, shopkeeper, grocer, butcher, baker, chef, cook, waiter, waitress,
bartender, barista, host, hostess, butler, maid, nanny, babysitter, housekeeper, cleaner, janitor, porter, hotel
porter, bellboy, doorman, concierge, valet, hairdresser, barber, stylist, beautician, makeup artist, tailor,
seamstress, designer, fashion designer, fashion model, supermodel, architect, engineer, mechanic, technician,
electrician, plumber, carpenter, builder, construction worker, bricklayer, mason, welder, painter, blacksmith, smith,
potter, weaver, jeweler, goldsmith, watchmaker, locksmith, cobbler, shoemaker, miner, logger, lumberjack, farmer,
gardener, florist, beekeeper, shepherd, rancher, cowboy, cowgirl, fisherman, hunter, forester, ranger, veterinarian,
vet, zookeeper, trainer, coach, referee, umpire, athlete, player, runner, sprinter, swimmer, diver, surfer, skier,
snowboarder, skater, skateboarder, cyclist, biker, racer, rider, jockey, boxer, wrestler, fighter, gymnast, acrobat,
cheerleader, goalkeeper, goalie, golfer, archer, fencer, bodybuilder, weightlifter, dancer, ballerina, ballet dancer,
singer, rapper, musician, pianist, guitarist, drummer, violinist, cellist, flutist, saxophonist, trumpeter, bassist,
conductor, composer, dj, actor, actress, performer, comedian, clown, mime, magician, juggler, puppeteer, stuntman,
celebrity, superstar, influencer, youtuber, streamer, gamer, cosplayer, artist, sculptor, illustrator, photographer,
cameraman, filmmaker, producer, animator, writer, author, novelist, poet, journalist, reporter, editor, announcer,
presenter, broadcaster, blogger, critic, translator, interpreter, librarian, teacher, tutor, professor, lecturer,
principal, student, pupil, schoolboy, schoolgirl, scholar, graduate, scientist, researcher, chemist, physicist,
biologist, botanist, zoologist, astronomer, astronaut, cosmonaut, geologist, mathematician, statistician, economist,
historian, archaeologist, anthropologist, philosopher, psychologist, psychiatrist, therapist, counselor, social
worker, doctor, physician, surgeon, nurse, dentist, pharmacist, paramedic, midwife, optician, patient, caregiver,
programmer, coder, developer, software engineer, hacker, analyst, data scientist, administrator, planner, event
planner, consultant, advisor, inspector, supervisor, operator, driver, taxi driver, bus driver, truck driver,
chauffeur, pilot, captain, sailor, navigator, mariner, flight attendant, stewardess, steward, air traffic controller,
courier, mailman, postman, delivery man, deliveryman, messenger, firefighter, fireman, policeman, policewoman, police
officer, cop, officer, sheriff, detective, investigator, spy, agent, guard, security guard, bodyguard, lifeguard,
soldier, marine, sniper, commander, general, colonel, sergeant, lieutenant, admiral, veteran, warrior, knight,
samurai, ninja, viking, gladiator, spartan, barbarian, mercenary, assassin, pirate, bandit, thief, robber, burglar,
criminal, prisoner, gangster, mobster, lawyer, attorney, judge, prosecutor, notary, politician, president, prime
minister, minister, senator, mayor, governor, ambassador, diplomat, king, queen, prince, princess, emperor, empress,
duke, duchess, lord, noble, nobleman, royalty, pharaoh, sultan, samurai warrior, priest, pastor, bishop, pope, monk,
nun, rabbi, imam, saint, prophet, jesus, jesus christ, christ, buddha, god, goddess, deity, angel, demon, devil,
satan, wizard, witch, sorcerer, sorceress, mage, warlock, druid, shaman, necromancer, alchemist, fairy, elf, dwarf,
gnome, goblin, orc, troll, ogre, vampire, zombie, mermaid, merman, siren, nymph, centaur, minotaur, medusa, cyclops,
titan, superhero, hero, heroine, villain, supervillain, mutant, cyborg, alien, extraterrestrial, humanoid, caveman,
neanderthal, hippie, goth, hipster, beggar, homeless man, drunk, redhead, brunette, blonde, personage, character,
protagonist, figure, face, head, hand, finger, arm, leg, foot, feet, torso, body, hair, eye, nose, mouth, lip, ear,
cheek, chin, forehead, neck, shoulder, elbow, wrist, knee, ankle, toe, thumb, fist, beard, mustache, moustache, skin,
chest, belly, stomach, waist, hip, thigh, subject, batman, superman, spiderman, spider-man, spider man, iron man,
ironman, wonder woman, hulk, captain america, joker, thor, darth vader, yoda, luke skywalker, harry potter, gandalf,
frodo, gollum, santa, mario, luigi, elsa, cinderella, snow white, robin hood, king arthur, sherlock
holmes, dracula, frankenstein, geisha, wanderer, hermit, sage, apprentice, servant, slave, rebel, protester, activist,
leader, follower, dictator, tyrant, revolutionary, founder, inventor, owner, landlord, tenant, partner, colleague,
rival, opponent, winner, loser, champion, finalist, candidate, voter, listener, reader, thinker, dreamer
"""

_FOODS = """
food, meal, breakfast, lunch, dinner, brunch, dessert, snack, cuisine, feast, banquet, fruit, vegetable, veggie,
apple, banana, orange, grape, strawberry, blueberry, raspberry, blackberry, cherry, peach, pear, plum, apricot, mango,
papaya, pineapple, coconut, kiwi, lemon, grapefruit, tangerine, mandarin, watermelon, melon, cantaloupe, pomegranate,
fig, avocado, tomato, potato, sweet potato, carrot, onion, garlic, ginger, pepper, chili, bell pepper, cucumber,
zucchini, eggplant, pumpkin, squash, cabbage, lettuce, spinach, kale, celery, broccoli, cauliflower, asparagus,
artichoke, corn, pea, bean, lentil, chickpea, tofu, soy, rice, fried rice, pasta, spaghetti, noodle, ramen, lasagna,
macaroni, pizza, burger, hamburger, cheeseburger, hot dog, hotdog, sandwich, sub sandwich, taco, burrito, quesadilla,
nacho, fries, french fries, chip, potato chip, popcorn, pretzel, cracker, bread, toast, bagel, croissant, baguette,
bun, loaf, pancake, waffle, crepe, cake, cupcake, muffin, birthday cake, wedding cake, cheesecake, brownie, cookie,
biscuit, donut, doughnut, pie, apple pie, tart, pastry, pudding, custard, ice cream, gelato, sorbet, popsicle,
chocolate, candy, lollipop, marshmallow, caramel, honey, syrup, jam, jelly, peanut butter, butter, cheese, cream,
milk, yogurt, egg, bacon, sausage, ham, steak, meat, beef, pork, mutton, meatball, chicken wing, fried chicken, roast,
kebab, curry, soup, stew, broth, chowder, salad, sushi, sashimi, dumpling, spring roll, dim sum, tempura, omelette,
cereal, oatmeal, granola, nut, peanut, almond, walnut, cashew, pistachio, hazelnut, sauce, ketchup, mustard,
mayonnaise, vinegar, salt, sugar, spice, cinnamon, vanilla, basil, mint leaf, coffee, tea, espresso, latte,
cappuccino, juice, orange juice, lemonade, soda, cola, smoothie, milkshake, cocktail, martini, wine, beer, whiskey,
vodka, rum, champagne, sake, beverage, drink, caviar, seafood, tortilla, hummus, falafel, pita, mochi, boba, bubble
tea, matcha, flour, dough, snack bar, delicacy, appetizer, salsa, guacamole, gravy, tiramisu, macaron, eclair, churro,
fondue, risotto, paella, gnocchi, ravioli, bratwurst, gingerbread
"""

_MATERIALS = """
wood, wooden, metal, metallic, steel, stainless steel, iron, wrought iron, cast iron, copper, brass, aluminum,
aluminium, tin, titanium, chrome, platinum, pewter, glass, crystal, crystalline, plastic, rubber, silicone, acrylic
glass, resin, vinyl, latex, vinyl latex, leather, suede, fur, wool, woolen, woollen, cotton, linen cloth, silk, silky,
satin, velvet, denim, lace, nylon, polyester, spandex, fabric, cloth, textile, felt, yarn, knit, knitted, crochet,
crocheted, woven, quilted, paper, papier-mache, cardboard, parchment paper, papyrus, stone, marble, granite,
limestone, sandstone, concrete, cement, brick, clay, terracotta, ceramic, porcelain, earthenware, plaster, mud, straw,
wicker, bamboo, rattan, cork, wax, bone, pearl, jade, obsidian, foam, sponge, fiberglass, carbon fiber, mesh, asphalt,
gravel, hardwood, plywood, mahogany, oak, pine wood, walnut wood, cedar, teak, tile, tiled, lego, origami, felted,
mirrored, lacquered, enamel, gilded, feather, feathered, leathery
"""

_TEXTURES = """
fluffy, furry, hairy, shaggy, woolly, fuzzy, bristly, scaly, slimy, slippery, sticky, smooth, rough, bumpy, coarse,
gritty, grainy, silken, satiny, velvety, soft, hard, firm, stiff, rigid, flexible, elastic, stretchy, sturdy, durable,
solid, hollow, dense, thick, thin, lightweight, heavy-duty, padded, cushioned, plush, cozy, glossy, matte, shiny,
polished, sleek, lustrous, glittering, glittery, sparkling, sparkly, shimmering, iridescent, pearlescent, luminescent,
bioluminescent, phosphorescent, fluorescent, glowing, reflective, transparent, translucent, opaque, frosted, frosty,
crystal-clear, see-through, rusty, rusted, corroded, tarnished, brushed, hammered, engraved, carved, textured,
embossed, ribbed, corrugated, wrinkled, crinkled, crumpled, pleated, creased, cracked, splintered, weathered, worn,
distressed, spongy, squishy, rubbery, waxy, oily, greasy, creamy, buttery, gooey, gelatinous, powdery, dusty, chalky,
sandy, earthy, muddy, mossy, leafy, spiky, spiny, prickly, thorny, barbed, jagged, sharp, serrated, feathery, downy,
breathable, waterproof, non-stick, nonstick, insulated, antimicrobial, armored, plated, knotted, braided, tangled,
twisted, stitched, embroidered, beaded, sequined, studded, laminated, varnished, glazed, unglazed, crisp, crispy,
crunchy, flaky, juicy, tender, wiry, bony, fleshy, leathery, silvery, delicate, fragile, brittle, lacy, gauzy, sheer,
supple, bouncy, gleaming
"""

_THINGS = """
frying pan, sewing machine, washing machine, vending machine, rocking chair, rocking horse, sleeping bag, shopping
cart, shopping bag, fishing rod, fishing boat, dining table, dining chair, knitting needle, cutting board, ironing
board, drawing board, writing desk, boxing glove, hiking boot, baking sheet, measuring cup, measuring tape, mixing
bowl, rolling pin, steering wheel, climbing wall, walking stick, chewing gum, magnifying glass, sailing ship, racing
car, flying saucer, wedding dress, wedding ring, running shoe, swimming cap, swimming goggles, hearing aid, parking
meter, bowling ball, knitting yarn, teddy bear, rubber duck, action figure, hot air balloon, high heel, high chair,
hot tub, hot plate, soft toy, stuffed animal, electric guitar, electric car, electric scooter, mobile phone, cell
phone, smart phone, digital camera, remote control, fire extinguisher, fire hydrant, fire truck, fire engine, traffic
light, street light, street lamp, street sign, stop sign, light bulb, alarm clock, grandfather clock, wrist watch,
dressing table, coffee table, coffee cup, coffee mug, coffee maker, tea cup, tea pot, wine glass, wine bottle, beer
bottle, beer mug, water bottle, watering can, paper clip, paper bag, paper plane, paper airplane, baseball bat,
baseball cap, baseball glove, tennis racket, tennis ball, golf club, golf ball, golf cart, soccer ball, yoga mat, yoga
ball, swim ring, life jacket, life buoy, face mask, gas mask, nail polish, lip balm, hair dryer, hair brush, tooth
brush, eye shadow, eye glasses, sun glasses, palm tree, pine tree, apple tree, cherry tree, orange tree, lemon tree,
christmas tree, cherry blossom, bird cage, bird house, bird nest, bird feeder, dog house, dog bed, dog collar, cat
tree, mouse pad, fish tank, fish bowl, horse carriage, bull horn, egg carton, pizza box, cake stand, cookie jar, bread
basket, fruit bowl, fruit basket, salad bowl, lunch box, milk carton, butter dish, salt shaker, pepper mill, police
car, race car, sports car, cable car, toy car, doll house, light house, ice cube, ice skate, roller skate, skate
board, musical instrument, contact lens, first aid kit, solar panel, credit card, playing card, christmas lights,
fairy lights, neon sign, shooting star, black hole, sea shell, egg shell, horse shoe, straw hat, chef hat, cowboy hat,
cowboy boot, top hat, bow tie, leather jacket, rain coat, lab coat, stained glass window, stained glass
"""

ANIMALS = frozenset(" ".join(word.split()) for word in _ANIMALS.split(","))
PEOPLE = frozenset(" ".join(word.split()) for word in _PEOPLE.split(","))
FOODS = frozenset(" ".join(word.split()) for word in _FOODS.split(","))
MATERIALS = frozenset(" ".join(word.split()) for word in _MATERIALS.split(","))
THINGS = frozenset(" ".join(word.split()) for word in _THINGS.split(","))
"""Things of two words, the first of which says something else when it stands alone."""

TEXTURES = frozenset(" ".join(word.split()) for word in _TEXTURES.split(","))
"""What a surface is like; between a color and a noun such a word says what the thing is made of."""
