"""Words by which a prompt says how its picture shall look, and from where it is seen.

They are written as in `subject_words`.
"""

ARTISTS = """
greg rutkowski, rutkowski, artgerm, alphonse mucha, mucha, wlop, ilya kuvshinov, craig mullins, james jean, ross
tran, loish, sakimichan, makoto shinkai, shinkai, hayao miyazaki, miyazaki, studio ghibli, ghibli, beeple, simon
stalenhag, simon stålenhag, zdzislaw beksinski, zdzisław beksiński, beksinski, h. r. giger, h.r. giger, hr giger,
giger, junji ito, moebius, jean giraud, frank frazetta, frazetta, boris vallejo, brom, gerald brom, luis royo, jim
lee, alex ross, jack kirby, mike mignola, mignola, norman rockwell, rockwell, edward hopper, hopper painting, andy
warhol, warhol, roy lichtenstein, lichtenstein, keith haring, jean-michel basquiat, basquiat, jackson pollock,
pollock, mark rothko, rothko, piet mondrian, mondrian, kandinsky, wassily kandinsky, paul klee, joan miro, miro,
pablo picasso, picasso, georges braque, henri matisse, matisse, marc chagall, chagall, salvador dali, salvador dalí,
dali, dalí, rene magritte, magritte, max ernst, giorgio de chirico, frida kahlo, kahlo, diego rivera, georgia
o'keeffe, o'keeffe, gustav klimt, klimt, egon schiele, schiele, edvard munch, munch, vincent van gogh, van gogh,
paul gauguin, gauguin, paul cezanne, cezanne, cézanne, georges seurat, seurat, claude monet, monet, renoir, edgar
degas, degas, manet, camille pissarro, mary cassatt, john singer sargent, sargent, winslow homer, j. m. w. turner,
j.m.w. turner, jmw turner, turner painting, john constable, caspar david friedrich, friedrich, albert bierstadt,
bierstadt, thomas cole, thomas kinkade, kinkade, bob ross, ivan aivazovsky, aivazovsky, ivan shishkin, shishkin,
ilya repin, repin, rembrandt, vermeer, johannes vermeer, frans hals, peter paul rubens, rubens, caravaggio,
artemisia gentileschi, velazquez, francisco goya, goya, el greco, hieronymus bosch, bosch painting, pieter bruegel,
bruegel, brueghel, albrecht durer, durer, dürer, jan van eyck, van eyck, leonardo da vinci, da vinci, michelangelo,
raphael, sandro botticelli, botticelli, titian, giotto, paolo uccello, uccello, fan kuan, dong yuan, hokusai,
katsushika hokusai, hiroshige, utagawa, yoshitaka amano, amano, akira toriyama, toriyama, hirohiko araki, katsuhiro
otomo, otomo, masamune shirow, kentaro miura, yoji shinkawa, kim jung gi, feng zhu, syd mead, ralph mcquarrie, john
howe, alan lee, ted nasmith, roger dean, wayne barlowe, bruce pennington, chris foss, peter mohrbacher, marc
simonetti, magali villeneuve, donato giancola, michael whelan, jesper ejsing, rhads, sam spratt, ruan jia, krenz
cushart, guweiz, tom bagshaw, mark ryden, ray caesar, audrey kawasaki, jeremy mann, android jones, alex grey,
gustave dore, gustave doré, dore, aubrey beardsley, arthur rackham, edmund dulac, kay nielsen, maxfield parrish, n.
c. wyeth, nc wyeth, andrew wyeth, j. c. leyendecker, leyendecker, gil elvgren, alberto vargas, charlie bowater,
cynthia sheppard, william adolphe bouguereau, bouguereau, lawrence alma-tadema, alma-tadema, john william
waterhouse, waterhouse, rossetti, dante gabriel rossetti, edmund leighton, william morris, william blake, francis
bacon, lucian freud, david hockney, hockney, banksy, takashi murakami, murakami, yayoi kusama, kusama, ai weiwei,
damien hirst, jeff koons, louise bourgeois, rodin, auguste rodin, bernini, annie leibovitz, leibovitz, ansel adams,
steve mccurry, helmut newton, richard avedon, diane arbus, cindy sherman, robert mapplethorpe, man ray, henri
cartier-bresson, vivian maier, gregory crewdson, sebastiao salgado, wes anderson, tim burton, stanley kubrick,
kubrick, david lynch, christopher nolan, ridley scott, denis villeneuve, tarantino, quentin tarantino, george lucas,
peter jackson, guillermo del toro, roger deakins, zaha hadid, frank lloyd wright, gaudi, le corbusier, escher, m. c.
escher, m.c. escher, mc escher, banksy style, dr. seuss, dr seuss, beatrix potter, quentin blake, jamie hewlett,
hergé, herge, pixar, disney, dreamworks, walt disney, aardman, laika, cartoon network, nickelodeon, marvel comics,
lovecraft, the starry night, mona lisa, the mona lisa, the scream, american gothic, great wave off kanagawa, birth
of venus, the last supper, guernica, las meninas, garden of earthly delights, school of athens, liberty leading the
people, wanderer above the sea of fog, the kiss by, the thinker, venus de milo, statue of david, david by
michelangelo, olympia by manet, luncheon on the grass, impression sunrise, a sunday afternoon on the island,
nighthawks, whistler's mother, the son of man, the hay wain, the raft of the medusa, saturn devouring his son, third
of may, la maja desnuda, isle of the dead, madame x, the anatomy lesson, the milkmaid, the potato eaters, cafe
terrace at night, campbell's soup cans, composition viii, broadway boogie woogie, night watch, water lilies by, girl
with a pearl earring, creation of adam, persistence of memory, casson, dan mumford, lisa frank, victo ngai, ashley
wood, anton fadeev, andreas rocha, noah bradley, raphael lacoste, sparth, dan witz, tomer hanuka, conrad roset,
carne griffiths, wadim kashin, agnes cecile, leonid afremov, afremov, thomas moran, inness
"""

DESIGN = """
logo, icon, emblem, poster, movie poster, propaganda poster, travel poster, flyer, brochure, banner design, book
cover, cover of a book, album cover, magazine cover, cover art, box art, concept art, conceptual art, concept
design, digital art, digital painting, digital illustration, digital artwork, illustration, vector, vector art,
vector illustration, vector graphics, vector image, flat design, flat style, material design, graphic design,
character design, character sheet, character concept, creature design, costume design, fashion design, product
design, industrial design, interior design, furniture design, architectural design, architecture, environment
design, game asset, game art, game design, splash art, card art, tarot card, sticker, die cut sticker, decal, badge,
stamp, t-shirt design, tattoo design, tattoo, wallpaper, seamless pattern, pattern, background pattern, ui design,
user interface, web design, website, app icon, screenshot, infographic, blueprint, schematic, diagram, storyboard,
mockup, 3d render, 3 d render, 3d rendering, 3 d rendering, 3d model, 3 d model, 3d, 3 d, 3-d rendering, render,
rendering, rendered, cgi, octane, octane render, octane rendering, unreal engine, unreal engine 5, unity engine,
blender, cinema4d, cinema 4d, vray, v-ray, redshift, arnold render, ray tracing, raytracing, raytraced, ray traced,
zbrush, maya render, houdini, substance painter, low poly, low-poly, lowpoly, voxel, voxel art, isometric, pixel
art, 8-bit, 8 bit, 16-bit, 16 bit, polycount, sketchfab, artstation, art station, trending on artstation, cgsociety,
cg society, deviantart, behance, dribbble, pixiv, emoji, typography, font, lettering, hand lettering, monogram,
comic book cover, cartoon, mascot, matte painting, photobash, weta digital, cel shaded, cel shading, clip art,
clipart, line art, thumbnail image, meme, map of
"""

GENRE = """
impressionism, impressionist, impressionistic, post-impressionism, expressionism, expressionist, abstract
expressionism, abstract expressionist, abstract expressionistic, abstract, abstract art, cubism, cubist, abstract
cubism, surrealism, surreal, surrealist, surrealistic, dada, dadaism, fauvism, futurism, futurist, constructivism,
constructivist, suprematism, bauhaus, art deco, art nouveau, art noveau, pop art, op art, pop surrealism,
minimalism, minimalist, minimalistic, maximalism, maximalist, realism, realist, realistic, hyperrealism,
hyperrealistic, hyper realistic, hyper-realistic, hyper realism, photorealism, magic realism, magical realism,
romanticism, romanticist, neoclassical, neoclassicism, baroque, dutch baroque, rococo, renaissance, renaissance
painting, gothic, dark gothic, pre-raphaelite, pre raphaelite, symbolism, symbolist, pointillism, pointillist,
academic art, naive art, folk art, outsider art, street art, graffiti, ukiyo-e, ukiyo e, sumi-e, chinese painting,
chinese style, japanese style, japanese anime, traditional chinese, egyptian hieroglyphics, hieroglyphics, tomb
hieroglyphics, cave painting, cave paintings, medieval style, byzantine, anime, anime style, anime illustration,
manga, manga style, chibi, kawaii, comic, comic book, comic style, graphic novel, cartoon style, cartoonish,
cartoon, caricature, fantasy, dark fantasy, high fantasy, fantasy art, epic fantasy, sci-fi, sci fi, scifi, science
fiction, cyberpunk, steampunk, dieselpunk, solarpunk, biopunk, atompunk, post-apocalyptic, post apocalyptic,
postapocalyptic, apocalyptic, dystopian, utopian, horror, cosmic horror, lovecraftian, gothic horror, eldritch,
grimdark, macabre, noir, film noir, neo-noir, western genre, space opera, retro, retro-futurism, retrofuturism,
retrofuturistic, retro futuristic, futuristic, vintage, vintage style, synthwave, vaporwave, vapor wave, retrowave,
outrun, y2k, grunge, punk rock style, deathcore, psychedelic, psychedelic art, trippy, visionary art, fairy tale,
fairytale, storybook, children's book, childrens book, kids book, mythological, mythology, biomechanical, brutalist,
brutalism, rustic, boho, bohemian, victorian, victorian era, edwardian, rockabilly, 80s, 90s, 70s, 60s, 1920s style,
1950s style, 1980s style, caricatural, chiaroscuro, satire, propaganda, pulp, pulp art, cottagecore, dark academia,
whimsical, dreamlike, ethereal, hentai, furry art, pin-up, pinup, glitch art, glitchcore, generative art, fractal
art, fluid art, classicism, mannerism, tonalism, luminism, old-fashioned, gondola style, two-dimensional, 2d, 2 d,
sculptural, still life
"""

MATERIAL = """
oil painting, oil paint, oil on canvas, oils, in oil, acrylic, acrylic painting, acrylic paint, acrylic on canvas,
on canvas, canvas, watercolor, watercolour, watercolor painting, watercolors, water color, aquarelle, gouache,
tempera, fresco, encaustic, pastel drawing, pastels, soft pastel, oil pastel, chalk, chalk drawing, charcoal,
charcoal sketch, charcoal drawing, pencil, pencil drawing, pencil sketch, colored pencil, coloured pencil, graphite,
crayon, crayon drawing, crayon sketch, pen and ink, ink drawing, ink wash, ink wash painting, india ink, ink on
paper, black ink, ink pen, ink, ballpoint pen, marker drawing, copic, etching, engraving, wood engraving, metal
engraving, woodcut, wood cut, woodblock, woodblock print, linocut, lithograph, screenprint, screen print,
silkscreen, risograph, drypoint, mezzotint, scratchboard, spray paint, spray-painted, airbrush, air brush, impasto,
palette knife, brush strokes, brushstrokes, collage, paper collage, mixed media, papercut, paper cut, paper cutout,
origami, papercraft, paper mache, papier-mache, quilling, clay, claymation, plasticine, play-doh, polymer clay,
terracotta, ceramic, porcelain, pottery, stoneware, marble, marble statue, marble sculpture, bronze statue, bronze
sculpture, stone carving, carved wood, wood carving, carved in, ivory carving, ice sculpture, sand sculpture, glass
sculpture, wire sculpture, felt, needle felted, needle felt, wool, knitted, crocheted, crochet, amigurumi,
embroidery, embroidered, cross stitch, cross-stitch, tapestry, quilt, woven, fabric art, lace, stained glass,
stained-glass, mosaic, tile mosaic, enamel, cloisonne, gold leaf, gilded, kintsugi, lacquer, jade, lego, made of
lego, balloon art, made of paper, made out of paper, made of glass, made of wood, made of metal, made of stone, made
of clay, made of wool, made of felt, made of cardboard, cardboard, made of water, parchment, on parchment, papyrus,
sketch, pencil art, drawing, hand-drawn, hand drawn, batik, body paint, body painting, latte art, sculpture,
painting, fine painting, traditional painting, painted in, faded paint
"""

PHOTOGRAPHY = """
photo, photos, photograph, photographs, photography, photographic, photoreal, photorealistic, photo realistic,
photo-realistic, photorealism, photoshoot, photo shoot, snapshot, selfie, polaroid, daguerreotype, tintype, film
photo, film still, movie still, film grain, analog photo, kodak, kodachrome, ektachrome, portra, fujifilm, fuji,
ilford, cinestill, lomography, leica, hasselblad, nikon, canon, canon eos, canon 5d, sony alpha, pentax, olympus
camera, rolleiflex, gopro, go pro, dslr, slr, dlsr, 35mm, 35 mm, 50mm, 50 mm, 85mm, 85 mm, 24mm, 24 mm, 70mm, 70 mm,
105mm, 135mm, 200mm, 15mm, f/1.4, f/1.8, f1.8, f 1.8, f/2.8, f2.8, f/4, f/8, iso 100, iso 200, iso 400, aperture,
shutter speed, long exposure, double exposure, depth of field, shallow depth, bokeh, tilt shift, tilt-shift, macro,
macro shot, macro photo, close-up photo, wide angle lens, wide-angle lens, fisheye, fish-eye, fish eye lens,
telephoto, zoom lens, lens flare, lens, anamorphic, cinematic, cinematic lighting, cinematography, cinemascope,
imax, movie shot, movie scene, dramatic lighting, studio lighting, studio light, studio shot, studio photo,
professional photo, stock photo, product photo, product shot, portrait photo, candid photo, paparazzi, press photo,
news photo, national geographic, associated press, getty images, shutterstock, unsplash, flickr, instagram photo,
mugshot, mug shot, yearbook photo, passport photo, drone photo, drone shot, aerial photo, satellite image, satellite
photo, night vision, infrared, black and white photo, black-and-white photograph, hdr, uhd, raw photo, sharp focus,
soft focus, out-of-focus, out of focus, in focus, high resolution photo, 4k photo, golden hour photo, time lapse,
timelapse, motion blur, security camera, cctv, camera footage, footage, dashcam, trail cam, thermal image, x-ray,
microscope image, portrait photography, street photography, wildlife photography, fashion photography, food
photography, vhs, vhs footage, depth-of-field, volumetric lighting
"""

PERSPECTIVE = """
close up, close-up, closeup, extreme close-up, extreme close up, macro shot, zoomed in, zoomed out, wide shot,
wide-shot, long shot, medium shot, full shot, full body shot, full-body shot, distant shot, establishing shot,
aerial shot, aerial view, aerial photo, aerial photograph, drone shot, drone view, bird's eye view, birds eye view,
bird's-eye view, bird eye view, overhead view, overhead shot, overhead, top view, top-down, top down, top-down view,
top down view, viewed from above, from above, seen from above, view from below, from below, seen from below, low
angle, low-angle, low-angle shot, high angle, high-angle, dutch angle, dutch tilt, eye level, eye-level, eye level
shot, worm's eye view, worms eye view, side view, side-view, side profile, profile view, in profile, front view,
frontal view, rear view, back view, view from behind, seen from behind, from behind, the back of, from the side,
from the front, three-quarters view, three-quarters front view, three-quarter view, 3/4 view, first person view,
first-person view, first person, first-person, pov, point of view, over the shoulder shot, over-the-shoulder shot,
third person view, third-person view, panorama, panoramic, panoramic view, wide angle, wide-angle, wide view, ultra
wide, fisheye, fish-eye, fish eye lens, isometric, isometric view, cross-section, cross section, cutaway, exploded
view, orthographic, one point perspective, two point perspective, two-point perspective, vanishing point, forced
perspective, from a distance, seen through, viewed through, view through, view out of, looking through, view of the
inside, view from the inside, from inside, view from, view from a window, viewed from, seen from, facing the viewer,
facing away, facing the camera, looking at the camera, looking at camera, looking into the camera, looking at
viewer, looking at the viewer, back turned, selfie, point-of-view, satellite image, satellite view, camera angle,
dynamic angle, extreme angle, tilted angle, inside view, reflected in, through a window, 's face, face of, 's head,
head of, eyes of, eye of, hands of, up close, upside down view, perspective
"""

POSITION = """
left of, to the left, on the left, right of, to the right, on the right, on its left, on its right, on his left, on
his right, on her left, on her right, on top of, on the top of, at the top of, at the top, atop, above, over a, over
the, over its, over their, over his, over her, below, beneath, under, underneath, at the bottom of, on the bottom
of, at the bottom, at the base of, behind, in front of, next to, beside, alongside, adjacent to, near, nearby, near
to, close to, between, in between, in the middle of, in the middle, in the center of, in the center, in the centre,
in its center, in the corner, in the corner of, in the background, in the foreground, on the side of, on side of, on
either side, on both sides, on the other side, side by side, across from, opposite, opposite to, opposite each
other, facing each other, around a, around the, surrounded by, surrounding, encircling, hidden by, blocked by, on
the edge of, at the edge of, on the back of, leaning against, leaning on, stacked on, stacked, stacked vertically,
in a row, lined up, in a line, in a circle, perched on, underneath it, in front, far from, far away from, upside
down, inside, outside of, to the east, to the west, to the north, to the south, centered in, centered, in the
upper, in the lower, upper left, upper right, lower left, lower right, top left, top right, bottom left, bottom
right, sitting on top, standing on top, with its back to, among, amidst, in the midst of, at the foot of, beyond,
past the, past a, towards, toward, from left to right, half of, parallel to, perpendicular to, diagonal
"""
