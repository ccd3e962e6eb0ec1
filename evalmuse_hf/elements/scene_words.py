"""Words about a picture as a whole, for the splitter that reads a parse: places, times, weather, views, styles, media.

Written from general knowledge, in the singular and in lower case.
"""

_PLACES = """
place, location, area, zone, region, world, earth, planet, moon, mars, jupiter, saturn, galaxy, universe, outer space,
space, cosmos, orbit, sky, heaven, hell, paradise, underworld, land, landscape, seascape, cityscape, countryside,
wilderness, nature, outdoors, outside, indoors, field, meadow, prairie, grassland, plain, savanna, savannah, steppe,
tundra, desert, dune, oasis, forest, woods, wood, woodland, jungle, rainforest, grove, orchard, vineyard, farm, hop
farm, ranch, barn, stable, pasture, garden, backyard, yard, courtyard, lawn, park, national park, amusement park,
theme park, water park, skate park, playground, zoo, aquarium, beach, shore, coast, coastline, seaside, bay, harbor,
harbour, port, dock, pier, marina, island, peninsula, reef, coral reef, sea, ocean, seabed, ocean floor, lake, pond,
lagoon, river, riverbank, stream, creek, canal, waterfall, swamp, marsh, bog, wetland, delta, glacier, iceberg,
mountain, mountaintop, hill, hillside, valley, canyon, gorge, cliff, ridge, summit, peak, volcano, crater, cave,
cavern, tunnel, mine, quarry, city, town, village, downtown, suburb, neighborhood, slum, ghetto, metropolis, capital,
plaza, town square, marketplace, market, flea market, bazaar, mall, shopping mall, supermarket, grocery store, store,
shop, boutique, bookstore, bakery, cafe, coffee shop, restaurant, diner, bar, pub, tavern, nightclub, club, casino,
hotel, hotel room, motel, hostel, resort, spa, gym, stadium, arena, court, tennis court, basketball court, soccer
field, football field, baseball field, golf course, racetrack, track, swimming pool, pool, rink, ice rink, street,
city street, road, highway, freeway, alley, alleyway, avenue, boulevard, lane, path, trail, sidewalk, crosswalk,
intersection, crossroad, roundabout, bridge, overpass, underpass, driveway, parking lot, garage, parking garage, gas
station, station, train station, railway station, bus station, bus stop, subway, subway station, metro station,
platform, airport, runway, hangar, space station, spaceport, rail yard, house, home, apartment, mansion, cottage,
cabin, hut, villa, bungalow, igloo, castle, palace, fortress, fort, tower, dungeon, temple, shrine, church, cathedral,
chapel, mosque, synagogue, monastery, abbey, cemetery, graveyard, tomb, pyramid, ruin, museum, gallery, art gallery,
library, theater, theatre, cinema, movie theater, opera house, concert hall, stage, auditorium, studio, office, office
building, workplace, workshop, factory, warehouse, laboratory, lab, hospital, clinic, pharmacy, school, classroom,
university, college, campus, kindergarten, daycare, dormitory, bank building, post office, police station, fire
station, courthouse, prison, jail, prison cell, embassy, city hall, parliament, room, living room, bedroom, kitchen,
bathroom, dining room, hallway, corridor, lobby, attic, basement, cellar, balcony, terrace, patio, porch, rooftop,
roof, stairwell, elevator, closet, pantry, greenhouse, conservatory, shed, interior, lair, den, camp, campsite,
campground, construction site, junkyard, landfill, battlefield, war zone, border, horizon, skyline, america, usa,
united states, canada, mexico, brazil, argentina, england, london, britain, scotland, ireland, france, paris, germany,
berlin, italy, rome, venice, florence, spain, madrid, barcelona, portugal, lisbon, greece, athens, egypt, cairo,
turkey, istanbul, russia, moscow, ukraine, poland, sweden, norway, denmark, finland, iceland, netherlands, amsterdam,
belgium, switzerland, austria, vienna, china, beijing, shanghai, hong kong, taiwan, japan, tokyo, kyoto, osaka, korea,
seoul, india, mumbai, delhi, nepal, tibet, thailand, bangkok, vietnam, singapore, indonesia, bali, australia, sydney,
new zealand, africa, kenya, morocco, south africa, antarctica, arctic, new york, new york city, manhattan, brooklyn,
los angeles, hollywood, chicago, san francisco, las vegas, miami, texas, california, florida, alaska, hawaii,
washington, boston, seattle, amazon, sahara, himalayas, alps, mount everest, grand canyon, niagara falls, times
square, central park, disneyland, roman empire, ancient rome, ancient egypt, atlantis, babylon, wonderland, middle
earth, narnia, hogwarts, gotham, gotham city, chernobyl, fairyland, dreamland, kingdom, empire, country, nation,
continent, hemisphere, plantation, rice paddy, paddy field, farmland, cornfield, wheat field, flower field, tulip
field, lavender field, hot spring, geyser, fjord, sandbar, tide pool, underwater, sewer, catacomb, bunker, vault,
throne room, ballroom, banquet hall, hall, waiting room, locker room, changing room, operating room, emergency room,
server room, cockpit, deck, engine room, arcade, bowling alley, fairground, carnival, circus, festival
"""

_TIMES = """
morning, early morning, late morning, noon, midday, afternoon, late afternoon, evening, late evening, early evening,
night, midnight, late night, nighttime, night time, daytime, day, dawn, dusk, twilight, sunrise, sunset, golden hour,
blue hour, spring, summer, autumn, winter, springtime, summertime, wintertime, christmas, christmas eve, halloween,
easter, new year, new year's eve, thanksgiving, valentine's day, weekend, holiday, rush hour, monday, tuesday,
wednesday, thursday, friday, saturday, sunday, january, february, april, june, july, august, september, october,
november, december, future, past, present day, medieval, middle ages, renaissance era, stone age, bronze age, ice age,
victorian era, 19th century, 20th century, 21st century, 18th century, 17th century, 16th century, 15th century,
tonight, today, tomorrow, yesterday
"""

_WEATHER = """
rain, rainy, raining, rainfall, drizzle, drizzling, drizzly, downpour, snow, snowy, snowing, snowfall, snowstorm,
blizzard, sleet, hail, hailstorm, storm, stormy, thunderstorm, thunder, lightning, wind, windy, breeze, breezy, gale,
hurricane, tornado, typhoon, cyclone, fog, foggy, mist, misty, haze, hazy, smog, cloudy, overcast, partly cloudy,
sunny, sunshine, sunlight, clear sky, blue sky, clear skies, clear weather, aurora, northern lights, humid, dry
weather, hot weather, cold weather, frost, freezing, heatwave, heat wave, sandstorm, dust storm, monsoon, moonlight,
moonlit, starry, starry night, starry sky, cloudless, light rain, heavy rain, heavy snow, light snow, thick fog, dense
fog, strong wind, gentle breeze
"""

_VIEWS = """
shot, view, perspective, angle, panorama, panoramic, panoramic view, panoramic shot, panorama view, wide shot, wide
view, wide angle, wide-angle, wide angle shot, wide-angle shot, wide angle view, wide angle lens, ultra wide angle,
extreme wide shot, long shot, extreme long shot, full shot, full body, full-body, full body shot, full-body shot, full
length, full-length, full length shot, medium shot, medium long shot, medium close-up, cowboy shot, mid shot, medium
full shot, close-up, close up, closeup, close - up, close-up shot, close up shot, closeup shot, close - up shot,
extreme close-up, extreme close up, extreme close - up, extreme closeup, extreme close-up shot, extreme close - up
shot, close-up view, aerial shot, aerial view, aerial photography, aerial, drone shot, drone view, bird's eye view,
bird's-eye view, birds eye view, bird 's eye view, bird's eye shot, bird's-eye shot, worm's eye view, worm's-eye view,
top view, top down view, top-down view, top down, top-down, top - down, from above, from below, from behind, from the
side, from the front, overhead shot, overhead view, overhead, low angle, low-angle, low angle shot, low-angle shot,
low angle view, high angle, high-angle, high angle shot, high-angle shot, high angle view, eye level, eye-level, eye
level shot, eye-level shot, eye level view, dutch angle, dutch angle shot, dutch tilt, tilted angle, over the
shoulder, over-the-shoulder shot, over the shoulder shot, point of view, point of view shot, pov, pov shot, first
person view, first-person view, third person view, side view, side profile, profile view, front view, frontal view,
rear view, back view, three-quarter view, three quarter view, isometric, isometric view, cross section, cross-section,
cutaway, macro shot, macro view, macro, macro photography, macro lens, fisheye, fish-eye, fisheye lens, fisheye view,
fish eye view, fish eye lens, establishing shot, distant shot, distant view, far shot, tracking shot, two shot, group
shot, ground level, ground-level shot, satellite view, establishing view, zoomed in, zoomed out, centered, bokeh
"""

_MEDIA = """
photo, photograph, photography, picture, image, painting, drawing, sketch, illustration, render, rendering, portrait,
self portrait, self-portrait, selfie, poster, movie poster, print, artwork, art, digital art, digital painting,
digital illustration, oil painting, oil on canvas, watercolor, watercolour, watercolor painting, acrylic painting,
gouache, pencil drawing, pencil sketch, charcoal drawing, ink drawing, pen drawing, line drawing, line art, lineart,
engraving, etching, woodcut, lithograph, linocut, collage, mural, fresco, mosaic, tapestry, cartoon, comic, comic
book, comic strip, manga, anime, animation, film still, movie still, still life, screenshot, snapshot, polaroid,
tintype, daguerreotype, concept art, matte painting, fan art, cover art, album cover art, book cover art, pixel art,
clip art, clipart, vector art, vector, vector illustration, vector graphic, graphic design, logo, logo design, icon,
emblem, sticker art, graffiti, doodle, caricature, storyboard, infographic, tattoo design, wallpaper, stock photo,
stock image, 3d render, 3 d render, 3d model, 3d rendering, 3d illustration, cgi, 3d cgi, octane render, unreal
engine, unreal engine 5, unreal engine render, blender render, ray tracing, raytracing, vray, v-ray, redshift render,
cinema 4d, film, movie, footage, video, cinematography, close-up photo, product photo, product photography, studio
photography, studio photo, fashion photography, landscape photography, portrait photography, street photography, black
and white photo, black and white photograph, professional photo, photorealistic, realistic photo, character design,
character portrait, character concept art, sticker
"""

_STYLES = """
style, impressionism, impressionist, post-impressionism, expressionism, expressionist, abstract expressionism,
surrealism, surrealist, surreal, cubism, cubist, realism, realist, hyperrealism, hyperrealistic, hyper realistic,
hyper-realistic, hyper realism, photorealism, photo realistic, photorealistic, ultra realistic, ultrarealistic,
realistic, pointillism, pointillist, fauvism, dadaism, futurism, futuristic, minimalism, minimalist, minimalistic,
maximalism, maximalist, modernism, modernist, postmodern, pop art, op art, art deco, art nouveau, baroque, rococo,
renaissance, gothic, romanticism, romantic, neoclassical, neoclassicism, classicism, symbolism, constructivism,
suprematism, bauhaus, brutalism, brutalist, de stijl, ukiyo-e, ukiyo e, sumi-e, chinese ink painting, ink wash
painting, chinese painting, japanese anime, chinese, japanese, 2d, 3d, 3d cgi, 2 d, 3 d, sculptural, steampunk,
cyberpunk, dieselpunk, solarpunk, vaporwave, synthwave, retrowave, retro, vintage, retro futurism, retrofuturism, film
noir, noir, psychedelic, fantasy, high fantasy, dark fantasy, sci-fi, sci - fi, science fiction, horror, gothic
horror, lovecraftian, anime, manga, anime style, manga style, cartoon style, comic style, ghibli, studio ghibli,
pixar, disney, low poly, low-poly, lowpoly, voxel, pixel art, pixelated, claymation, origami style, kawaii, chibi,
flat design, grunge, folk art, naive art, outsider art, street art, conceptual art, contemporary art, modern art,
abstract art, abstract, byzantine, tribal, celtic, nordic, moorish, victorian, edwardian, medieval, biomechanical,
trompe l'oeil, chiaroscuro, tenebrism, sfumato, impasto, photography, watercolor, oil painting, sketch, pencil sketch,
drawing, pastel, charcoal, gouache, ink, woodcut, stained glass, mosaic, pencil, crayon, color pencil, colored pencil,
dark academia, cottagecore, memphis design, y2k, tilt shift, double exposure, long exposure, high contrast,
monochrome, monochromatic, sepia, hdr, grayscale
"""

_QUALITY = """
trending on artstation, trending on art station, trending on artstation hq, trending on deviantart, trending on pixiv,
trending on behance, trending on cgsociety, featured on artstation, featured on pixiv, featured on behance,
artstation, art station, artstation hq, deviantart, pixiv, behance, cgsociety, dribbble, pinterest, award winning,
award-winning, award - winning, award winning art, award winning photo, award winning photograph, award winning
photography, award - winning photograph, highly detailed, hyper detailed, hyperdetailed, hyper-detailed, ultra
detailed, ultra-detailed, ultradetailed, insanely detailed, extremely detailed, very detailed, super detailed,
intricately detailed, incredibly detailed, finely detailed, richly detailed, intricate details, intricate detail, fine
details, fine detail, sharp details, high detail, high details, highly intricate, extremely intricate, detailed,
intricate, sharp focus, soft focus, in focus, focus, sharp, crisp, smooth, clean, clear, high quality, high-quality,
best quality, top quality, hq, masterpiece, high resolution, high-resolution, high res, highres, hi-res, ultra hd,
uhd, full hd, hd, high definition, depth of field, shallow depth of field, volumetric lighting, volumetric light,
cinematic lighting, cinematic light, dramatic lighting, dramatic light, studio lighting, studio light, soft lighting,
soft light, natural lighting, natural light, rim lighting, rim light, ambient lighting, ambient light, ambient
occlusion, global illumination, backlit, backlight, backlighting, god rays, lens flare, neon lighting, neon light,
neon lights, moody lighting, warm lighting, warm light, dim lighting, epic lighting, beautiful lighting, hard
lighting, low light, low key lighting, lighting, light rays, cinematic, epic, elegant, beautiful, stunning, gorgeous,
breathtaking, awesome, amazing, dramatic, atmospheric, moody, dynamic pose, dynamic composition, symmetrical,
symmetry, centered composition, rule of thirds, golden ratio, composition, professional, national geographic, vivid
colors, vibrant colors, bright colors, pastel colors, muted colors, warm colors, cool colors, color grading
"""

PLACES = frozenset(" ".join(word.split()) for word in _PLACES.split(","))
TIMES = frozenset(" ".join(word.split()) for word in _TIMES.split(","))
WEATHER = frozenset(" ".join(word.split()) for word in _WEATHER.split(","))
VIEWS = frozenset(" ".join(word.split()) for word in _VIEWS.split(","))
MEDIA = frozenset(" ".join(word.split()) for word in _MEDIA.split(","))
STYLES = frozenset(" ".join(word.split()) for word in _STYLES.split(","))
QUALITY = frozenset(" ".join(word.split()) for word in _QUALITY.split(","))
"""What praises a picture or asks for finish; it is no thing in the picture."""
