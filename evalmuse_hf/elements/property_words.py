"""Words that say how things are, how many, where and what they do, for the splitter that reads a parse.

Written from general knowledge, in lower case; verbs in their base form.
"""

_COLORS = """
red, orange, yellow, green, blue, purple, pink, black, white, brown, gray, grey, gold, golden, silver, bronze,
copper-colored, beige, tan, cream, ivory, khaki, olive, lime, mint, mint green, teal, turquoise, cyan, aqua,
aquamarine, azure, navy, navy blue, indigo, violet, lavender, lilac, mauve, plum, magenta, fuchsia, rose, rose gold,
ruby, crimson, scarlet, maroon, burgundy, coral, salmon, peach, apricot, amber, ochre, mustard, emerald, emerald
green, jade green, sapphire, periwinkle, orchid, thistle, linen, wheat, chocolate, sienna, burnt sienna, umber, rust,
charcoal, slate, slate gray, slate grey, slate blue, steel blue, sky blue, baby blue, light blue, dark blue, royal
blue, cobalt, cobalt blue, midnight blue, powder blue, pale blue, electric blue, deep blue, bright blue, light green,
dark green, forest green, sea green, spring green, olive green, lime green, neon green, pale green, bright green, lawn
green, light pink, hot pink, deep pink, pale pink, neon pink, dusty pink, light yellow, pale yellow, bright yellow,
lemon yellow, neon yellow, dark red, bright red, blood red, brick red, deep red, cherry red, light brown, dark brown,
chestnut, tawny, dark orange, bright orange, burnt orange, tangerine, light purple, dark purple, deep purple, pale
purple, light gray, dark gray, light grey, dark grey, jet black, pitch black, snow white, off-white, off white, pure
white, pearl white, ebony, champagne, taupe, gold-colored, multicolored, multicoloured, multi-colored, multi colored,
colorful, colourful, vibrant colored, rainbow, rainbow colored, rainbow-colored, pastel colored, pastel pink, pastel
blue, pastel green, pastel purple, monochrome, black and white, black - and - white, black-and-white, red and white,
red and blue, black and gold, black and red, blue and white, white and black, gold and black, blue and gold, brown -
white, cornflower blue, cadet blue, dodger blue, alice blue, antique white, floral white, ghost white, navajo white,
honeydew, seashell, gainsboro, misty rose, old lace, papaya whip, peach puff, peru, rosy brown, saddle brown, sandy
brown, goldenrod, dark goldenrod, pale goldenrod, firebrick, indian red, dark salmon, light salmon, light coral,
medium purple, blue violet, dark violet, dark orchid, dark magenta, dark olive green, dark sea green, dark slate gray,
dark turquoise, medium turquoise, pale turquoise, medium aquamarine, dark cyan, light cyan, lemon chiffon, moccasin,
bisque, blanched almond, burlywood, cornsilk, chartreuse, lavender blush, mint cream, olive drab, yellow green, green
yellow, blonde, blond, auburn, reddish, bluish, greenish, yellowish, pinkish, purplish, whitish, blackish, grayish,
brownish, vermilion, viridian, cerulean, pale, neon-colored
"""

_SHAPES = """
round, square, triangular, circular, oval, rectangular, spherical, cubic, cubical, conical, cylindrical, hexagonal,
octagonal, pentagonal, pyramidal, star-shaped, heart-shaped, diamond-shaped, crescent-shaped, egg-shaped, pear-shaped,
l-shaped, u-shaped, v-shaped, s-shaped, t-shaped, curved, curvy, spiral, helical, zigzag, wavy, pointed, pointy, flat,
oblong, elliptical, arched, dome-shaped, domed, bell-shaped, teardrop-shaped, ring-shaped, cube-shaped, cone-shaped,
angular, asymmetrical, polygonal, trapezoidal, bulbous, tubular, concave, convex, tapered, circle, triangle, hexagon,
octagon, pentagon, sphere, cube, cone, cylinder, rectangle, crescent
"""

_AMOUNTS = """
zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fifteen, sixteen, twenty,
thirty, forty, fifty, hundred, a hundred, thousand, a thousand, million, hundreds of, hundred of, thousands of,
millions of, dozens of, a dozen, dozen, half a dozen, some, several, many, few, a few, a couple of, couple of, a pair
of, pair of, a large quantity, a large quantity of, large quantity, a large number of, a lot of, lots of, plenty of, a
group of, group of, a bunch of, bunch of, a crowd of, a collection of, collection of, a pile of, none, no, multiple,
numerous, countless, various, single, double, triple, a single, both, half, infinite number of, tons of, a swarm of,
swarm of, a herd of, herd of, a flock of, flock of, a stack of, a row of, rows of, row of, a set of, set of, pack of
"""

_RELATIONS = """
left of, right of, to the left of, to the right of, on the left of, on the right of, on the left side of, on the right
side of, on the left, on the right, above, below, under, underneath, beneath, over, on top of, on the top of, at the
top of, atop, on the bottom of, at the bottom of, inside, inside of, outside, outside of, in front of, in the front
of, behind, in back of, at the back of, next to, near, nearby, near to, close to, beside, besides, adjacent to,
alongside, between, in between, among, amongst, amidst, amid, in the middle of, in the center of, in the centre of, at
the center of, at the centre of, around, surrounding, surrounded by, across from, across, opposite, opposite to,
opposite of, facing, on the edge of, at the edge of, on the side of, at the side of, by the side of, in the corner of,
on the corner of, far from, far away from, away from, beyond, against, leaning against, leaning on, hanging from,
attached to, connected to, on the surface of, on the back of, on the front of, at the foot of, towards, toward, upside
down, side by side, in the background, in the foreground, in the distance
"""

_VERBS = """
accept, act, adjust, admire, adopt, advise, aim, ambush, analyze, anchor, announce, applaud, approach, arrange,
arrest, ask, assemble, assist, attack, attend, award, bake, balance, bandage, bark, bathe, beat, bend, bid, bite,
blend, bless, block, blow, board, boil, bolt, book, bounce, bow, bowl, box, brandish, break, breathe, brew, bring,
broadcast, browse, brush, buckle, build, bump, burn, burrow, bury, button, buy, calculate, call, capture, care, carry,
carve, catapult, catch, celebrate, challenge, charge, charm, chart, chase, chat, check, cheer, chew, chisel, chop,
circle, claim, clap, claw, clean, climb, close, clutch, code, coil, collect, comb, comfort, compose, conduct,
confront, conjure, console, consult, contact, control, cook, count, cover, crack, cradle, crash, crawl, create, creep,
crochet, cross, crouch, crush, cry, cuddle, cut, dance, deal, debug, decorate, defend, deliver, design, detect,
develop, devise, devour, diagnose, dial, dig, dine, direct, discover, display, dissect, dive, dock, dodge, download,
drag, drain, drape, draw, dress, dribble, drill, drink, drive, drop, drum, dry, dunk, dust, dye, eat, edit, educate,
embrace, embroider, enchant, endorse, engrave, enjoy, enter, entertain, erase, escape, escort, etch, evade, examine,
execute, explain, explode, explore, extinguish, extract, fall, feed, fetch, fight, fill, film, find, fish, fit, fix,
flip, float, fly, fold, follow, forage, frost, fry, fuel, gallop, gather, gaze, give, glide, gnaw, grab, grade, grasp,
graze, greet, grill, grind, groom, grow, guard, guide, hack, hammer, hand, hang, harvest, hatch, haul, heal, help,
hem, hide, hire, hit, hoist, hold, honor, hook, hop, host, howl, hug, hum, hunt, hurl, identify, illustrate, imitate,
implement, inject, inspect, install, instruct, interview, introduce, invent, investigate, invite, iron, issue, jog,
judge, juggle, jump, kick, kiss, knead, kneel, knit, label, lace, land, laugh, launch, lay, lead, lean, leap, learn,
lecture, lend, lick, lie, lift, light, list, listen, load, lock, look, lower, lure, mail, maintain, make, manage, map,
march, mark, measure, meditate, meet, melt, memorize, mend, milk, mix, model, mold, monitor, mop, mould, mount, mow,
munch, nail, nap, narrate, navigate, negotiate, nest, nibble, note, notice, nudge, observe, offer, open, operate,
order, organize, pack, paddle, paint, park, pat, patch, patrol, pay, peck, peel, perch, perform, persuade, pet,
photograph, pick, pilot, pitch, place, plan, plant, play, plot, plow, pluck, plug, point, poke, polish, pose, possess,
pounce, pour, practice, pray, prefer, prepare, prescribe, present, press, print, process, prod, produce, program,
promote, protect, prove, provide, prune, publish, pull, punch, purchase, push, question, race, raid, raise, rake,
reach, read, reap, receive, recite, recommend, record, reel, refill, rehearse, release, remove, repair, replace,
report, rescue, rest, restore, reverse, review, ride, ring, rinse, roar, roast, rob, roll, row, rub, run, saddle,
sail, salute, sample, save, saw, scan, scavenge, schedule, scoop, score, scratch, screw, scroll, scrub, sculpt, seal,
search, season, seat, see, select, sell, send, serve, set, sew, shake, shape, sharpen, shave, shear, shed, shield,
shine, shoot, shop, shout, shovel, show, shred, sift, sign, sing, sip, sit, skate, sketch, ski, sleep, slice, slide,
slither, slurp, smash, smear, smell, smile, smoke, snatch, sniff, snore, soak, soar, solder, solve, soothe, sort, sow,
spin, splash, spot, spray, spread, squeeze, stack, stalk, stamp, stand, stare, steal, steam, steer, step, sting, stir,
stitch, stomp, strap, stretch, strike, stroke, strum, study, style, summon, support, surf, survey, swallow, sweep,
swim, swing, switch, tackle, tailor, take, talk, tame, tap, target, taste, teach, tear, tend, test, thank, throw,
tickle, tidy, tie, toss, touch, tow, trace, track, train, trample, translate, transport, trap, treat, trick, trim,
try, tug, tune, turn, tutor, twirl, type, unload, unpack, unplug, untie, unwrap, update, use, usher, vaccinate,
vacuum, varnish, verify, view, visit, wait, walk, want, wash, watch, water, wave, wax, wear, weave, weed, weigh,
welcome, weld, whip, whisk, whisper, whistle, wield, win, wink, wipe, work, wrap, wrestle, wring, write, yawn, zip,
zoom
"""

_ADJECTIVES = """
abandoned, abstract, academic, active, adorable, adventurous, aged, aggressive, agile, alien, alive, alone, amazing,
ancient, angelic, angry, anonymous, antique, anxious, arctic, aromatic, artificial, artistic, asian, athletic,
attractive, authentic, automatic, average, awake, awful, bald, bare, barren, basic, beautiful, big, bitter, bizarre,
black-haired, bleak, blind, blurry, bold, bored, brave, bright, brilliant, broad, broken, busy, calm, careful,
celestial, charming, cheap, cheerful, chic, chubby, classic, classical, classy, clean, clear, clever, clumsy, coastal,
cold, comfortable, comic, common, complex, complicated, confused, cool, corporate, cosmic, crazy, creative, creepy,
crowded, cruel, curious, curly, cute, cyber, damaged, damp, dangerous, dark, dead, decorative, deep, delicious,
demonic, deserted, desolate, detailed, different, digital, dim, dirty, distant, divine, domestic, double, dramatic,
dreamy, dreary, dry, dull, dystopian, eager, early, eccentric, ecstatic, eerie, elaborate, elderly, electric,
electronic, elegant, empty, enchanted, endless, energetic, enormous, epic, erotic, eternal, ethereal, european, evil,
excited, exotic, expensive, exquisite, extreme, fabulous, faded, faint, fake, famous, fancy, fantastic, fashionable,
fast, fat, feminine, festive, fierce, fiery, fit, floral, flying, foreign, formal, free, fresh, friendly, frightened,
frozen, full, funny, futuristic, gentle, genuine, geometric, ghostly, giant, gigantic, glamorous, gloomy, glorious,
good, gorgeous, graceful, gracious, grand, great, grim, gross, grotesque, grumpy, handmade, handsome, happy, harsh,
haunted, healthy, heavenly, heavy, heroic, hidden, high, historic, holographic, holy, homemade, horrible, hot, huge,
humble, hungry, idyllic, illegal, imaginary, immense, imperial, impossible, impressive, incredible, indigenous,
industrial, infinite, innocent, insane, intense, intergalactic, international, intricate, invisible, japanese, jolly,
joyful, kind, large, lazy, legendary, liminal, little, live, lively, living, lone, lonely, long, loose, lost, loud,
lovely, low, loyal, lucky, luminous, lush, luxurious, luxury, mad, magic, magical, magnificent, majestic, male,
massive, mature, mean, mechanical, melancholic, melancholy, menacing, messy, microscopic, mighty, military, miniature,
minimal, miserable, modern, moist, monstrous, monumental, muscular, musical, mysterious, mystic, mystical, mythical,
mythological, naked, narrow, nasty, natural, naughty, neat, nervous, new, nice, noisy, normal, nostalgic, nuclear,
obese, odd, old, old-fashioned, organic, oriental, original, ornamental, ornate, outer, overgrown, oversized, painful,
paranormal, peaceful, perfect, photogenic, playful, pleasant, poisonous, polite, poor, popular, post-apocalyptic,
powerful, precious, pregnant, pretty, primitive, professional, proud, pure, puzzled, quiet, quirky, radiant,
radioactive, random, rare, real, recursive, regal, relaxed, religious, rich, ripe, robotic, romantic, royal, rude,
rugged, rural, rustic, sacred, sad, savage, scared, scary, scenic, scientific, secluded, secret, serene, serious,
sexy, shadowy, shallow, short, shy, sick, silent, silly, simple, sinister, skeletal, skinny, sleepy, slender, slim,
slow, small, smart, sophisticated, spacious, spectacular, spicy, spiritual, spooky, stereotypical, still, stormy,
strange, stressed, striking, strong, stunning, stupid, stylish, stylized, sublime, subtle, superb, supernatural,
surprised, sweet, symmetric, symmetrical, talented, tall, tasty, terrible, terrifying, tight, tiny, tired, toxic,
traditional, tranquil, transformational, triumphant, tropical, ugly, ultimate, unique, unusual, upset, urban, utopian,
vast, vibrant, vicious, vigorous, violent, virtual, vivid, volcanic, warm, wasteful, weak, weird, wet, whimsical,
wicked, wide, wild, wise, wonderful, worried, young, youthful, zen
"""

_EVENTS = """
activity, adventure, argument, arrival, attack, battle, birth, celebration, ceremony, chase, combat, competition,
concert, conversation, dance, date night, death, debate, demolition, departure, destruction, detonation, duel,
eruption, escape, evolution, excavation, expedition, explosion, extinction, fight, flight, game night, gathering,
hunt, hunting trip, interview, invasion, journey, jump, kiss, lecture, march, marriage, meditation, meeting,
migration, negotiation, operation, parade, party, performance, picnic, presentation, procession, protest, quest, race,
rebellion, rescue, revolution, ride, riot, ritual, road trip, robbery, sacrifice, show jumping, sleepover, speech,
struggle, surgery, tea party, transformation, travel, trip, visit, voyage, walk, war, wedding, wedding ceremony,
workout, wrestling match, scan, thumbs up, fishing, hunting, cooking, dancing, shopping, camping, hiking, surfing,
skiing, swimming, boxing, gardening, farming, gaming, running, jogging
"""

_FIRST_NAMES = """
aaron, adam, adele, adrian, alan, albert, alex, alexander, alfred, alice, alphonse, amanda, amy, ana, andrea, andreas,
andrei, andrew, andy, angela, angelina, anna, anne, ansel, anthony, antonio, ariana, arnold, arthur, audrey, barack,
ben, benedict, benjamin, bernie, beyonce, bill, billie, bob, bradley, brad, brian, britney, bruce, bryan, caravaggio,
carl, carlos, caspar, catherine, charles, charlie, charlotte, chris, christian, christopher, claude, conor, craig,
cristiano, dan, daniel, danny, dave, david, denzel, diego, donald, dwayne, ed, eddie, edgar, edvard, edward, egon,
elizabeth, ellen, elon, elvis, emily, emma, eric, ernest, evan, frank, francis, francisco, franz, frida, friedrich,
gal, gary, geoffrey, george, georgia, gerald, gerhard, giovanni, gordon, greg, gustav, gustave, guillermo, hannah,
hans, harrison, harry, heath, helen, henri, henry, hieronymus, hillary, hugh, ian, isaac, ivan, jack, jackie, jackson,
jacob, jake, james, jamie, jan, jane, jason, jean, jeff, jennifer, jeremy, jerry, jesse, jessica, jim, jimmy, joan,
joe, joel, johannes, john, johnny, jonathan, joseph, josh, juan, jude, julia, julian, julianne, justin, kanye, karl,
kate, katy, keanu, kevin, kim, kurt, lana, larry, laura, leo, leonardo, leonid, lewis, liam, lionel, lisa, loish,
louis, lucas, lucian, luis, magali, marc, margaret, margot, maria, marilyn, mark, martin, mary, matt, matthew, max,
megan, mel, michael, michelangelo, michelle, miguel, mike, miley, milla, mitch, morgan, moebius, nancy, naomi,
natalie, neil, nelson, nicholas, nicolas, nicole, nikola, nikolai, noah, norman, oliver, oscar, pablo, patrick, paul,
paula, peter, philip, pierre, quentin, rachel, ralph, raphael, ray, rebecca, rembrandt, rene, richard, rick, rihanna,
robert, roberto, robin, roger, ronald, rosa, ross, roy, rutger, ryan, salvador, sam, samuel, sandra, santa, sarah,
scarlett, scott, sean, selena, serena, sergio, sigmund, simon, sophia, stan, stanley, stephen, steve, steven, susan,
taylor, ted, terry, theodore, thomas, tim, tom, tommy, tony, tyler, vincent, victor, vin, vladimir, walt, walter, wes,
will, willem, william, winston, yoji, zack, zdzislaw, zendaya
"""

COLORS = frozenset(" ".join(word.split()) for word in _COLORS.split(","))
SHAPES = frozenset(" ".join(word.split()) for word in _SHAPES.split(","))
AMOUNTS = frozenset(" ".join(word.split()) for word in _AMOUNTS.split(","))
RELATIONS = frozenset(" ".join(word.split()) for word in _RELATIONS.split(","))
VERBS = frozenset(" ".join(word.split()) for word in _VERBS.split(","))
"""What somebody or something in a picture does to another."""
ADJECTIVES = frozenset(" ".join(word.split()) for word in _ADJECTIVES.split(","))
EVENTS = frozenset(" ".join(word.split()) for word in _EVENTS.split(","))
"""Nouns that name what happens; they count as activities."""
FIRST_NAMES = frozenset(" ".join(word.split()) for word in _FIRST_NAMES.split(","))
"""Names with which the name of a person begins."""
