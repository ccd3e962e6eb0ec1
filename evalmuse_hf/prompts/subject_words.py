"""Nouns by what a picture of them is about, for `evalmuse_hf.prompts.rule_labelling`.

Each text holds singular nouns with commas between them; a noun of several words is found before those of fewer.
"""

ANIMALS = """
animal, creature, beast, pet, cat, kitten, dog, puppy, puppies, hound, corgi, husky, siberian husky, poodle,
labrador, labradoodle, dachshund, bulldog, french bulldog, pug, beagle, terrier, chihuahua, shiba inu, shiba,
dalmatian, greyhound, golden retriever, retriever, german shepherd, great dane, collie, border collie, akita,
pitbull, rottweiler, bird, eagle, hawk, falcon, owl, parrot, macaw, cockatoo, parakeet, crow, raven, magpie, robin,
sparrow, finch, hummingbird, swan, duck, duckling, goose, geese, gosling, turkey bird, chicken, hen, rooster, chick,
peacock, pheasant, pigeon, dove, gull, seagull, pelican, penguin, puffin, albatross, heron, crane bird, stork,
flamingo, ostrich, emu, toucan, vulture, woodpecker, kingfisher, kiwi bird, sandpiper, horse, pony, foal, mare,
stallion, donkey, mule, zebra, cow, calf, bull, ox, oxen, cattle, buffalo, bison, yak, sheep, lamb, ram, goat, pig,
piglet, boar, hog, deer, stag, fawn, elk, moose, reindeer, caribou, antelope, gazelle, giraffe, camel, llama,
alpaca, elephant, mammoth, woolly mammoth, wooly mammoth, rhino, rhinoceros, hippo, hippopotamus, tapir, lion,
lioness, tiger, leopard, cheetah, jaguar, panther, puma, cougar, lynx, bobcat, ocelot, bear, bear cub, polar bear,
grizzly, panda, panda bear, red panda, koala, koala bear, sloth, monkey, ape, gorilla, chimpanzee, chimp, orangutan,
baboon, lemur, gibbon, wolf, wolves, werewolf, fox, coyote, jackal, hyena, dingo, wolverine, badger, otter, weasel,
ferret, mink, skunk, raccoon, racoon, squirrel, chipmunk, beaver, rabbit, bunny, bunnies, hare, mouse, mice, rat,
hamster, guinea pig, gerbil, hedgehog, porcupine, mole, bat, armadillo, anteater, aardvark, pangolin, opossum,
possum, kangaroo, wallaby, wombat, platypus, meerkat, mongoose, capybara, groundhog, snake, cobra, python, viper,
rattlesnake, lizard, gecko, iguana, chameleon, komodo dragon, salamander, newt, axolotl, frog, toad, tadpole,
turtle, tortoise, crocodile, alligator, dinosaur, tyrannosaurus rex, tyrannosaurus, t-rex, t rex, stegosaurus,
triceratops, velociraptor, raptor, sauropod, brontosaurus, diplodocus, pterodactyl, pterosaur, styracosaurus, fish,
goldfish, koi, koi fish, shark, whale, blue whale, orca, dolphin, narwhal, swordfish, marlin, tuna, trout, salmon,
carp, cod, eel, ray fish, manta ray, stingray, pufferfish, clownfish, seahorse, starfish, jellyfish, octopus, squid,
cuttlefish, crab, lobster, shrimp, prawn, coral, brain coral, clam, oyster, snail, slug, seal, sea lion, walrus,
manatee, sea otter, insect, bug, bee, bumblebee, honeybee, wasp, hornet, ant, beetle, ladybug, ladybird, butterfly,
moth, caterpillar, dragonfly, fly insect, mosquito, grasshopper, cricket, mantis, praying mantis, locust, cockroach,
termite, cicada, firefly, spider, tarantula, scorpion, centipede, millipede, worm, earthworm, leech, dragon,
unicorn, pegasus, phoenix, griffin, gryphon, hydra, kraken, sea serpent, serpent, cerberus, chimera, hippogriff,
minotaur, centaur, wyvern, basilisk, wildlife, livestock, flock, herd, okapi, narwhale, cub, stallions, tabby, tabby
cat, kitty, kitties, doggo, doggy, heifer, ewe, mastodon, sabertooth, quokka, lorikeet, cockatiel, canary,
nightingale, swallow bird, condor, osprey, buzzard, kestrel, quail, partridge, grouse, lark, cardinal bird, blue
jay, toucans, boa, anaconda, mamba, tarsier, marmoset, marmot, vole, shrew, stoat, lynxes, dugong, beluga, squirrels
"""

PEOPLE = """
person, people, man, men, woman, women, boy, girl, child, children, kid, baby, toddler, infant, teenager, teen,
adult, lady, ladies, gentleman, gentlemen, guy, gal, dude, human, humans, human being, mother, mom, mum, father,
dad, parent, son, daughter, brother, sister, sibling, twin, twins, husband, wife, grandmother, grandma, grandfather,
grandpa, grandson, granddaughter, aunt, uncle, cousin, nephew, niece, family, families, couple, crowd, team,
audience, fan club, friend, neighbor, stranger, passenger, pedestrian, customer, tourist, traveler, traveller,
hiker, climber, skier, snowboarder, surfer, skateboarder, swimmer, diver, scuba diver, runner, cyclist, biker,
rider, jockey, driver, pilot, sailor, pirate, captain, soldier, general, officer, police officer, policeman,
policewoman, cop, detective, spy, agent, firefighter, fireman, doctor, nurse, surgeon, dentist, scientist,
professor, teacher, student, schoolgirl, schoolboy, engineer, mechanic, plumber, electrician, carpenter, builder,
construction worker, worker, farmer, fisherman, hunter, chef, cook, baker, butcher, waiter, waitress, bartender,
barista, businessman, businesswoman, boss, secretary, lawyer, judge, politician, president, prime minister, senator,
king, queen, prince, princess, emperor, empress, pharaoh, duke, duchess, knight, warrior, samurai, ninja, viking,
gladiator, barbarian, archer, cowboy, cowgirl, sheriff, outlaw, bandit, thief, prisoner, wizard, witch, sorcerer,
sorceress, mage, warlock, necromancer, shaman, druid, monk, nun, priest, priestess, bishop, pope, rabbi, angel,
saint, god, goddess, elf, elves, dwarf, dwarves, fairy, fairies, gnome, goblin, orc, troll, ogre, giantess, mermaid,
vampire, zombie, ghost, demon, devil, ghoul, alien, cyborg, humanoid, superhero, superheroine, supervillain,
villain, hero, heroine, actor, actress, singer, musician, guitarist, drummer, pianist, violinist, rapper, dj,
dancer, ballerina, ballet dancer, artist, painter, sculptor, photographer, writer, author, poet, model, supermodel,
athlete, football player, soccer player, basketball player, baseball player, tennis player, golfer, boxer, wrestler,
gymnast, skater, goalkeeper, referee, coach, astronaut, cosmonaut, clown, jester, magician, acrobat, juggler, mime,
beggar, homeless man, shopkeeper, merchant, vendor, shepherd, blacksmith, tailor, librarian, janitor, nomad,
peasant, villager, native american, geisha, maid, butler, servant, bride, groom, wedding couple, hipster, goth girl,
punk, hippie, nerd, hacker, programmer, gamer, cosplayer, cheerleader, bodybuilder, lumberjack, miner, gardener,
beekeeper, cavewoman, caveman, witch doctor, assassin, mercenary, sniper, paladin, rogue, bard, monarch, nobleman,
noblewoman, aristocrat, maiden, damsel, youth, elder, elderly, crew, tribe, gang, army, military, protester,
commuter, shopper, businesspeople, mob boss, skinhead, redhead, blonde, brunette, selfie, wanderer, figure,
silhouette of a man, silhouette of a woman, face of a man, face of a woman, hands of a person, hand of a person,
succubus, valkyrie, nymph, dryad, satyr, cyclops, yakuza, gangster, explorer, adventurer, scholar, inventor,
alchemist, mad scientist, santa claus, santa, grim reaper, scarecrow, homer, bust portrait, headshot, beard,
mustache, players, player, band, musicians, somebody, someone, everybody, pensioner, gymnasts, spectator, bystander,
bachelor, teenagers, lad, female, male, lifeguard, paramedic, cashier, banker, accountant, architect, translator,
receptionist, announcer, buyer, seller, florist, porter, hotel porter, optician, pharmacist, veterinarian, vet,
therapist, psychologist, psychiatrist, midwife, barber, hairdresser, stylist, makeup artist, cobbler, jeweler,
potter, weaver, seamstress, postman, mailman, courier, delivery man, conductor, composer, choreographer, director,
producer, editor, journalist, reporter, news anchor, comedian, magistrate, diplomat, ambassador, mayor, governor,
minister, chancellor, royalty, noble, squire, herald, crusader, templar, legionnaire, centurion, musketeer,
conquistador, ronin, shogun, kunoichi, sommelier, brewer, winemaker, miller, fishmonger, grocer, greengrocer,
stonemason, mason, roofer, welder, foreman, surveyor, sculptress, woodcarver, glassblower, glass blower, goldsmith,
locksmith, watchmaker, clockmaker, upholsterer, bricklayer, technician, astronomer, biologist, chemist, physicist,
mathematician, geologist, archaeologist, historian, philosopher, linguist, economist, researcher, lecturer, tutor,
headmaster, principal, pupil, graduate, freshman, classmate, roommate, flight attendant, stewardess, bus driver,
taxi driver, truck driver, chauffeur, racer, skydiver, bungee jumper, mountaineer, rower, fencer, weightlifter,
karateka, sumo wrestler, cricketer, quarterback, pitcher, batter, marathon runner, sprinter, jogger, caddie, umpire,
camper, backpacker, scout, ranger, park ranger, zookeeper, fisherwoman, lumberman, trapper, rancher, cowherd,
goatherd, milkmaid, nanny, babysitter, orphan, widow, widower, newlyweds, ancestor, elderly man, elderly woman, old
man, old woman, little girl, little boy, schoolkid, playmate, guest, host, tenant, landlord, resident, citizen,
immigrant, refugee, settler, pioneer, hermit, sage, prophet, oracle, fortune teller, hypnotist, ventriloquist,
stuntman, trapeze artist, contortionist, fire eater, street performer, busker, cellist, flutist, saxophonist,
trumpeter, bassist, harpist, organist, keyboardist, vocalist, soprano, tenor singer, opera singer, choir
"""

FOOD = """
food, meal, breakfast, lunch, dinner, brunch, dessert, snack, appetizer, dish of food, feast, buffet, bread, loaf of
bread, toast, bagel, baguette, croissant, bun, sandwich, burger, hamburger, cheeseburger, burger patty, hot dog,
hotdog, pizza, pasta, spaghetti, lasagna, macaroni, noodle, ramen, pho, soup, stew, curry, chili con carne, rice,
risotto, paella, sushi, sashimi, dumpling, spring roll, taco, burrito, nacho, quesadilla, kebab, falafel, hummus,
salad, steak, beef, pork, bacon, ham, sausage, roast turkey, roast chicken, fried chicken, chicken wings, chicken
rice, meatball, meat, ribs, barbecue, bbq, fish and chips, french fries, fries, potato chips, chips, popcorn,
pretzel, cracker, cheese, butter, yogurt, cream, ice cream, ice cream cone, sundae, gelato, sorbet, popsicle,
milkshake, smoothie, cake, birthday cake, wedding cake, cupcake, muffin, pie, apple pie, tart, pastry, pastries,
cookie, biscuit, brownie, donut, doughnut, pancake, waffle, crepe, pudding, jello, jelly, candy, candies, lollipop,
chocolate, macaron, marshmallow, gummy bear, honey, jam, syrup, sugar, salt, spice, pepper, green pepper, red
pepper, sauce, ketchup, mustard sauce, mayonnaise, omelette, omelet, scrambled eggs, fried egg, boiled egg, tofu,
spam, cereal, oatmeal, porridge, drink, beverage, water bottle, coffee, cup of coffee, cups of coffee, latte, latte
art, cappuccino, espresso, mocha, tea, cup of tea, green tea, ice tea, iced tea, long-island ice tea, juice, orange
juice, apple juice, lemonade, soda, cola, coke, coca cola, milk, beer, ale, stout, ipa, lager, pint, pint of beer,
wine, red wine, white wine, wine glass, glass of wine, wine bottle, bottle of wine, champagne, cocktail, margarita,
martini, mojito, bloody mary, whiskey, whisky, vodka, rum, gin and tonic, sake, cider, hot chocolate, cocoa, protein
shake, pepperoni, mozzarella, guacamole, salsa, tortilla, laksa, bak chor mee, kimchi, bibimbap, dim sum, tempura,
teriyaki, bento, bento box, gyoza, naan, samosa, biryani, sashimis, fondue, souffle, creme brulee, tiramisu,
cheesecake, eclair, baklava, churro, fudge, truffle, licorice, pickle, olive oil, vinegar, noodles, egg, eggs,
mashed potatoes, baked potato, cooked vegetables, fruit salad, plate of food, slice of pizza, dough, batter,
frosting, sprinkles, toppings, delicacy, cuisine, banquet, picnic, barbeque, broth, gravy, stuffing, seafood,
caviar, oysters rockefeller, fajita, enchilada, gumbo, jambalaya, poutine, schnitzel, bratwurst, goulash, pierogi,
borscht
"""

PLANTS = """
plant, houseplant, tree, oak tree, oak, pine tree, pine, palm tree, palm trees, maple tree, maple leaf, maple,
willow tree, willow, birch, cherry blossom, cherry blossoms, cherry tree, apple tree, bonsai, bonsai tree, christmas
tree, bush, shrub, hedge, fern, moss, grass blade, vine, ivy, cactus, cacti, succulent, flower, flowers, bouquet,
rose, red rose, tulip, daisy, daisies, sunflower, lily, lilies, lotus, lotus flower, lily pad, water lily, water
lilies, orchid, poppy, poppies, daffodil, dandelion, iris flower, hibiscus, jasmine flower, lavender field, violets,
blossom, petal, leaf, leaves, seed, root, branch, mushroom, fungus, fungi, weed, weeds, algae, seaweed, bamboo
plant, wheat, corn, barley, fruit, apple, green apple, red apple, banana, pear, peach, plum, cherry, cherries,
grape, grapes, strawberry, blueberry, raspberry, blackberry, cranberry, berry, lemon, lime fruit, grapefruit,
tangerine, mandarin, watermelon, melon, pineapple, mango, papaya, kiwi, kiwi fruit, coconut, fig, pomegranate,
passion fruit, dragon fruit, dragonfruit, avocado, olive, olives, vegetable, carrot, potato, tomato, onion, garlic,
ginger root, cucumber, lettuce, cabbage, broccoli, cauliflower, spinach, kale, celery, asparagus, artichoke, pepper,
bell pepper, green pepper, red pepper, chili pepper, eggplant, zucchini, pumpkin, squash, radish, daikon, beet,
beetroot, turnip, parsnip, pea, bean, lentil, walnut, almond, peanut, cashew, hazelnut, pecan, orange, acorn,
chestnut, pinecone, pistachio, herb, basil, mint leaf, parsley, thyme, rosemary, crop, harvest, foliage, shrubbery,
topiary, nasturtium, marigold, peony, peonies, hydrangea, chrysanthemum, magnolia, wisteria, baobab, redwood,
sequoia, eucalyptus, mangrove, yucca, aloe, clover, venus flytrap, thistle, hemp, cannabis, tobacco plant, sprout,
sapling, seedling, stump, produce, vegetables, roses, lilac
"""

VEHICLES = """
vehicle, car, cars, sports car, sport car, race car, racecar, f1 race car, formula 1 car, police car, toy car,
muscle car, classic car, convertible, sedan, limousine, limo, taxi, cab, suv, jeep, van, minivan, camper van, rv,
bus, school bus, double decker bus, tram, trolley, streetcar, train, steam train, steam locomotive, locomotive,
subway train, monorail, bullet train, train engine, truck, pickup truck, pick-up truck, pickup, dump truck, fire
truck, fire engine, garbage truck, semi truck, tow truck, monster truck, ambulance, tractor, bulldozer, excavator,
forklift, tank vehicle, battle tank, army tank, motorcycle, motorbike, motor bike, sport bike, dirt bike,
harley-davidson, harley davidson, vespa, scooter, moped, bicycle, bicycles, bike, mountain bike, tricycle, unicycle,
skateboard ramp, atv, golf cart, go-kart, go kart, carriage, horse and cart, wagon, chariot, rickshaw, sleigh, sled,
boat, sailboat, rowboat, speedboat, motorboat, fishing boat, canoe, kayak, raft, gondola, ferry, yacht, ship, cruise
ship, pirate ship, warship, battleship, aircraft carrier, container ship, tugboat, submarine, viking ship, airplane,
aeroplane, airplanes, plane, jet, fighter jet, jumbo jet, air plane, aircraft, biplane, propeller plane, prop plane,
glider, helicopter, drone, blimp, zeppelin, airship, hot air balloon, hot-air balloon, hovercraft, jet ski,
snowmobile, rocket, rocket ship, rocketship, spaceship, space ship, spacecraft, starship, space shuttle, ufo, flying
saucer, lunar rover, rover, porsche, ferrari, lamborghini, bmw, mercedes, mercedes-benz, audi, volkswagen, vw
beetle, vw van, toyota, honda, ford mustang, mustang car, chevrolet, chevy, corvette, camaro, fiat, bugatti,
mclaren, tesla car, tesla cybertruck, cybertruck, delorean, jaguar e-type, aston martin, rolls royce, bentley,
cadillac, volvo, mazda, nissan, subaru, mini cooper, lotus elise, hot rod, dragster, supercar, hypercar, hatchback,
buggy, dune buggy, trailer truck, lorry, trailer, cart, mecha suit, millennium falcon, x-wing, tie fighter, star
destroyer, spitfire plane, boeing, airbus, 747, galleon, catamaran, dinghy, schooner, steamboat, trireme, longship,
gunship, hoverboard, hoverbike, flying car, car interior
"""

ARTIFACTS = """
object, item, tool, machine, device, gadget, chair, wooden chair, armchair, stool, bench, throne, rocking chair,
table, desk, shelf, shelves, drawer, cabinet, wardrobe, chest, treasure chest, bed, pillow, blanket, towel, rug,
throw rug, carpet, curtain, lamp, lantern, chandelier, candle, light bulb, lightbulb, flashlight, mirror, picture
frame, clock, alarm clock, grandfather clock, watch, pocket watch, hourglass, vase, pot, flower pot, pan, frying
pan, kettle, teapot, teacup, cup, mug, coffee mug, coffee cup, glass, bottle, glass bottle, jar, can, tin can, bowl,
plate, tray, fork, knife, spoon, chopsticks, napkin, tablecloth, coffee maker, coffee machine, espresso machine,
toaster, blender machine, microwave, oven, stove, refrigerator, fridge, freezer, dishwasher, washing machine, vacuum
cleaner, iron, broom, mop, bucket, bin, trash bin, trash can, garbage can, compost bin, recycling bin, basket, box,
crate, barrel, suitcase, backpack, bag, purse, handbag, wallet, umbrella, hat, cap, helmet, crown, tiara, mask, face
mask, goggles, glasses, sunglasses, pair of glasses, monocle, headphones, pair of headphones, earrings, necklace,
bracelet, ring, jewel, jewelry, gem, gemstone, diamond, ruby, emerald, sapphire, crystal, coin, cash, money, dollar
bill, t-shirt, shirt, tshirt, jacket, coat, dress, skirt, pants, jeans, shorts, sock, socks, shoe, shoes, boot,
sneaker, high heels, sandal, glove, scarf, tie, bowtie, bow tie, suit, uniform, costume, robe, cape, kilt, sweater,
hoodie, vest, apron, belt, button, zipper, book, notebook, newspaper, magazine, map, letter envelope, envelope,
stamp, postcard, pen, pencil, paintbrush, crayon box, scissors, ruler, eraser, stapler, paper airplane, paper clip,
computer, laptop, laptop screen, computer screen, monitor, computer monitor, keyboard, computer mouse, printer,
phone, cell phone, smartphone, smart phone, telephone, telephone booth, phone booth, camera device, tv, television,
radio, speaker, microphone, game console, playstation, gameboy, game boy, nintendo switch, joystick, controller, vr
headset, calculator, robot, android, mecha, mech, drill, power drill, hammer, screwdriver, wrench, saw, chainsaw,
axe, shovel, rake, hoe, ladder, wheelbarrow, nail, screw, bolt, gear, engine, motor, battery, wire, cable, rope,
chain, lock, key, padlock, door, doorknob, doorknocker, window frame, gate, fence, wall, brick, brick wall, statue,
sculpture, pedestal, monument, bust statue, trophy, medal, award, flag, banner, sign, stop sign, street sign,
traffic light, traffic sign, fire hydrant, mailbox, lamppost, parking meter, ball, balls, basketball, baseball,
football ball, soccer ball, tennis ball, volleyball, golf ball, bowling ball, beach ball, bat and ball, tennis
racket, racket, golf club, hockey stick, skateboard, surfboard, snowboard, ski, skis, ice skate, roller skates,
frisbee, kite, dumbbell, toy, doll, teddy bear, plush toy, plush, puppet, lego, lego block, action figure, figurine,
rubber duck, puzzle, dice, die, playing card, chess, chess board, chess queen, chess knight, chess king, chess
piece, balloon, present, gift, gift box, ribbon, guitar, electric guitar, violin, fiddle, cello, bass guitar, harp,
piano keys, trumpet, tuba, trombone, saxophone, flute, clarinet, drum, drum kit, accordion, bagpipe, harmonica,
ukulele, banjo, xylophone, whistle, bell, sword, katana, dagger, blade, shield, spear, bow and arrow, arrow,
longbow, crossbow, gun, pistol, rifle, cannon, bomb, grenade, bullet, armor, armour, wand, staff, potion, scroll,
amulet, telescope, binoculars, microscope, magnifying glass, compass, globe, anchor, wheel, steering wheel, tire,
seat, saddle, horseshoe, cage, birdcage, birdhouse, net, hook, fishing rod, tent, hammock, sleeping bag, parachute,
toothbrush, toothpaste, soap, shampoo, comb, hairbrush, perfume, lipstick, razor, tissue, toilet paper, pill,
syringe, stethoscope, bandage, band-aid, cigarette, cigar, pipe smoking, lighter, match stick, ashtray, skull, bone,
skeleton, artifact, relic, idol, totem, treehouse, space elevator, satellite, telescope dish, circuit board,
microchip, cpu, server rack, sticker, easter egg, easter eggs, milk container, container, footprint, seesaw, swing,
slide, jungle gym, billboard, chemical, document, movie title, silverware, cutlery, chopstick, lampshade, bookshelf,
bookcase, sewing machine, typewriter, loom, anvil, forge hammer, brush, fan blade, mousetrap, coat hanger, hanger,
ladle, whisk, spatula, grater, corkscrew, thermos, flask, beaker, test tube, tap, faucet, sink basin, candlestick,
chalice, goblet, urn, amphora, tapestry, quilt, thread, needle, yarn, fabric, cushion, pin, rubik's cube, rubiks
cube, yo-yo, slinky, jigsaw, domino, marble ball, snow globe, music box, gramophone, record player, vinyl record,
cassette, cd, floppy disk, film reel, projector, tripod, wheelchair, crutch, stroller, cradle, crib, playpen
"""

INDOORS = """
room, living room, living area, bedroom, kitchen, bathroom, restroom, dining room, office room, office, cubicle,
classroom, lecture hall, library, hallway, corridor, lobby, bank lobby, basement, attic, garage wall, cellar,
closet, pantry, interior, interior design, indoor, indoors, apartment, hotel room, hospital room, waiting room,
studio apartment, recording studio, gym, gymnasium, locker room, restaurant, cafe, coffee shop, diner, bar room,
pub, tavern, nightclub, ballroom, theater stage, movie theater, cinema hall, museum, art gallery, gallery wall,
church interior, cathedral interior, temple interior, throne room, castle hall, great hall, dungeon, laboratory,
lab, workshop, factory floor, warehouse, supermarket, grocery store, shopping mall, mall, shop, store, bookstore,
barber shop, salon, airport terminal, subway station, elevator, escalator, staircase, stairs, fireplace, ceiling,
ceiling fan, chimney corner, couch, sofa, bathtub, shower, toilet, kitchen counter, counter, bookshelf wall, wood
floor, hardwood floor, wooden floor, stone floor, floor, wallpaper wall, yellow wall, blue wall, white wall, wall of
a room, wood cabin, cabin interior, greenhouse, barn interior, aquarium, courtroom, prison cell, jail cell, cockpit,
spaceship interior, car interior, train interior, piano, grand piano, nursery, playroom, conference room, meeting
room, loft, lounge, foyer, vestibule, auditorium, concert hall, opera house interior, mancave, saloon, cafeteria,
canteen, bakery, indoor pool, sauna, spa, arcade room, arcade, casino, reception, vault, crypt, mausoleum
"""

OUTDOORS = """
landscape, landscape photograph, scenery, nature, wilderness, outdoor, outdoors, mountain, mountain range, mountain
top, hill, hillside, valley, canyon, cliff, cave, volcano, desert, dune, sand dune, oasis, beach, shore, coast,
coastline, coastal road, seaside, sea, ocean, wave, tidal wave, tsunami, island, floating island, bay, lagoon,
harbor, harbour, port, marina, pier, dock, lighthouse, lake, lakeside, lakeside landscape, pond, river, stream,
creek, waterfall, swamp, marsh, wetland, forest, woods, woodland, jungle, rainforest, grove, orchard, meadow, field,
corn field, wheat field, grassland, prairie, savanna, savannah, plain field, tundra, glacier, iceberg, snowscape,
snowy landscape, park, garden, backyard, yard, lawn, playground, farm, farmland, ranch, vineyard, countryside,
village, town, city, cities, cityscape, metropolis, skyline, skyscraper, building, tower, clock tower, castle,
ruins, palace, temple, church, cathedral, mosque, monastery, pyramid, bridge, house, country home, home, cottage,
mansion, hut, cabin, log cabin, barn, windmill, water tower, street, street corner, alley, alleyway, road, highway,
freeway, intersection, crosswalk, sidewalk, path, trail, bend in the road, driveway, parking lot, gas station, train
station, railway, railroad, train tracks, tracks, tunnel, airport, runway, stadium, tennis court, basketball court,
basketball hoop, soccer field, football field, baseball field, golf course, race track, amusement park, ferris
wheel, fair, carnival, market, plaza, town square, courtyard, balcony, rooftop, porch, sunset, sunrise, dawn, dusk,
twilight, sky, night sky, cloud, clouds, rainbow, storm, thunderstorm, lightning, tornado, hurricane, snowstorm,
blizzard, moon, full moon, crescent moon, sun, stars, starry sky, milky way, galaxy, nebula, universe, outer space,
space, planet, aurora, northern lights, fireworks, bonfire, campfire, campsite, camp, graveyard, cemetery,
battlefield, wasteland, apocalypse, post-apocalyptic, postapocalyptic, underwater, seabed, ocean floor, coral reef,
reef, chemtrail, sandy island, apartment building, apartment buildings, suburb, neighborhood, downtown, slum,
favela, construction site, factory, power plant, mine, quarry, dam, canal, fountain, well, cobblestone street,
cobble stone street, boulevard, avenue, zoo, safari, fjord, geyser, hot spring, archipelago, peninsula, horizon,
stop sign on a street, wooden post, patch of grass, sand, snow, rain, fog, mist, earthquake, flood, avalanche,
wildfire, forest fire, autumn leaves, winter wonderland, environment, dystopian city, futuristic city, street view,
ghost town
"""
